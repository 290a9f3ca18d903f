package dev.batchloss;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.BatchLossException;
import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import dev.batchloss.spi.UnfinishedRunException;
import java.util.ArrayList;
import java.util.List;

/**
 * The backend that calls run on. When its device fails, the next that can run takes its place for
 * good: calls that were on it do their rest there, and it is closed when the last of them has left.
 * Thread-safe.
 */
final class ActiveBackend implements AutoCloseable {
  private InUse current;

  ActiveBackend(BackendChoice.Opened opened) {
    this.current = new InUse(opened);
  }

  /**
   * What a call came to.
   *
   * @param outcome what the backend that finished it answered
   * @param backends the backends that took part: the last finished, each before it failed
   * @param passedOver those that are not in use, when the call ended
   */
  record Finished(
      RowOutcome outcome, List<BackendStatus> backends, List<BackendStatus> passedOver) {}

  /** Returns the backend that a call would run on now. */
  synchronized Backend backend() {
    return current.opened.backend();
  }

  synchronized BackendStatus status() {
    return current.status;
  }

  synchronized List<BackendStatus> passedOver() {
    return current.opened.choice().passedOver();
  }

  /** Lends the backend: until that is closed, it stays open. */
  synchronized Lease lease() {
    current.calls++;
    return new Lease(current);
  }

  /**
   * Runs a call over host matrices, on one backend after the other until one finishes it.
   *
   * @throws DeviceException if the device failed and there is no other backend to go on
   */
  Finished run(RowRequest<Matrix> request) {
    RowRequest<Matrix> rest = request;
    List<BackendStatus> failed = new ArrayList<>();
    while (true) {
      try (Lease lease = lease()) {
        try {
          return lease.finished(lease.backend().run(rest), failed);
        } catch (UnfinishedRunException e) {
          rest = request.after(e.rowsDone() == null ? rest.done() : e.rowsDone());
          replace(lease, e.failure());
          failed.add(lease.failed(e.failure()));
        } catch (BackendUnavailableException e) {
          // One that nobody asked for need not be able to run everything.
          if (!lease.isReplacement()) {
            throw e;
          }
          replace(lease, e);
          failed.add(lease.failed(e));
        }
      }
    }
  }

  /** Opens the next backend, unless another call has seen to that. */
  private synchronized void replace(Lease lease, BatchLossException failure) {
    if (lease.lent != current) {
      return;
    }
    try {
      current = new InUse(current.opened.openNext(reason(failure)));
    } catch (BackendUnavailableException e) {
      failure.addSuppressed(e);
      throw failure;
    }
  }

  private static String reason(BatchLossException failure) {
    return "failed during a call: " + failure.getMessage();
  }

  /** Frees the backend; the calls that are on it are waited for. */
  @Override
  public void close() {
    Backend last;
    synchronized (this) {
      last = current.opened.backend();
    }
    last.close();
  }

  private static final class InUse {
    private final BackendChoice.Opened opened;
    private final BackendStatus status;
    private int calls;

    InUse(BackendChoice.Opened opened) {
      this.opened = opened;
      Backend backend = opened.backend();
      this.status = new BackendStatus(backend.name(), true, true, backend.detail(), null);
    }
  }

  /** A backend while a call is on it. */
  final class Lease implements AutoCloseable {
    private final InUse lent;

    private Lease(InUse lent) {
      this.lent = lent;
    }

    Backend backend() {
      return lent.opened.backend();
    }

    private boolean isReplacement() {
      return lent.opened.choice().hasFailed();
    }

    /** Tells of a call that this backend finished after others had failed. */
    Finished finished(RowOutcome outcome, List<BackendStatus> failed) {
      List<BackendStatus> backends = new ArrayList<>(failed);
      backends.add(lent.status);
      return new Finished(outcome, List.copyOf(backends), lent.opened.choice().passedOver());
    }

    private BackendStatus failed(BatchLossException failure) {
      return new BackendStatus(
          lent.status.name(), false, false, lent.status.detail(), reason(failure));
    }

    @Override
    public void close() {
      boolean isLeft;
      synchronized (ActiveBackend.this) {
        lent.calls--;
        isLeft = lent.calls == 0 && lent != current;
      }
      if (isLeft) {
        closeFailed(backend());
      }
    }

    private static void closeFailed(Backend backend) {
      try {
        backend.close();
      } catch (DeviceException _) {
        // That it fails is known.
      }
    }
  }
}

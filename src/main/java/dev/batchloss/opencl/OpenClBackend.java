package dev.batchloss.opencl;

import dev.batchloss.spi.Backend;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Runs plans on an OpenCL device. */
final class OpenClBackend implements Backend {
  private final String name;
  private final DeviceContext context;
  private final ProgramCache programs;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /** Takes over the context. */
  OpenClBackend(String name, DeviceContext context) {
    this.name = name;
    this.context = context;
    this.programs = new ProgramCache(context);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String detail() {
    return context.description().detail();
  }

  @Override
  public RowOutcome run(RowRequest request) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the backend " + name + " is closed");
      }
      throw new UnsupportedOperationException(name + " does not run row plans");
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
      programs.close();
      context.close();
    } finally {
      lock.writeLock().unlock();
    }
  }
}

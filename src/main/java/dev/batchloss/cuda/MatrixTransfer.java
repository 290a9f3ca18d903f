package dev.batchloss.cuda;

import dev.batchloss.cuda.RowParameters.Place;
import dev.batchloss.data.Matrix;
import dev.batchloss.device.Packing;
import java.lang.foreign.MemorySegment;

/**
 * The way of one matrix of a chunk to the device or back: through pinned memory, in which rows of
 * eight classes and more begin at multiples of 16 bytes, or directly where the matrix is pinned
 * itself. Used by one thread at a time.
 */
final class MatrixTransfer implements AutoCloseable {
  /** What a thread of a kernel reads at once, if a row begins there. */
  private static final int ALIGNMENT = 16;

  /** Shorter rows are read element by element, wherever they begin. */
  private static final int LEAST_ALIGNED = 8;

  private final Stream stream;
  private final StagedBuffer staged;

  /** Starts without memory; its commands go to {@code stream}. */
  MatrixTransfer(CudaContext context, Stream stream) {
    this.stream = stream;
    this.staged = new StagedBuffer(context);
  }

  /** Returns memory that transfers of other things may use while no chunk is on its way. */
  StagedBuffer staged() {
    return staged;
  }

  /**
   * Sends a view; kernels that are enqueued after this may read it.
   *
   * @param isDirect whether its memory is packed and pinned
   */
  Place send(Matrix view, boolean isDirect) {
    long bytes = bytes(view, isDirect);
    if (bytes > 0) {
      MemorySegment source = isDirect ? view.segment().asSlice(0, bytes) : staged.host(bytes);
      if (!isDirect) {
        Packing.pack(view, source, outerStride(view, false));
      }
      stream.copyIn(staged.device(bytes), 0, source);
    }
    return receiver(view, isDirect);
  }

  /** Returns where kernels write what will go to a view. */
  Place receiver(Matrix view, boolean isDirect) {
    long address = staged.device(Math.max(1, bytes(view, isDirect))).address();
    return new Place(address, view.type(), outerStride(view, isDirect), view.inner(), 1);
  }

  /** Enqueues the way back. */
  void beginReturn(Matrix view, boolean isDirect) {
    long bytes = bytes(view, isDirect);
    if (bytes > 0) {
      stream.copyOut(
          staged.device(bytes),
          0,
          isDirect ? view.segment().asSlice(0, bytes) : staged.host(bytes));
    }
  }

  /** Completes the view; the stream has come so far. */
  void endReturn(Matrix view, boolean isDirect) {
    if (!isDirect) {
      complete(view, returned(view));
    }
  }

  /** Returns what came back for a view whose memory is not pinned; empty for an empty view. */
  MemorySegment returned(Matrix view) {
    long bytes = bytes(view, false);
    return bytes == 0 ? MemorySegment.NULL : staged.host(bytes);
  }

  /** Writes what came back for a view, or a copy of that. */
  static void complete(Matrix view, MemorySegment returned) {
    if (returned.byteSize() > 0) {
      Packing.unpack(returned, view, outerStride(view, false));
    }
  }

  @Override
  public void close() {
    staged.close();
  }

  private static long bytes(Matrix view, boolean isDirect) {
    return Packing.bytes(view, outerStride(view, isDirect));
  }

  private static long outerStride(Matrix view, boolean isDirect) {
    long packed = view.classes() * view.inner();
    boolean isPadded = !isDirect && view.inner() == 1 && view.classes() >= LEAST_ALIGNED;
    long unit = isPadded ? ALIGNMENT / view.type().bytes() : 1;
    return Math.ceilDiv(packed, unit) * unit;
  }
}

package dev.batchloss.opencl;

import dev.batchloss.data.Matrix;
import dev.batchloss.device.Packing;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The way of one matrix of a chunk to the device or back: through staging memory, or without a copy
 * where the device shares the host's memory and the matrix lies there as kernels want it. Used by
 * one thread at a time.
 */
final class MatrixTransfer implements AutoCloseable {
  private final DeviceContext context;
  private final CommandQueue queue;
  private final StagedBuffer staged;
  private @Nullable DeviceBuffer wrapped;
  private @Nullable Mapping mapping;

  /** Starts without memory; its commands go to {@code queue}. */
  MatrixTransfer(DeviceContext context, CommandQueue queue) {
    this.context = context;
    this.queue = queue;
    this.staged = new StagedBuffer(context, queue);
  }

  /** Returns whether the device can use the view's memory itself. */
  static boolean isShared(DeviceDescription device, Matrix view) {
    return device.unifiedMemory()
        && Packing.isSharable(view)
        && view.segment().address() % alignment(device, view) == 0;
  }

  /** Sends a view; the kernels that are enqueued after this may read the buffer. */
  DeviceBuffer send(Matrix view) {
    long bytes = Packing.bytes(view);
    if (isShared(context.description(), view)) {
      return wrap(view, Access.READ);
    }
    staged.reserve(bytes);
    Packing.pack(view, staged.beginWrite(bytes));
    staged.endWrite(bytes);
    return staged.buffer();
  }

  /**
   * Returns the buffer that kernels write.
   *
   * @param view where it will go
   * @param isExclusive whether nothing else reads the view's memory before the chunk is done
   */
  DeviceBuffer receiver(Matrix view, boolean isExclusive) {
    if (isExclusive && isShared(context.description(), view)) {
      return wrap(view, Access.WRITE);
    }
    staged.reserve(Packing.bytes(view));
    return staged.buffer();
  }

  /** Enqueues, after the kernels, what spares the next {@link #send} a wait. */
  void ready() {
    if (wrapped == null) {
      staged.ready();
    }
  }

  /** Enqueues the way back. */
  void beginReturn(Matrix view) {
    if (wrapped == null) {
      staged.beginRead(Packing.bytes(view));
    } else {
      mapping = queue.map(wrapped, Access.READ);
    }
  }

  /** Completes the view, before {@link #release}; the queue has come so far. */
  void endReturn(Matrix view) {
    if (wrapped == null) {
      Packing.unpack(staged.host(Packing.bytes(view)), view);
    }
  }

  /** Lets go of the caller's memory; the queue has done everything. */
  void release() {
    staged.endRead();
    if (mapping != null) {
      queue.unmap(mapping);
      mapping = null;
      // The caller may free the memory as soon as the call is over.
      queue.finish();
    }
    if (wrapped != null) {
      wrapped.close();
      wrapped = null;
    }
  }

  /** Frees everything; the queue has done everything. */
  @Override
  public void close() {
    release();
    staged.close();
  }

  private DeviceBuffer wrap(Matrix view, Access access) {
    MemorySegment memory = view.segment().asSlice(0, Packing.bytes(view));
    DeviceBuffer buffer = context.wrap(memory, access);
    wrapped = buffer;
    return buffer;
  }

  /** Processors take any element where it is; others want what their driver says. */
  private static long alignment(DeviceDescription device, Matrix view) {
    return device.isCpu() ? view.type().bytes() : Math.max(1, device.memBaseAlign());
  }
}

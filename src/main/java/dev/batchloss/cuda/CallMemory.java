package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.device.Packing;
import dev.batchloss.device.RowCall;
import dev.batchloss.spi.RowRequest;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The matrices of a call that are pinned where they are, so that devices copy from and to them
 * without a detour: large ones off the heap, as far as the driver pins them. What is written over
 * the input takes the detour, for it must be whole before it gets there. Used by one thread.
 */
final class CallMemory implements AutoCloseable {
  private final IdentityHashMap<Matrix, RegisteredMemory> registered = new IdentityHashMap<>();

  /** Pins what is worth it; anything else is staged. */
  CallMemory(CudaContext context, RowCall call, long leastBytes) {
    RowRequest<?> request = call.request();
    register(context, request.input(), leastBytes);
    register(context, call.targetMatrix(), leastBytes);
    if (!request.inPlace()) {
      register(context, request.output(), leastBytes);
    }
  }

  /** Returns whether a view of the matrix can be copied from and to where it is. */
  boolean isDirect(Matrix whole, Matrix view) {
    return registered.containsKey(whole) && Packing.isPacked(view);
  }

  /** Lets go of the memory; nothing is on its way any more. */
  @Override
  public void close() {
    registered.values().forEach(RegisteredMemory::close);
    registered.clear();
  }

  private void register(CudaContext context, @Nullable MatrixShape matrix, long leastBytes) {
    if (!(matrix instanceof Matrix host)
        || !Packing.isSharable(host)
        || Packing.bytes(host) < leastBytes) {
      return;
    }
    try {
      registered.put(host, context.register(host.segment().asSlice(0, Packing.bytes(host))));
    } catch (DeviceException e) {
      // It may be pinned already, or the limit of what may be pinned is reached.
      if (ErrorCodes.isSticky(e.code())) {
        close();
        throw e;
      }
    }
  }
}

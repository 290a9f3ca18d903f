package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import java.util.Set;
import java.util.function.IntSupplier;
import jcuda.CudaException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The one way to call the driver. Whether JCuda throws or returns a code is a setting of the whole
 * process that belongs to the user's program: both become a {@link DeviceException} here.
 */
final class ErrorCodes {
  /** After these nothing works any more in the context. */
  private static final Set<Integer> STICKY =
      Set.of(
          CUresult.CUDA_ERROR_DEINITIALIZED,
          CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
          CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
          CUresult.CUDA_ERROR_ASSERT,
          CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
          CUresult.CUDA_ERROR_INVALID_PC,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_MPS_CLIENT_TERMINATED,
          CUresult.CUDA_ERROR_UNKNOWN);

  private ErrorCodes() {}

  /**
   * Makes a call.
   *
   * @param what what is being done, for the message
   * @throws DeviceException if the code is not CUDA_SUCCESS
   */
  static void call(String what, IntSupplier call) {
    int code = codeOf(call);
    if (code != CUresult.CUDA_SUCCESS) {
      throw failure(code, what);
    }
  }

  /** Returns the code of a call, thrown or returned. */
  static int codeOf(IntSupplier call) {
    try {
      return call.getAsInt();
    } catch (CudaException e) {
      return codeNamed(e.getMessage());
    }
  }

  static DeviceException failure(int code, String what) {
    String[] description = new String[1];
    int answer = codeOf(() -> JCudaDriver.cuGetErrorString(code, description));
    boolean isDescribed = answer == CUresult.CUDA_SUCCESS && description[0] != null;
    return new DeviceException(
        code, CUresult.stringFor(code), isDescribed ? what + ": " + description[0] : what);
  }

  /** Returns whether less memory might have been had. */
  static boolean isOutOfMemory(int code) {
    return code == CUresult.CUDA_ERROR_OUT_OF_MEMORY;
  }

  /** Returns whether the context is lost. */
  static boolean isSticky(int code) {
    return STICKY.contains(code);
  }

  /** JCuda's exceptions tell the name of the code and not the code. */
  private static int codeNamed(String name) {
    try {
      return CUresult.class.getField(name).getInt(null);
    } catch (ReflectiveOperationException e) {
      return CUresult.CUDA_ERROR_UNKNOWN;
    }
  }
}

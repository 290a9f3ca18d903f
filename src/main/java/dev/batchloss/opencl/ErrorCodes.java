package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jocl.CL;
import org.jocl.CLException;

/**
 * The one way to call OpenCL. Whether JOCL throws or returns a code is a setting of the whole
 * process that belongs to the user's program: both become a {@link DeviceException} here.
 */
final class ErrorCodes {
  private ErrorCodes() {}

  /**
   * Makes a call that returns a code.
   *
   * @param what what is being done, for the message
   * @throws DeviceException if the code is not CL_SUCCESS
   */
  static void call(String what, IntSupplier call) {
    check(codeOf(call), what);
  }

  /**
   * Makes a call that returns an object and leaves a code in an array of one.
   *
   * @param what what is being done, for the message
   * @throws DeviceException if the code is not CL_SUCCESS
   */
  static <T> T create(String what, Function<int[], T> call) {
    int[] code = new int[1];
    T created;
    try {
      created = call.apply(code);
    } catch (CLException e) {
      throw failure(e.getStatus(), what);
    }
    check(code[0], what);
    return created;
  }

  /** Returns the code of a call, thrown or returned. */
  static int codeOf(IntSupplier call) {
    try {
      return call.getAsInt();
    } catch (CLException e) {
      return e.getStatus();
    }
  }

  /**
   * Does nothing if the code is CL_SUCCESS.
   *
   * @throws DeviceException if it is not
   */
  static void check(int code, String what) {
    if (code != CL.CL_SUCCESS) {
      throw failure(code, what);
    }
  }

  static DeviceException failure(int code, String what) {
    return new DeviceException(code, CL.stringFor_errorCode(code), what);
  }

  /** Returns whether less memory might have been had; some drivers say so of a lost device, too. */
  static boolean isOutOfMemory(int code) {
    return isShortOfMemory(code) || code == CL.CL_OUT_OF_RESOURCES;
  }

  /** Returns whether the code speaks of memory and nothing else. */
  static boolean isShortOfMemory(int code) {
    return code == CL.CL_MEM_OBJECT_ALLOCATION_FAILURE
        || code == CL.CL_OUT_OF_HOST_MEMORY
        || code == CL.CL_INVALID_BUFFER_SIZE;
  }
}

package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import dev.batchloss.device.NativeHandle;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUfunction;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** The kernels of one PTX file, compiled for a device. Thread-safe. */
final class KernelModule extends NativeHandle<CUmodule> {
  private static final String FOLDER = "/dev/batchloss/kernels/ptx/";
  private static final int LOG_BYTES = 8192;

  private final CudaContext context;
  private final String name;
  private final Map<String, KernelFunction> functions = new ConcurrentHashMap<>();

  private KernelModule(CudaContext context, String name, CUmodule module) {
    super("module " + name, module, context.releasing(JCudaDriver::cuModuleUnload));
    this.context = context;
    this.name = name;
  }

  /**
   * Has the driver compile a file that the jar carries.
   *
   * @param name the file's, without {@code .ptx}
   * @throws DeviceException if the driver cannot; the message has its log
   * @throws IllegalStateException if the jar has none of that name
   */
  static KernelModule load(CudaContext context, String name) {
    return load(context, name, read(name));
  }

  /** Has the driver compile this text. */
  static KernelModule load(CudaContext context, String name, String ptx) {
    CUmodule module = new CUmodule();
    String what = "loading module %s on %s".formatted(name, context.device().name());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment log = arena.allocate(LOG_BYTES);
      int[] options = {
        CUjit_option.CU_JIT_ERROR_LOG_BUFFER, CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES
      };
      // Each value takes the place of a pointer.
      MemorySegment values =
          arena.allocateFrom(ValueLayout.JAVA_LONG, log.address(), (long) LOG_BYTES);
      HostPointer image = new HostPointer(arena.allocateFrom(ptx, StandardCharsets.US_ASCII));
      try {
        context.call(
            what,
            () ->
                JCudaDriver.cuModuleLoadDataEx(
                    module, image, options.length, options, new HostPointer(values)));
      } catch (DeviceException e) {
        String said = log.getString(0, StandardCharsets.US_ASCII).strip();
        throw said.isEmpty() ? e : ErrorCodes.failure(e.code(), what + "\n" + said + "\n");
      }
    }
    return new KernelModule(context, name, module);
  }

  /** Returns its name. */
  String name() {
    return name;
  }

  /**
   * Returns a kernel.
   *
   * @throws DeviceException if it has none of that name
   */
  KernelFunction function(String kernel) {
    return functions.computeIfAbsent(kernel, this::find);
  }

  private KernelFunction find(String kernel) {
    CUfunction function = new CUfunction();
    with(
        module -> {
          context.call(
              "finding kernel %s in module %s".formatted(kernel, name),
              () -> JCudaDriver.cuModuleGetFunction(function, module, kernel));
          return module;
        });
    return new KernelFunction(context, this, kernel, function);
  }

  private static String read(String name) {
    String path = FOLDER + name + ".ptx";
    try (InputStream stream = KernelModule.class.getResourceAsStream(path)) {
      if (stream == null) {
        throw new IllegalStateException("the class path has no kernels " + path);
      }
      return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the kernels " + path, e);
    }
  }
}

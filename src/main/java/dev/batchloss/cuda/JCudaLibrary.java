package dev.batchloss.cuda;

import dev.batchloss.device.LoadFailure;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/** Loads JCuda and starts the driver, once a process. Thread-safe. */
final class JCudaLibrary {
  private static final Set<String> PLATFORMS = Set.of("linux-x86_64", "windows-x86_64");

  /**
   * Where JCuda unpacks its native library to: under a fixed name, and what lies there it takes.
   */
  private static final String TEMPORARY_FOLDER = "java.io.tmpdir";

  private static boolean isTried;
  private static @Nullable String failure;

  private JCudaLibrary() {}

  /** Returns why JCuda cannot be used here, or null if it can; prints nothing. */
  static synchronized @Nullable String failure() {
    // A class that could not be initialised says less the second time.
    if (!isTried) {
      failure = load(platform(System.getProperty("os.name"), System.getProperty("os.arch")));
      isTried = true;
    }
    return failure;
  }

  /** Returns the platform as JCuda's libraries name it. */
  static String platform(String osName, String architecture) {
    String os = osName.toLowerCase(Locale.ROOT);
    String family = os.startsWith("windows") ? "windows" : os.startsWith("mac") ? "macos" : os;
    return family + "-" + (architecture.equals("amd64") ? "x86_64" : architecture);
  }

  /** Loads what there is for a platform; returns why that fails, or null. */
  static @Nullable String load(String platform) {
    if (!PLATFORMS.contains(platform)) {
      return "JCuda has no native library for " + platform;
    }
    String driver = platform.startsWith("windows") ? "nvcuda.dll" : "libcuda.so.1";
    String noDriver = "there is no NVIDIA driver (%s) here".formatted(driver);
    try {
      // Asked for first, for JCuda would unpack its own library to find that out.
      SymbolLookup _ = SymbolLookup.libraryLookup(driver, Arena.global());
      int code = startPrivately();
      return switch (code) {
        case CUresult.CUDA_SUCCESS -> null;
        case CUresult.CUDA_ERROR_NO_DEVICE -> "the driver finds no device";
        default -> ErrorCodes.failure(code, "the driver does not start").getMessage();
      };
    } catch (IllegalArgumentException e) {
      return noDriver;
    } catch (IllegalCallerException e) {
      return "native access is denied to it; start java with --enable-native-access=ALL-UNNAMED";
    } catch (LinkageError e) {
      return LoadFailure.reason("JCuda", noDriver, e);
    } catch (IOException e) {
      return "JCuda's native library cannot be unpacked: " + e;
    }
  }

  /** Makes the first call into JCuda while its temporary folder is one of this process's own. */
  private static int startPrivately() throws IOException {
    Path folder = Files.createTempDirectory("batchloss-jcuda-");
    String shared = System.setProperty(TEMPORARY_FOLDER, folder.toString());
    try {
      return ErrorCodes.codeOf(() -> JCudaDriver.cuInit(0));
    } finally {
      System.setProperty(TEMPORARY_FOLDER, shared);
      delete(folder);
    }
  }

  /** What was loaded stays loaded; Windows does not let go of the file before the process ends. */
  private static void delete(Path folder) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      folder.toFile().deleteOnExit();
      for (Path file : files) {
        file.toFile().deleteOnExit();
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // Tried again at the end.
      return;
    }
  }
}

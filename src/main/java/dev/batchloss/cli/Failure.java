package dev.batchloss.cli;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.BatchLossException;
import dev.batchloss.data.InvalidDataException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import picocli.CommandLine.ParameterException;

/**
 * Why a command did not do what it was asked to.
 *
 * @param message one line for people
 * @param exitCode the code that goes with it
 */
record Failure(String message, int exitCode) {
  static Failure of(Throwable cause) {
    return new Failure(
        messageOf(cause).strip().replaceAll("\\s*\\R\\s*", "; "),
        switch (cause) {
          case ParameterException _, IllegalArgumentException _ -> ExitCodes.WRONG_USAGE;
          case InvalidDataException _ -> ExitCodes.BAD_DATA;
          case BackendUnavailableException _ -> ExitCodes.BACKEND_UNAVAILABLE;
          default -> ExitCodes.FAILED;
        });
  }

  private static String messageOf(Throwable cause) {
    String message = Objects.requireNonNullElse(cause.getMessage(), "");
    return switch (cause) {
      case NoSuchFileException _ -> message + ": there is no such file";
      case AccessDeniedException _ -> message + ": access is denied";
      case UncheckedIOException unchecked -> messageOf(unchecked.getCause());
      case OutOfMemoryError _ ->
          "out of memory (%s); a smaller --chunk-rows or --shape takes less, -Xmx in BATCHLOSS_JAVA_OPTS gives more"
              .formatted(message);
      case ParameterException e ->
          "%s (see '%s --help')"
              .formatted(message, e.getCommandLine().getCommandSpec().qualifiedName());
      case RuntimeException _ when !isOurs(cause) -> cause.toString();
      case Error _ -> cause.toString();
      default -> message.isEmpty() ? cause.toString() : message;
    };
  }

  /** Whether the message alone says enough: other exceptions are told with their class. */
  private static boolean isOurs(Throwable cause) {
    return cause instanceof BatchLossException || cause instanceof IllegalArgumentException;
  }
}

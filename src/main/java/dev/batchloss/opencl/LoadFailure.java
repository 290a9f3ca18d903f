package dev.batchloss.opencl;

/** Says in a line why JOCL could not be loaded; its own messages are pages of stack traces. */
final class LoadFailure {
  /** How JOCL's message begins where its own library is what cannot be loaded. */
  private static final String OWN_LIBRARY = "Error while loading native library";

  /** What precedes, in that message, the stack trace that tells why. */
  private static final String CAUSE = "to load the library as a resource:";

  private LoadFailure() {}

  /** Returns the reason. */
  static String reason(LinkageError error) {
    String message = message(error);
    if (message.startsWith(OWN_LIBRARY)) {
      int cause = message.indexOf(CAUSE);
      return "JOCL's native library cannot be unpacked or loaded: "
          + (cause < 0 ? message : message.substring(cause + CAUSE.length()))
              .strip()
              .lines()
              .findFirst()
              .orElse("");
    }
    if (error instanceof UnsatisfiedLinkError) {
      return "there is no OpenCL loader (libOpenCL) here";
    }
    return "JOCL cannot be loaded: " + message.lines().findFirst().orElse("");
  }

  /** What came first: an error in loading a class is the cause of those that come after it. */
  private static String message(LinkageError error) {
    Throwable first = error;
    for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
      first = cause;
    }
    String message = first.getMessage();
    return message == null ? first.toString() : message;
  }
}

package dev.batchloss.device;

/**
 * Says in a line why JOCL or JCuda could not be loaded; their own messages are pages of stack
 * traces.
 */
public final class LoadFailure {
  /** How their message begins where their own library is what cannot be loaded. */
  private static final String OWN_LIBRARY = "Error while loading native library";

  /** What precedes, in that message, the stack trace that tells why. */
  private static final String CAUSE = "to load the library as a resource:";

  private LoadFailure() {}

  /**
   * Returns the reason.
   *
   * @param binding JOCL or JCuda
   * @param noDriver the reason where what the binding is for is not there
   */
  public static String reason(String binding, String noDriver, LinkageError error) {
    String message = message(error);
    if (message.startsWith(OWN_LIBRARY)) {
      int cause = message.indexOf(CAUSE);
      return binding
          + "'s native library cannot be unpacked or loaded: "
          + (cause < 0 ? message : message.substring(cause + CAUSE.length()))
              .strip()
              .lines()
              .findFirst()
              .orElse("");
    }
    if (error instanceof UnsatisfiedLinkError) {
      return noDriver;
    }
    return binding + " cannot be loaded: " + message.lines().findFirst().orElse("");
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

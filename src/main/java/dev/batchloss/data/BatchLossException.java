package dev.batchloss.data;

import org.jspecify.annotations.Nullable;

/** The root of this library's own exceptions; wrong arguments are IllegalArgumentExceptions. */
public class BatchLossException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Creates one with a message for people. */
  public BatchLossException(String message) {
    super(message);
  }

  /** Creates one with a message for people and what brought it about. */
  public BatchLossException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

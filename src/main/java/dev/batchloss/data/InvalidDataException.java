package dev.batchloss.data;

import org.jspecify.annotations.Nullable;

/** The numbers themselves are bad: the message names what, where, the value and what was wanted. */
public class InvalidDataException extends BatchLossException {
  private static final long serialVersionUID = 1;

  /** Creates one with a message for people. */
  public InvalidDataException(String message) {
    super(message);
  }

  /** Creates one with a message for people and what brought it about. */
  public InvalidDataException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

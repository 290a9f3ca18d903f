package dev.batchloss.data;

/**
 * No backend, or not the one that was asked for, can run; the message lists each with its reason.
 */
public final class BackendUnavailableException extends BatchLossException {
  private static final long serialVersionUID = 1;

  /** Creates one with a message that lists every backend that was tried and why it cannot run. */
  public BackendUnavailableException(String message) {
    super(message);
  }
}

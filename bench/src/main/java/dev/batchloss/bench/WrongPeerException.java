package dev.batchloss.bench;

/** A library computes something else than the mean cross-entropy or its gradient. */
final class WrongPeerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  WrongPeerException(String message) {
    super(message);
  }
}

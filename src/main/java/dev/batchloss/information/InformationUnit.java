package dev.batchloss.information;

/** What an amount of information is counted in: the base of the logarithm. */
public enum InformationUnit {
  /** Natural logarithms. */
  NATS(1),
  /** Logarithms to base 2. */
  BITS(StrictMath.log(2));

  private final double nats;

  InformationUnit(double nats) {
    this.nats = nats;
  }

  double ofNats(double amount) {
    return amount / nats;
  }
}

package dev.batchloss.cli;

/** What the process ends with; part of the contract of the command line. */
final class ExitCodes {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;
  static final int BAD_DATA = 3;
  static final int BACKEND_UNAVAILABLE = 4;

  private ExitCodes() {}
}

package dev.batchloss.bench;

/** The number of rows and of classes, as a parameter of a benchmark writes them. */
record Shape(int rows, int classes) {
  /** Reads rows × classes from a text such as {@code 4096x32000}. */
  static Shape parse(String text) {
    String[] parts = text.split("x", -1);
    if (parts.length != 2) {
      throw new IllegalArgumentException("shape is '" + text + "', must be ROWSxCLASSES");
    }
    return new Shape(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  long elements() {
    return (long) rows * classes;
  }
}

package dev.batchloss.opencl;

import java.util.ArrayList;
import java.util.List;

/** Collects the options of a compilation. */
final class CompilerOptions {
  private final List<String> options = new ArrayList<>(List.of("-cl-std=CL1.2"));

  void flag(String name, boolean isSet) {
    if (isSet) {
      options.add("-D " + name);
    }
  }

  void value(String name, Object value) {
    options.add("-D " + name + "=" + value);
  }

  @Override
  public String toString() {
    return String.join(" ", options);
  }
}

package dev.batchloss.spi;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A backend that a provider knows of: one that can be opened, or one that cannot run here and why.
 *
 * @param name the name it is opened by; what stands before a colon names its family
 * @param preference which is taken first when nobody asks for one
 * @param detail what it would run on, for people; empty if it cannot run
 * @param reason why it cannot run, or why it is not taken unasked; null if neither holds
 * @param opener opens it, or null if it cannot run
 */
public record BackendOffer(
    String name,
    Preference preference,
    String detail,
    @Nullable String reason,
    @Nullable Function<BackendOptions, Backend> opener) {

  /** The order in which backends are taken when nobody asks for one. */
  public enum Preference {
    /** A GPU through CUDA. */
    CUDA_GPU,
    /** A GPU through OpenCL. */
    OPENCL_GPU,
    /** This machine's processors, vectorised. */
    VECTOR_CPU,
    /** This machine's processors, plain. */
    SCALAR_CPU,
    /** Only when asked for by name. */
    ON_REQUEST
  }

  /** Checks that there is a way to open it or a reason why not. */
  public BackendOffer {
    Objects.requireNonNull(name, "name");
    if (opener == null && reason == null) {
      throw new IllegalArgumentException(name + " can neither be opened nor says why");
    }
  }

  /** One that can be opened. */
  public static BackendOffer available(
      String name, Preference preference, String detail, Function<BackendOptions, Backend> opener) {
    return new BackendOffer(name, preference, detail, null, opener);
  }

  /** One that cannot run here. */
  public static BackendOffer unavailable(String name, Preference preference, String reason) {
    return new BackendOffer(name, preference, "", reason, null);
  }

  /** Returns whether it can be opened. */
  public boolean isAvailable() {
    return opener != null;
  }

  /** Returns whether {@code wanted} means this one: by its name, or by its family's. */
  public boolean answersTo(String wanted) {
    return name.equals(wanted) || name.startsWith(wanted + ":");
  }

  /**
   * Opens it.
   *
   * @throws IllegalStateException if it cannot run
   */
  public Backend open(BackendOptions options) {
    if (opener == null) {
      throw new IllegalStateException(name + " cannot run: " + reason);
    }
    return opener.apply(options);
  }
}

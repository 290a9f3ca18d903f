package dev.batchloss.spi;

import dev.batchloss.data.ElementType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A call on memory and a stream of a device that are the caller's: all of it must stay as it is
 * until the stream has come past the call. Built by {@link #builder}.
 *
 * @param input logits or log-probabilities, as the loss says
 * @param targets the address of one class index a row, without gaps
 * @param targetType what a class index is
 * @param sampleWeights the address of one weight a row, without gaps; 0 for ones
 * @param weightType the format of the sample weights
 * @param gradient where the gradient goes: the input's shape, any element type and strides; the
 *     very view of the input means in place; null if none is wanted
 * @param rowLosses the address of a double for each row, which receives its loss; 0 if none is
 *     wanted
 * @param upstream multiplies the gradient
 * @param stream the {@code CUstream} that the call is enqueued on, of the device's primary context;
 *     0 for the default stream
 */
public record DeviceCall(
    DeviceView input,
    long targets,
    TargetType targetType,
    long sampleWeights,
    ElementType weightType,
    @Nullable DeviceView gradient,
    long rowLosses,
    double upstream,
    long stream) {

  /** The most rows: so many addends an exact sum takes on a device. */
  public static final long MOST_ROWS = 1 << 30;

  /** What a class index on a device is. */
  public enum TargetType {
    /** 32 bits, signed. */
    INT32(Integer.BYTES),
    /** 64 bits, signed. */
    INT64(Long.BYTES);

    private final int bytes;

    TargetType(int bytes) {
      this.bytes = bytes;
    }

    /** Returns the bytes of an index. */
    public int bytes() {
      return bytes;
    }
  }

  /** Refuses what does not fit together. */
  public DeviceCall {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(targetType, "targetType");
    Objects.requireNonNull(weightType, "weightType");
    require(input.classes() > 0, "the input has no classes: it is %s", input);
    require(
        input.rows() <= MOST_ROWS,
        "the input has %d rows, must have at most %d",
        input.rows(),
        MOST_ROWS);
    requireAddress("the targets", targets, targetType.bytes);
    if (sampleWeights != 0) {
      requireAddress("the sample weights", sampleWeights, weightType.bytes());
    }
    if (rowLosses != 0) {
      requireAddress("the row losses", rowLosses, Double.BYTES);
      DeviceView losses = DeviceView.of(rowLosses, ElementType.FLOAT64, input.rows(), 1);
      requireApart("the targets", targets, targetType.bytes, "the row losses", losses);
      if (sampleWeights != 0) {
        requireApart(
            "the sample weights", sampleWeights, weightType.bytes(), "the row losses", losses);
      }
      requireApart("the row losses", rowLosses, Double.BYTES, "the input", input);
    }
    if (gradient != null) {
      require(
          gradient.hasShapeOf(input),
          "the gradient is %s, must have the input's shape, which is %s",
          gradient,
          input);
      require(gradient.isApart(), "the gradient has elements that overlap: it is %s", gradient);
      require(
          gradient.equals(input) || !gradient.overlaps(input),
          "the gradient and the input overlap without being the same view");
      requireApart("the targets", targets, targetType.bytes, "the gradient", gradient);
      if (sampleWeights != 0) {
        requireApart(
            "the sample weights", sampleWeights, weightType.bytes(), "the gradient", gradient);
      }
      if (rowLosses != 0) {
        requireApart("the row losses", rowLosses, Double.BYTES, "the gradient", gradient);
      }
    }
  }

  /** Starts with an input; targets must follow. */
  public static Builder builder(DeviceView input) {
    return new Builder(input);
  }

  /** Returns the number of rows. */
  public long rows() {
    return input.rows();
  }

  private static void requireAddress(String what, long address, int bytes) {
    require(
        address != 0 && address % bytes == 0,
        "the address of %s is %d, must be a multiple of %d bytes other than 0",
        what,
        address,
        bytes);
  }

  private static void requireApart(
      String what, long address, int bytes, String other, DeviceView view) {
    require(!view.overlaps(address, view.rows() * bytes), "%s and %s overlap", what, other);
  }

  private static void require(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw new IllegalArgumentException(message.formatted(arguments));
    }
  }

  /** Collects the parts of a {@link DeviceCall}. */
  public static final class Builder {
    private final DeviceView input;
    private long targets;
    private TargetType targetType = TargetType.INT32;
    private long sampleWeights;
    private ElementType weightType = ElementType.FLOAT32;
    private @Nullable DeviceView gradient;
    private long rowLosses;
    private double upstream = 1;
    private long stream;

    private Builder(DeviceView input) {
      this.input = input;
    }

    /** One class index of 32 bits a row, without gaps, at this {@code CUdeviceptr}. */
    public Builder intTargets(long address) {
      this.targets = address;
      this.targetType = TargetType.INT32;
      return this;
    }

    /** One class index of 64 bits a row, without gaps, at this {@code CUdeviceptr}. */
    public Builder longTargets(long address) {
      this.targets = address;
      this.targetType = TargetType.INT64;
      return this;
    }

    /**
     * One weight a row, without gaps, at this {@code CUdeviceptr}: what {@code withSampleWeights}
     * of targets on the host means. Ones unless said.
     */
    public Builder sampleWeights(long address, ElementType type) {
      this.sampleWeights = address;
      this.weightType = type;
      return this;
    }

    /** Where the gradient goes; the input itself for in place. None is written unless said. */
    public Builder gradient(DeviceView view) {
      this.gradient = view;
      return this;
    }

    /** Where a double for each row receives its loss. None is written unless said. */
    public Builder rowLosses(long address) {
      this.rowLosses = address;
      return this;
    }

    /** What multiplies the gradient; 1 unless said. */
    public Builder upstream(double factor) {
      this.upstream = factor;
      return this;
    }

    /** The {@code CUstream} to enqueue on; the default stream unless said. */
    public Builder stream(long handle) {
      this.stream = handle;
      return this;
    }

    /**
     * Returns the call.
     *
     * @throws IllegalArgumentException if there are no targets, an address is no multiple of its
     *     elements' bytes, shapes differ, or what is written overlaps
     */
    public DeviceCall build() {
      return new DeviceCall(
          input,
          targets,
          targetType,
          sampleWeights,
          weightType,
          gradient,
          rowLosses,
          upstream,
          stream);
    }
  }
}

package dev.batchloss.data;

/** A device or its driver failed; carries the driver's own code and its name. */
public class DeviceException extends BatchLossException {
  private static final long serialVersionUID = 1;

  private final int code;
  private final String codeName;

  /** Creates one from the driver's code, the code's name and what was being done. */
  public DeviceException(int code, String codeName, String what) {
    super("%s: %s (%d)".formatted(what, codeName, code));
    this.code = code;
    this.codeName = codeName;
  }

  /** Creates one that tells of the same failure, where more is known of what it left behind. */
  protected DeviceException(DeviceException failure) {
    super(String.valueOf(failure.getMessage()), failure);
    this.code = failure.code;
    this.codeName = failure.codeName;
  }

  /** Returns the driver's code. */
  public final int code() {
    return code;
  }

  /** Returns the driver's name for the code. */
  public final String codeName() {
    return codeName;
  }
}

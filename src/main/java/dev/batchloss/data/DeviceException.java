package dev.batchloss.data;

/** A device or its driver failed; carries the driver's own code and its name. */
public final class DeviceException extends BatchLossException {
  private static final long serialVersionUID = 1;

  private final int code;
  private final String codeName;

  /** Creates one from the driver's code, the code's name and what was being done. */
  public DeviceException(int code, String codeName, String what) {
    super("%s: %s (%d)".formatted(what, codeName, code));
    this.code = code;
    this.codeName = codeName;
  }

  /** Returns the driver's code. */
  public int code() {
    return code;
  }

  /** Returns the driver's name for the code. */
  public String codeName() {
    return codeName;
  }
}

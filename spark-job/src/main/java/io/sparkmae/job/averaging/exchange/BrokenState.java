package io.sparkmae.job.averaging.exchange;

/** Thrown when a stored state cannot be used: one of its files is missing or was changed. */
public final class BrokenState extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String version;

  public BrokenState(String version, Throwable cause) {
    super(
        "Cannot go on from %s: %s (verify names its broken file)"
            .formatted(version, cause.getMessage()),
        cause);
    this.version = version;
  }

  /** Returns the URI of the version that contains the state. */
  public String version() {
    return version;
  }
}

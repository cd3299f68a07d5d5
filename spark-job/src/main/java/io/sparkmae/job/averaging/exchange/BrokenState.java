package io.sparkmae.job.averaging.exchange;

/** A stored state that cannot be gone on from: a file of it is missing, or not what was written. */
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

  /** URI of the version that holds it. */
  public String version() {
    return version;
  }
}

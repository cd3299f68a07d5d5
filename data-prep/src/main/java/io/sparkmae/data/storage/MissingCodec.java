package io.sparkmae.data.storage;

/**
 * Code that is not on this cluster, such as a compression codec: nothing is wrong with the data,
 * and no image is lost. The message is one sentence that says what to add.
 */
public final class MissingCodec extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MissingCodec(String message) {
    super(message);
  }

  /** Takes the error by which the JVM said that a class or a native library is missing. */
  public MissingCodec(String message, LinkageError cause) {
    super(message, cause);
  }
}

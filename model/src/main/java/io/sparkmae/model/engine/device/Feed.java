package io.sparkmae.model.engine.device;

/**
 * The way of a plan's inputs from host arrays to their images; one batch goes it after the other.
 *
 * <p>As it stands, for a device that reads the host's arrays themselves.
 */
public interface Feed {

  /** Waits until the arrays may be written again. */
  default void await() {}

  /** Sends what the arrays hold, beside the work so far. */
  default void send() {}

  /** Lets the work from here on see what was sent last. */
  default void take() {}
}

package io.sparkmae.model.engine.device;

/**
 * Transfers a plan's inputs from host arrays to their images, one batch after the other.
 *
 * <p>The default methods are for a device that reads the host arrays directly.
 */
public interface Feed {

  /** Waits until the arrays may be written again. */
  default void await() {}

  /** Starts to transfer the arrays' contents, while earlier work still runs. */
  default void send() {}

  /** Makes the batch that was sent last visible to the work from now on. */
  default void take() {}
}

package io.sparkmae.model.engine;

/** The purposes of a plan. */
enum Purpose {
  /** The loss on the removed patches and all gradients; the encoder sees the kept patches. */
  TRAIN,
  /**
   * The loss on the removed patches and all gradients; the encoder sees all tokens, as in the
   * baseline of the paper's Table 2.
   */
  TRAIN_FULL_ENCODER,
  /** The latent of the kept patches and the prediction of all patches. */
  PREDICT,
  /** The latent of all patches. */
  ENCODE;

  boolean trains() {
    return this == TRAIN || this == TRAIN_FULL_ENCODER;
  }

  boolean encodesAll() {
    return this == TRAIN_FULL_ENCODER || this == ENCODE;
  }
}

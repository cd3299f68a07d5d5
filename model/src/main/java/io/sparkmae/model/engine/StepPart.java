package io.sparkmae.model.engine;

/** The parts of a step that are timed apart. */
public enum StepPart {
  /** Embedding of the visible patches, encoder blocks, and their gradients. */
  ENCODER,
  /** Decoder blocks, prediction, and their gradients. */
  DECODER,
  /** The target, the loss and its gradient. */
  LOSS,
  /** AdamW. */
  OPTIMISER
}

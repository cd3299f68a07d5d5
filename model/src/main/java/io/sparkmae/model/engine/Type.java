package io.sparkmae.model.engine;

/** What the entries of a tensor are. */
enum Type {
  F32(4),
  BF16(2);

  private final int bytes;

  Type(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one entry. */
  int bytes() {
    return bytes;
  }
}

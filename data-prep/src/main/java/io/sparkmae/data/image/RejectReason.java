package io.sparkmae.data.image;

/** Why an image is not a row of the prepared data. */
public enum RejectReason {
  /** The file has no bytes. */
  EMPTY,
  /** The sample names an image but carries none. */
  NO_BYTES,
  /** The bytes are of no image format known here. */
  NOT_AN_IMAGE,
  /** An image, of a format or coding that is not read. */
  UNSUPPORTED,
  /** The bytes end before the image's size is known. */
  TRUNCATED_HEADER,
  /** The bytes end before the image does. */
  TRUNCATED,
  /** More pixels or bytes than the limit. */
  TOO_LARGE,
  /** The decoder failed. */
  CORRUPT,
  /** The label is not a whole number from 0. */
  BAD_LABEL,
  /** Another image has the same key. */
  DUPLICATE_KEY,
  /** Another image has the same bytes, and such were to be left out. */
  DUPLICATE_CONTENT,
  /** A place in a shard that cannot be read; whatever images lay there are lost. */
  DAMAGED
}

package io.sparkmae.data.image;

/** The reasons why an image is not in the prepared data. */
public enum RejectReason {
  /** The file has no bytes. */
  EMPTY,
  /** The file is a link to nothing. */
  MISSING,
  /** The sample names an image but carries none. */
  NO_BYTES,
  /** The bytes are not of a known image format. */
  NOT_AN_IMAGE,
  /** The image has a format or coding that is not supported. */
  UNSUPPORTED,
  /** The bytes end before the image's size is known. */
  TRUNCATED_HEADER,
  /** The bytes end before the image does. */
  TRUNCATED,
  /** The image has more pixels or bytes than the limit. */
  TOO_LARGE,
  /** The decoder failed. */
  CORRUPT,
  /** Another image has the same key. */
  DUPLICATE_KEY,
  /** Another image has the same bytes, and duplicates are dropped. */
  DUPLICATE_CONTENT,
  /** A part of a shard cannot be read; the images in it are lost. */
  DAMAGED
}

package io.sparkmae.model.file;

import java.io.IOException;

/** A file that is read by ranges. */
@FunctionalInterface
public interface Ranges {

  /** Reads the bytes [position, position + length) to the start of {@code into}. */
  void read(long position, byte[] into, int length) throws IOException;
}

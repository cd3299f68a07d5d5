package io.sparkmae.job.store;

import java.io.IOException;
import java.io.OutputStream;

/** The content of a file. */
@FunctionalInterface
public interface Content {

  /** Writes everything to {@code out}, which the store closes. */
  void writeTo(OutputStream out) throws IOException;
}

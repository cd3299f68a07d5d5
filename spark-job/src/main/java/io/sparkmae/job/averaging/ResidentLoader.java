package io.sparkmae.job.averaging;

import org.deeplearning4j.core.loader.MultiDataSetLoader;

/**
 * A loader that keeps data between loads, such as the files it read, for the thread that calls it.
 */
public interface ResidentLoader extends MultiDataSetLoader {

  /** Releases the data that all loaders of this class keep for the calling thread. */
  void release();
}

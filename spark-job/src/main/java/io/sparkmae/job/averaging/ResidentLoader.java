package io.sparkmae.job.averaging;

import org.deeplearning4j.core.loader.MultiDataSetLoader;

/** A loader that keeps something from load to load, such as files read, for the thread it is on. */
public interface ResidentLoader extends MultiDataSetLoader {

  /** Lets go of what all loaders of this class keep for the calling thread. */
  void release();
}

package io.sparkmae.job.train;

import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.model.config.Normalisation;
import java.io.Serializable;
import java.util.List;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** How images become minibatches; sent to the executors. */
sealed interface Samples extends Serializable permits MaskedSamples, LabelledSamples {

  /** Returns the views of each image in an epoch. */
  List<RandomCrop> views(int epoch);

  /** Returns what the network is fed with: images that it sees by {@code normalisation}. */
  MultiDataSet minibatch(PatchBatch batch, Normalisation normalisation);
}

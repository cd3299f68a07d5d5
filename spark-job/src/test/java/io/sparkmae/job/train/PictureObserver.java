package io.sparkmae.job.train;

import java.util.Arrays;
import org.apache.spark.util.CollectionAccumulator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Notes a hash of every sample's crop and mask. */
final class PictureObserver implements TrainingHook {

  private static final long serialVersionUID = 1;

  private final CollectionAccumulator<String> seen;

  PictureObserver(CollectionAccumulator<String> seen) {
    this.seen = seen;
  }

  @Override
  public void preUpdate(MultiDataSet minibatch, Model model) {
    for (int sample = 0; sample < minibatch.getLabels(0).size(0); sample++) {
      float[] patches = minibatch.getLabels(0).slice(sample).dup('c').data().asFloat();
      int[] idsShuffle = minibatch.getFeatures(0).getRow(sample).dup('c').data().asInt();
      seen.add(Arrays.hashCode(patches) + " " + Arrays.hashCode(idsShuffle));
    }
  }

  @Override
  public void postUpdate(MultiDataSet minibatch, Model model) {}

  @Override
  public void preUpdate(DataSet minibatch, Model model) {}

  @Override
  public void postUpdate(DataSet minibatch, Model model) {}
}

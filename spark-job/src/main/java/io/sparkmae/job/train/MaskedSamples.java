package io.sparkmae.job.train;

import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.image.CropRange;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.model.MaeBatch;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import java.util.List;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Crops and masks, for a masked autoencoder. */
record MaskedSamples(MaeConfig model, RunConfig.Data data, long seed) implements Samples {

  private static final long serialVersionUID = 1;

  @Override
  public List<RandomCrop> views(int epoch) {
    RandomCrop view =
        new RandomCrop(
            model.imageSize(), model.patchSize(), seed, epoch, 0, range(data.cropScaleMin()));
    return view.repeats(data.cropsPerImage());
  }

  static CropRange range(double scaleMin) {
    CropRange paper = CropRange.PRETRAINING;
    return new CropRange(scaleMin, paper.maxScale(), paper.minRatio(), paper.maxRatio());
  }

  @Override
  public MultiDataSet minibatch(PatchBatch batch, Normalisation normalisation) {
    return MaeBatch.of(model, normalisation, batch.patches(), batch.sampleSeeds());
  }
}

package io.sparkmae.job.train;

import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.augment.Mixing;
import io.sparkmae.data.augment.RandAugment;
import io.sparkmae.data.augment.RandomErasing;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.data.image.View.PixelEdit;
import io.sparkmae.job.config.FineTune;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.model.classify.ClassifierBatch;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Pixels;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Augmented crops and soft targets, for a classifier (He et al. 2021, Table 9). */
record LabelledSamples(
    ClassifierConfig classifier,
    RunConfig.Data data,
    long seed,
    List<PixelEdit> edits,
    Mixing mixing)
    implements Samples {

  private static final long serialVersionUID = 1;

  static LabelledSamples of(RunConfig run, ClassifierConfig classifier) {
    FineTune recipe = run.fineTune();
    Mixing mixing =
        new Mixing(recipe.mixup(), recipe.cutmix(), recipe.smoothing(), classifier.classes());
    return new LabelledSamples(
        classifier, run.data(), run.train().seed(), edits(recipe, classifier.encoder()), mixing);
  }

  private static List<PixelEdit> edits(FineTune recipe, MaeConfig model) {
    List<PixelEdit> edits = new ArrayList<>();
    if (recipe.randAugment() > 0) {
      edits.add(
          new RandAugment(
              recipe.randAugment(), recipe.randAugmentDeviation(), recipe.randAugmentOperations()));
    }
    if (recipe.randomErasing() > 0) {
      int channels = model.channels();
      edits.add(
          new RandomErasing(
              recipe.randomErasing(),
              IntStream.range(0, channels).mapToObj(c -> Pixels.mean(c, channels)).toList(),
              IntStream.range(0, channels).mapToObj(c -> Pixels.deviation(c, channels)).toList()));
    }
    return List.copyOf(edits);
  }

  @Override
  public List<RandomCrop> views(int epoch) {
    MaeConfig model = classifier.encoder();
    RandomCrop view =
        new RandomCrop(
            model.imageSize(),
            model.patchSize(),
            seed,
            epoch,
            0,
            MaskedSamples.range(data.cropScaleMin()),
            edits);
    return view.repeats(data.cropsPerImage());
  }

  /** Images are RGB bytes, which the network normalises itself; others are refused before. */
  @Override
  public MultiDataSet minibatch(PatchBatch batch, Normalisation normalisation) {
    float[][] targets = mixing.apply(batch, classifier.encoder().patchSize());
    return ClassifierBatch.of(classifier, batch.patches(), targets, batch.sampleSeeds());
  }
}

package io.sparkmae.job.run;

import io.sparkmae.data.channels.ChannelPatches;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.job.picture.Reconstruction;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.pixels.ShownChannels;
import io.sparkmae.model.MaeBatch;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.PatchStatistics;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Pixels;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Reconstructs masked images with a graph. */
public final class Reconstructions {

  private Reconstructions() {}

  /**
   * Reconstructs the centre of each image, one at a time.
   *
   * @param normalisation of the images that the graph was trained on
   * @param images encoded images
   * @param shown channels to draw, as {@link ShownChannels#of} takes them; null for RGB
   * @param seed determines an image's mask, together with its key
   * @throws IllegalArgumentException if RGB images are to be drawn otherwise
   */
  public static List<Reconstruction> of(
      MaeGraph graph,
      Normalisation normalisation,
      List<SourceImage> images,
      int[] shown,
      long seed) {
    ShownChannels drawn = ShownChannels.of(shown, normalisation);
    List<Reconstruction> reconstructions = new ArrayList<>();
    for (SourceImage image : images) {
      long sampleSeed = SampleSeed.of(seed, 0, image.key(), 0);
      reconstructions.add(of(graph, normalisation, image, drawn, sampleSeed));
    }
    return reconstructions;
  }

  private static Reconstruction of(
      MaeGraph graph,
      Normalisation normalisation,
      SourceImage image,
      ShownChannels drawn,
      long sampleSeed) {
    MaeConfig config = graph.maeConfig();
    int channels = config.channels();
    CentreCrop view = new CentreCrop(config.imageSize(), config.patchSize());
    byte[] original =
        ChannelPatches.of(image.bytes(), DataPixels.format(normalisation), view, sampleSeed);
    MultiDataSet batch = MaeBatch.of(config, normalisation, original, new long[] {sampleSeed});
    INDArray predicted = graph.predict(batch); // [1, L, P]
    if (config.normPixLoss()) {
      predicted = denormalised(predicted, batch.getLabels(0), drawn == null, channels);
    }
    double[] mask = MaeBatch.mask(config, sampleSeed);
    return drawn == null
        ? new Reconstruction(original, mask, Pixels.toBytes(predicted, channels))
        : new Reconstruction(
            drawn.draw(original, normalisation),
            mask,
            drawn.draw(predicted.dup('c').data().asFloat(), channels));
  }

  private static INDArray denormalised(
      INDArray predicted, INDArray patches, boolean areBytes, int channels) {
    INDArray numbers = areBytes ? Pixels.normalise(patches, channels) : patches;
    return PatchStatistics.of(numbers).denormalise(predicted);
  }
}

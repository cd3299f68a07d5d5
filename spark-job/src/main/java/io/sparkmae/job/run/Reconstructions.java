package io.sparkmae.job.run;

import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.job.picture.Reconstruction;
import io.sparkmae.model.MaeBatch;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.PatchStatistics;
import io.sparkmae.model.config.MaeConfig;
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
   * @param images encoded images
   * @param seed determines an image's mask, together with its key
   */
  public static List<Reconstruction> of(MaeGraph graph, List<SourceImage> images, long seed) {
    List<Reconstruction> reconstructions = new ArrayList<>();
    for (SourceImage image : images) {
      reconstructions.add(of(graph, image, SampleSeed.of(seed, 0, image.key(), 0)));
    }
    return reconstructions;
  }

  private static Reconstruction of(MaeGraph graph, SourceImage image, long sampleSeed) {
    MaeConfig config = graph.maeConfig();
    CentreCrop view = new CentreCrop(config.imageSize(), config.patchSize());
    byte[] original = ImagePatches.of(image.bytes(), view, sampleSeed);
    MultiDataSet batch = MaeBatch.of(config, original, new long[] {sampleSeed});
    INDArray predicted = graph.predict(batch); // [1, L, P]
    if (config.normPixLoss()) {
      INDArray patches = Pixels.normalise(batch.getLabels(0), config.channels());
      predicted = PatchStatistics.of(patches).denormalise(predicted);
    }
    double[] mask = MaeBatch.mask(config, sampleSeed);
    return new Reconstruction(original, mask, Pixels.toBytes(predicted, config.channels()));
  }
}

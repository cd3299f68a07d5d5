package io.sparkmae.job.embed;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Pixels;
import org.nd4j.linalg.api.ndarray.INDArray;

/** No network: the normalised pixels that an encoder would see, as the floor of every probe. */
final class PixelFeatures implements Inference.Network {

  private final MaeConfig config;
  private final Normalisation normalisation;

  PixelFeatures(MaeConfig config, Normalisation normalisation) {
    this.config = config;
    this.normalisation = normalisation;
  }

  /** Returns [batch, imageSize · imageSize · channels], patch by patch. */
  @Override
  public float[][] outputs(byte[] patches, int batch) {
    INDArray pixels = Pixels.of(patches, batch, config, normalisation);
    INDArray numbers = Pixels.asNumbers(pixels, config.channels());
    return numbers.reshape(batch, numbers.length() / batch).toFloatMatrix();
  }

  @Override
  public void close() {} // holds nothing
}

package io.sparkmae.job.embed;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.sparkmae.model.MaeEncoder;
import io.sparkmae.model.config.FeaturePooling;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Pixels;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The encoder of a task: pooled features of images with all patches visible. */
public final class Features implements Inference.Network {

  private final MaeConfig config;
  private final Normalisation normalisation;
  private final MaeEncoder encoder;
  private final FeaturePooling pooling;

  /** Opens the encoder that has these weights, by the reference's names. */
  public Features(
      MaeConfig config,
      Normalisation normalisation,
      Map<String, INDArray> weights,
      FeaturePooling pooling) {
    this.config = config;
    this.normalisation = normalisation;
    this.encoder = MaeEncoder.of(config, weights);
    this.pooling = pooling;
  }

  /** Returns the pooled features [batch, D] of tokens [batch, L + 1, D]. */
  @Override
  public float[][] outputs(byte[] patches, int batch) {
    INDArray tokens = encoder.encode(Pixels.of(patches, batch, config, normalisation));
    INDArray pooled =
        switch (pooling) {
          case CLS -> tokens.get(all(), point(0), all());
          case MEAN -> tokens.get(all(), interval(1, tokens.size(1)), all()).mean(1);
        };
    return pooled.reshape(tokens.size(0), tokens.size(2)).toFloatMatrix();
  }

  @Override
  public void close() {
    encoder.close();
  }
}

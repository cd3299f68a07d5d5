package io.sparkmae.job.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.sparkmae.job.store.Directory;
import io.sparkmae.model.MaeEncoder;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.config.TrainedPositions;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/** The ONNX model in ONNX Runtime, against the encoder that it was made from. */
class OnnxEncoderTest {

  private static final MaeConfig CONFIG =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(40, 8, 3)
          .withTowers(
              new Tower(48, 3, 4).withPositions(TrainedPositions.text(noise(26 * 48))),
              new Tower(16, 1, 2));
  private static final Map<String, INDArray> WEIGHTS =
      MaeWeights.all(MaeGraph.create(CONFIG, new NoOp(), 0, 5));

  @TempDir Path directory;

  private static float[] noise(int length) {
    Random random = new Random(3);
    float[] noise = new float[length];
    for (int i = 0; i < length; i++) {
      noise[i] = (float) random.nextGaussian();
    }
    return noise;
  }

  @Test
  void onnxRuntimeComputesTheSameFeaturesInBatchesOfAnySize() throws Exception {
    ExportLayout.ONNX.write(
        new ModelDescription("mae_vit_tiny_patch16", CONFIG),
        WEIGHTS,
        Directory.at(directory.toString(), new Configuration())::file);
    assertThat(directory).isDirectoryNotContaining("glob:**.data");
    assertThat(directory.resolve("preprocessor_config.json")).exists();
    for (int batch : new int[] {1, 7}) {
      assertSameFeatures(batch);
    }
  }

  @Test
  void longTensorsLieInAFileBesideTheModel() throws Exception {
    OnnxEncoder.write(
        CONFIG, WEIGHTS, Directory.at(directory.toString(), new Configuration())::file, 1000);
    assertThat(Files.size(directory.resolve(OnnxEncoder.FILE)))
        .isLessThan(Files.size(directory.resolve(OnnxEncoder.DATA)) / 5);
    assertSameFeatures(2);
  }

  private void assertSameFeatures(int batch) throws Exception {
    byte[] patches = new byte[batch * CONFIG.tokens() * CONFIG.patchLength()];
    new Random(batch).nextBytes(patches);
    INDArray tokens;
    try (MaeEncoder encoder = MaeEncoder.of(CONFIG, WEIGHTS)) {
      tokens = encoder.encode(patches, batch);
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session =
            environment.createSession(directory.resolve(OnnxEncoder.FILE).toString());
        OnnxTensor input = pixels(environment, patches, batch);
        OrtSession.Result result = session.run(Map.of("pixel_values", input))) {
      float[][][] all = (float[][][]) result.get("last_hidden_state").orElseThrow().getValue();
      float[][] cls = (float[][]) result.get("cls").orElseThrow().getValue();
      float[][] mean = (float[][]) result.get("mean").orElseThrow().getValue();
      assertThat(all.length).isEqualTo(batch);
      assertThat(all[0].length).isEqualTo(CONFIG.tokens() + 1);
      for (int image = 0; image < batch; image++) {
        for (int d = 0; d < 48; d++) {
          double sum = 0;
          for (int token = 0; token <= CONFIG.tokens(); token++) {
            float expected = tokens.getFloat(image, token, d);
            assertThat(Math.abs(all[image][token][d] - expected)).isLessThan(1e-4f);
            sum += token == 0 ? 0 : expected;
          }
          assertThat(cls[image][d]).isEqualTo(all[image][0][d]);
          assertThat(Math.abs(mean[image][d] - sum / CONFIG.tokens())).isLessThan(1e-4);
        }
      }
    }
  }

  /** Returns the normalised images [batch, channel, row, column] of patches. */
  private static OnnxTensor pixels(OrtEnvironment environment, byte[] patches, int batch)
      throws OrtException {
    INDArray numbers = Pixels.normalise(Pixels.bytes(patches, batch, CONFIG), CONFIG.channels());
    int patch = CONFIG.patchSize();
    int grid = CONFIG.gridSize();
    int size = CONFIG.imageSize();
    FloatBuffer images = FloatBuffer.allocate(patches.length);
    for (int image = 0; image < batch; image++) {
      for (int c = 0; c < 3; c++) {
        for (int row = 0; row < size; row++) {
          for (int column = 0; column < size; column++) {
            int token = row / patch * grid + column / patch;
            int inside = (row % patch * patch + column % patch) * 3 + c;
            images.put(numbers.getFloat(image, token, inside));
          }
        }
      }
    }
    return OnnxTensor.createTensor(environment, images.flip(), new long[] {batch, 3, size, size});
  }
}

package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.masking.Masking;
import io.sparkmae.model.optimiser.AdamW;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.NoOp;

class MaeGraphTest {

  private final MaeConfig config =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(32, 8, 3)
          .withTowers(new Tower(48, 2, 3), new Tower(32, 1, 4));

  private MaeGraph graph() {
    return MaeGraph.create(config, AdamW.of(new WarmupCosine(3e-3, 0, 2, 1000)), 0.05, 1);
  }

  private byte[] patches(int batch) {
    byte[] patches = new byte[batch * config.tokens() * config.patchLength()];
    new SplittableRandom(1).nextBytes(patches);
    return patches;
  }

  @Test
  void onlyMasksThatAreNotRandomAreInTheGraphsJson() {
    MaeGraph random = MaeGraph.create(config, new NoOp(), 0, 1);
    assertThat(random.getConfiguration().toJson()).doesNotContain("maskSampling");
    MaeConfig blocks = config.withMaskSampling(MaskSampling.BLOCK);
    String json = MaeGraph.create(blocks, new NoOp(), 0, 1).getConfiguration().toJson();
    assertThat(MaeArchitecture.configOf(ComputationGraphConfiguration.fromJson(json)))
        .isEqualTo(blocks);
  }

  @Test
  void aGraphOfAnotherTaskSharesTheParameters() {
    MaeGraph graph = MaeGraph.create(config, new NoOp(), 0, 1);
    MaeConfig half = config.withTask(0.5, true).withMaskSampling(MaskSampling.GRID);
    MaeGraph other = graph.withTaskOf(half);
    assertThat(other.maeConfig()).isEqualTo(half);
    assertThat(other.params().data().address()).isEqualTo(graph.params().data().address());
    MultiDataSet batch = MaeBatch.of(half, patches(2), new long[] {1, 2});
    assertThat(other.predict(batch).shape()).containsExactly(2, half.tokens(), 192);
    assertThat(other.latent(batch).size(1)).isEqualTo(half.tokens() / 2 + 1);
  }

  private MultiDataSet batch(long... seeds) {
    return MaeBatch.of(config, patches(seeds.length), seeds);
  }

  @Test
  void aRestoredGraphGoesOnWithTheSameBits() throws IOException {
    MaeGraph graph = graph();
    graph.fit(batch(1, 2));
    graph.fit(batch(3, 4));
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    Dl4jZip.write(graph, saved);
    MaeGraph restored = Dl4jZip.read(new ByteArrayInputStream(saved.toByteArray()));
    assertThat(restored.maeConfig()).isEqualTo(config);
    assertThat(restored.getIterationCount()).isEqualTo(2);
    graph.fit(batch(5, 6));
    restored.fit(batch(5, 6));
    assertThat(restored.paramsSha256()).isEqualTo(graph.paramsSha256());
    assertThat(restored.score()).isEqualTo(graph.score());
  }

  @Test
  void learnsTwoImagesByHeart() {
    MaeGraph graph = graph();
    MultiDataSet batch = batch(1, 2);
    graph.fit(batch);
    double first = graph.score();
    for (int step = 0; step < 60; step++) {
      graph.fit(batch);
    }
    assertThat(graph.score()).isLessThan(0.7 * first);
  }

  @Test
  void aBatchsLossIsTheMeanOfItsImagesLosses() {
    MaeGraph graph = graph();
    byte[] patches = patches(2);
    byte[] first = Arrays.copyOf(patches, patches.length / 2);
    byte[] second = Arrays.copyOfRange(patches, patches.length / 2, patches.length);
    double together = graph.score(MaeBatch.of(config, patches, new long[] {8, 9}), true);
    double apart =
        graph.score(MaeBatch.of(config, first, new long[] {8}), true)
            + graph.score(MaeBatch.of(config, second, new long[] {9}), true);
    assertThat(together).isCloseTo(apart / 2, within(1e-6));
  }

  @Test
  void loadedWeightsAreThoseThatWereSaved() {
    MaeGraph graph = graph();
    Map<String, INDArray> weights = MaeWeights.all(graph);
    MaeGraph other = MaeGraph.create(config, new NoOp(), 0, 99);
    MaeWeights.load(other, weights);
    assertThat(other.paramsSha256()).isEqualTo(graph.paramsSha256());
    assertThat(weights.keySet()).containsExactlyElementsOf(ReferenceNames.all(config).keySet());
    weights.remove("norm.bias");
    assertThatThrownBy(() -> MaeWeights.load(other, weights))
        .hasMessageContaining("norm.bias is missing");
  }

  @Test
  void theEncoderAloneGivesTheLatentOfAllPatches() {
    MaeGraph graph = MaeGraph.create(config, new NoOp(), 0, 1);
    byte[] patches = patches(3);
    INDArray tokens = MaeEncoder.of(config, MaeWeights.encoder(graph)).encode(patches, 3);
    assertThat(tokens.shape()).containsExactly(3, config.tokens() + 1, 48);
    // the graph's masking shuffles the kept patches, which the class token cannot see
    Masking everything = Masking.draw(MaskSampling.RANDOM, 1, config.gridSize(), config.tokens());
    Masking[] maskings = {everything, everything, everything};
    MultiDataSet batch = MaeBatch.of(Pixels.bytes(patches, 3, config), maskings);
    GraphArrays arrays =
        GraphArrays.of(batch.getLabels(0), batch.getFeatures(0), config.tokens(), 0, 3);
    INDArray latent = graph.feedForward(arrays.features(), false).get(MaeArchitecture.LATENT);
    INDArray difference = tokens.slice(0, 1).sub(latent.slice(0, 1));
    assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-5);
  }

  @Test
  void anUntrainedEncoderDependsOnItsSeed() {
    INDArray features = MaeEncoder.random(config, 1).encode(patches(1), 1);
    assertThat(features).isEqualTo(MaeEncoder.random(config, 1).encode(patches(1), 1));
    assertThat(features).isNotEqualTo(MaeEncoder.random(config, 2).encode(patches(1), 1));
  }
}

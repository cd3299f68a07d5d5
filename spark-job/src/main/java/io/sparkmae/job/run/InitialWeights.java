package io.sparkmae.job.run;

import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.weights.ForeignWeights;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/**
 * The weights that a run starts from: those of the model that {@code train.init} names, with a new
 * decoder from the run's seed where that model has none. Moments start at zero.
 */
final class InitialWeights implements Consumer<MaeGraph> {

  private final RunConfig run;
  private final Configuration hadoop;
  private final boolean foreign;
  private String sha256; // of the parameters, once they were read

  private InitialWeights(RunConfig run, Configuration hadoop, boolean foreign) {
    this.run = run;
    this.hadoop = hadoop;
    this.foreign = foreign;
  }

  /**
   * Finds the weights, and checks that they fit the run.
   *
   * @throws IllegalArgumentException if its towers are others; image sizes may differ
   */
  static InitialWeights of(RunConfig run, Configuration hadoop) throws IOException {
    boolean foreign = ForeignWeights.isAt(run.init(), hadoop);
    if (!foreign) {
      MaeConfig there = ModelStore.read(run.init(), hadoop, EncoderModel::description).config();
      return new InitialWeights(positioned(run, there, true), hadoop, false);
    }
    try (ForeignWeights weights = ForeignWeights.open(run.init(), hadoop)) {
      MaeConfig there = weights.description().config();
      boolean hasDecoder = weights.hasDecoder();
      System.err.printf(
          "starting from %s%s%n",
          run.init(),
          hasDecoder
              ? ""
              : ", which has no decoder: a new one is drawn from seed " + run.train().seed());
      return new InitialWeights(positioned(run, there, hasDecoder), hadoop, true);
    }
  }

  /** Returns the run with the position tables that belong to the weights. */
  RunConfig run() {
    return run;
  }

  private static RunConfig positioned(RunConfig run, MaeConfig there, boolean hasDecoder) {
    MaeConfig here = run.model();
    List<String> differences = differences(there, here, hasDecoder);
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot start from %s: %s (give its values with --model and --set, or export its encoder alone with --layout timm; the image size may differ)"
              .formatted(run.init(), String.join("; ", differences)));
    }
    MaeConfig resized = there.withImageSize(here.imageSize());
    return run.withPositionsOf(
        hasDecoder ? resized : resized.withTowers(resized.encoder(), here.decoder()));
  }

  private static List<String> differences(MaeConfig there, MaeConfig here, boolean hasDecoder) {
    List<String> differences = new ArrayList<>();
    compare(differences, "model.patch-size", there.patchSize(), here.patchSize());
    compare(differences, "model.channels", there.channels(), here.channels());
    compare(differences, "mlpRatio", there.mlpRatio(), here.mlpRatio());
    compare(differences, "model.", there.encoder(), here.encoder());
    if (hasDecoder) {
      compare(differences, "model.decoder-", there.decoder(), here.decoder());
      compare(
          differences,
          "model.decoder-attention",
          there.decoderAttention(),
          here.decoderAttention());
    }
    return differences;
  }

  private static void compare(List<String> differences, String prefix, Tower there, Tower here) {
    compare(differences, prefix + "embed-dim", there.embedDim(), here.embedDim());
    compare(differences, prefix + "depth", there.depth(), here.depth());
    compare(differences, prefix + "num-heads", there.numHeads(), here.numHeads());
  }

  private static void compare(List<String> differences, String key, Object there, Object here) {
    if (!there.equals(here)) {
      differences.add("%s is %s there and %s here".formatted(key, there, here));
    }
  }

  /** Reads the weights into a graph of the run. */
  @Override
  public void accept(MaeGraph graph) {
    try {
      if (foreign) {
        acceptForeign(graph);
      } else {
        ModelStore.read(
            run.init(),
            hadoop,
            version -> {
              StateFile.read(version).load(version, graph);
              return version;
            });
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    requireSame(graph.paramsSha256());
  }

  private void acceptForeign(MaeGraph graph) throws IOException {
    try (ForeignWeights weights = ForeignWeights.open(run.init(), hadoop)) {
      if (!weights.hasDecoder()) {
        graph.initialise(run.train().seed());
      }
      MaeWeights.loadPart(graph, weights.all());
    }
  }

  // They are read again if a run that has no checkpoint yet must start over.
  private void requireSame(String read) {
    if (sha256 != null && !sha256.equals(read)) {
      throw new BadModel(
          "Cannot start over from %s: it changed while the run was going (start the run again)"
              .formatted(run.init()));
    }
    sha256 = read;
  }
}

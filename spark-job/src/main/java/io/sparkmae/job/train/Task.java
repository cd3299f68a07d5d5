package io.sparkmae.job.train;

import io.sparkmae.job.config.RunConfig;
import io.sparkmae.model.ClassifierGraph;
import io.sparkmae.model.EngineGraph;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What a run trains: everything that pre-training and fine-tuning do not have in common. */
public final class Task {

  private final Function<WarmupCosine, EngineGraph> network;
  private final Consumer<EngineGraph> start;
  private final Samples samples;
  private final EpochEnd epochEnd;
  private final UnaryOperator<Engine> engine;

  private Task(
      Function<WarmupCosine, EngineGraph> network,
      Consumer<EngineGraph> start,
      Samples samples,
      EpochEnd epochEnd,
      UnaryOperator<Engine> engine) {
    this.network = network;
    this.start = start;
    this.samples = samples;
    this.epochEnd = epochEnd;
    this.engine = engine;
  }

  /** Returns the task of pre-training: a masked autoencoder from random weights. */
  public static Task masked(RunConfig run) {
    return masked(run, graph -> graph.initialise(run.train().seed()));
  }

  /**
   * Returns the task of pre-training.
   *
   * @param start gives a graph the weights of the beginning; the same ones at every call
   */
  public static Task masked(RunConfig run, Consumer<MaeGraph> start) {
    long seed = run.train().seed();
    return new Task(
        schedule -> TrainedGraph.blank(run, schedule),
        graph -> start.accept((MaeGraph) graph),
        new MaskedSamples(run.model(), run.data(), seed),
        EpochEnd.NONE,
        choice -> MaeGraph.requireEngine(run.model(), choice));
  }

  /**
   * Returns the task of fine-tuning.
   *
   * @param weights to start from, by timm's names
   */
  public static Task labelled(
      RunConfig run,
      ClassifierConfig classifier,
      Map<String, INDArray> weights,
      EpochEnd epochEnd) {
    return new Task(
        schedule ->
            ClassifierGraph.blank(
                classifier,
                TrainedGraph.adamW(run.train(), schedule),
                run.fineTune().layerDecay(),
                run.train().weightDecay()),
        graph -> ((ClassifierGraph) graph).load(weights),
        LabelledSamples.of(run, classifier),
        epochEnd,
        ClassifierGraph::requireEngine);
  }

  /** Returns the network, its parameters arbitrary, for a schedule of learning rates. */
  Function<WarmupCosine, EngineGraph> network() {
    return network;
  }

  /** Returns what gives the network the parameters that it starts from. */
  Consumer<EngineGraph> start() {
    return start;
  }

  Samples samples() {
    return samples;
  }

  EpochEnd epochEnd() {
    return epochEnd;
  }

  /** Returns the engine to take if the settings ask for {@code choice}. */
  Engine engine(Engine choice) {
    return engine.apply(choice);
  }
}

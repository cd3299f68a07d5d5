package io.sparkmae.model;

import io.sparkmae.model.engine.StepEngine;
import io.sparkmae.model.engine.StepEngine.Moments;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.optimiser.AdamW;
import io.sparkmae.model.optimiser.GradientClip;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.Solver;
import org.deeplearning4j.optimize.api.ConvexOptimizer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/**
 * The training step that {@code fit} runs where the engine also updates the parameters: gradients,
 * one fused pass of AdamW over DL4J's own flat vectors, listeners, counters.
 */
final class FusedStep extends Solver {

  private final Solver replaced;
  private final EngineGraph graph;
  private final StepEngine engine;
  private final Map<AdamW, List<Moments>> ranges = new LinkedHashMap<>();
  private double weightDecay;

  /**
   * Makes the step of {@code graph}.
   *
   * @param replaced DL4J's own solver of the graph
   */
  FusedStep(EngineGraph graph, Solver replaced, StepEngine engine) {
    this.replaced = replaced;
    this.graph = graph;
    this.engine = engine;
    BaseMultiLayerUpdater<?> updater = graph.getUpdater();
    for (UpdaterBlock block : updater.getUpdaterBlocks()) {
      addRanges(block);
    }
  }

  /**
   * Adds the ranges of a block that trains. Its state is [first moments | second moments]; all of a
   * range decays, or none of it.
   */
  private void addRanges(UpdaterBlock block) {
    if (!(updater(block.getLayersAndVariablesInBlock().get(0)) instanceof AdamW adamW)) {
      return;
    }
    long start = block.getParamOffsetStart();
    long length = block.getParamOffsetEnd() - start;
    long state = block.getUpdaterViewOffsetStart();
    for (UpdaterBlock.ParamState param : block.getLayersAndVariablesInBlock()) {
      long from = param.getParamOffsetStart();
      long expAvg = state + from - start;
      append(
          ranges.computeIfAbsent(adamW, group -> new ArrayList<>()),
          new Moments(from, param.getParamOffsetEnd(), expAvg, expAvg + length, decays(param)));
    }
  }

  private static IUpdater updater(UpdaterBlock.ParamState param) {
    return param.getLayer().getConfig().getUpdaterByParam(param.getParamName());
  }

  private boolean decays(UpdaterBlock.ParamState param) {
    List<Regularization> rules =
        param.getLayer().getConfig().getRegularizationByParam(param.getParamName());
    for (Regularization rule : rules == null ? List.<Regularization>of() : rules) {
      weightDecay = ((WeightDecay) rule).getCoeff().valueAt(0, 0);
      return true;
    }
    return false;
  }

  /** Appends a range, or extends the last one if the new range continues it with the same decay. */
  private static void append(List<Moments> ranges, Moments next) {
    int last = ranges.size() - 1;
    if (last >= 0
        && ranges.get(last).to() == next.from()
        && ranges.get(last).decays() == next.decays()
        && ranges.get(last).expAvg() + ranges.get(last).to() - ranges.get(last).from()
            == next.expAvg()) {
      Moments before = ranges.remove(last);
      next =
          new Moments(before.from(), next.to(), before.expAvg(), before.expAvgSq(), next.decays());
    }
    ranges.add(next);
  }

  @Override
  public void optimize(LayerWorkspaceMgr workspaces) {
    graph.computeGradientAndScore(workspaces);
    int iteration = graph.getConfiguration().getIterationCount();
    int epoch = graph.getConfiguration().getEpochCount();
    GradientClip clip = graph.clip();
    double before = clip.isOn() ? engine.gradientNorm() : 0;
    double scale = clip.isOn() ? clip.scale(before) : 1;
    List<AdamWRates> rates =
        ranges.keySet().stream().map(adamW -> rates(adamW, iteration, epoch, scale)).toList();
    double norm =
        engine.update(graph.getUpdater().getStateViewArray(), List.copyOf(ranges.values()), rates);
    graph.gradientNorm(clip.isOn() ? before : norm);
    if (!Double.isFinite(norm)) {
      graph.setScore(Double.NaN); // the parameters are no longer finite, even where the loss is
    }
    for (TrainingListener listener : List.copyOf(graph.getListeners())) {
      listener.iterationDone(graph, iteration, epoch);
    }
    graph.getConfiguration().setIterationCount(iteration + 1);
  }

  private AdamWRates rates(AdamW adamW, int iteration, int epoch, double scale) {
    return AdamWRates.of(
        adamW.getLearningRate(iteration, epoch),
        adamW.beta1(),
        adamW.beta2(),
        adamW.epsilon(),
        weightDecay,
        iteration + 1,
        scale);
  }

  /** Returns DL4J's own optimiser, which holds the graph's updater. */
  @Override
  public ConvexOptimizer getOptimizer() {
    return replaced.getOptimizer();
  }

  @Override
  public void initOptimizer() {
    replaced.initOptimizer();
  }

  @Override
  public void setListeners(Collection<TrainingListener> listeners) {
    replaced.setListeners(listeners);
  }
}

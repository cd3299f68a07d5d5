package io.sparkmae.model.engine;

import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.Tensor;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A classifier's step, on oneDNN.
 *
 * <p>Memory is planned for a batch size and kept. {@link Plans} says what another size costs.
 */
public final class ClassifierEngine extends StepEngine {

  private final ClassifierConfig config;
  private final Plans<ClassifierPlan> training = new Plans<>();
  private final Plans<ClassifierPlan> predicting = new Plans<>();

  /**
   * Makes an engine over flat fp32 vectors.
   *
   * @param gradients filled by {@link #step}; null for an engine that does not train
   * @param slots name in timm → place in both vectors
   * @throws IllegalArgumentException if this machine cannot run it, with the reason
   */
  public ClassifierEngine(
      ClassifierConfig config,
      Precision precision,
      INDArray params,
      INDArray gradients,
      Map<String, Slot> slots) {
    super(Engine.ONEDNN, 0, precision, params, gradients, slots);
    this.config = config;
  }

  /**
   * Computes the mean loss of a minibatch, and its gradients into the flat vector, part by part.
   *
   * @param patches [N, L, P], normalised, or bytes as {@link io.sparkmae.model.config.Pixels} reads
   *     them
   * @param targets [N, classes], the weight of each class
   * @param scales [N, 2 · depth], of the branches; read only with {@code dropPath}
   * @param parts at least 1; no more than images are made
   */
  public double step(INDArray patches, INDArray targets, INDArray scales, int parts) {
    List<Examples> all = Examples.of(patches, targets, scales).cut(parts);
    ClassifierPlan plan = plan(training, true, all.get(0));
    takeOver();
    double loss = 0;
    for (int i = 0; i < all.size(); i++) {
      plan.run(all.get(i));
      double share = (double) all.get(i).count() / patches.size(0);
      if (all.size() > 1) {
        addGradients(share, i == 0, i + 1 == all.size());
      }
      loss += share * plan.loss();
      plan.addTimes(nanoseconds);
    }
    return loss;
  }

  /** Returns the logits [N, classes] of images as {@link #step} takes them, no path dropped. */
  public INDArray logits(INDArray patches) {
    Examples images = Examples.of(patches, null, null);
    ClassifierPlan plan = plan(predicting, false, images);
    takeOver();
    plan.run(images);
    return plan.logits();
  }

  private ClassifierPlan plan(Plans<ClassifierPlan> plans, boolean trains, Examples images) {
    Map<String, Tensor> slopes = trains ? gradients() : Map.of();
    Batch batch = images.batch();
    return plans.of(
        batch,
        device,
        () -> new ClassifierPlan(config, trains, batch, precision, device, values(), slopes));
  }
}

package io.sparkmae.model.engine;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.Rows;
import io.sparkmae.model.engine.device.Tensor;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A masked autoencoder's step, on oneDNN or a GPU: the same numbers as the graph's, faster.
 *
 * <p>Memory is planned for a batch size and kept. {@link Plans} says what another size costs.
 */
public final class MaeEngine extends StepEngine {

  private final MaeConfig config;
  private final EnumMap<Purpose, Plans<Plan>> plans = new EnumMap<>(Purpose.class);
  private boolean fullEncoder;
  private Images next; // of the batch to come, if it is known

  /**
   * Makes an engine over flat fp32 vectors.
   *
   * @param engine {@link Engine#ONEDNN} or {@link Engine#CUDA}
   * @param gpu for CUDA, the number of the GPU among those that the process sees
   * @param gradients filled by {@link #step}; null for an engine that does not train
   * @param slots name in the reference → place in both vectors
   * @throws IllegalArgumentException if this machine cannot run it, with the reason
   */
  public MaeEngine(
      Engine engine,
      int gpu,
      MaeConfig config,
      Precision precision,
      INDArray params,
      INDArray gradients,
      Map<String, Slot> slots) {
    super(engine, gpu, precision, params, gradients, slots);
    this.config = config;
  }

  /**
   * Sends all patches through the encoder from now on, as in the baseline of the paper's Table 2:
   * only for measuring what the asymmetry saves.
   */
  public void useFullEncoder() {
    fullEncoder = true;
  }

  /**
   * Computes the loss, and the gradients into the flat vector.
   *
   * @param patches [N, L, P], normalised, or bytes as {@link io.sparkmae.model.config.Pixels} reads
   *     them
   * @param idsShuffle [N, L], each image's patches in the shuffled order, kept ones first
   */
  public double step(INDArray patches, INDArray idsShuffle) {
    return step(patches, idsShuffle, 1);
  }

  /**
   * Computes the mean loss of a minibatch, and its gradients into the flat vector, part by part.
   *
   * <p>Memory is planned for the images of the largest part, and from the first step in parts on a
   * vector as long as the parameters holds sums. Parts differ by one image at most, which a smaller
   * one computes without counting it: so one plan does for all.
   *
   * @param parts at least 1; no more than images are made
   */
  public double step(INDArray patches, INDArray idsShuffle, int parts) {
    List<Images> all = Images.of(patches, idsShuffle).cut(parts);
    Plan plan = ready(fullEncoder ? Purpose.TRAIN_FULL_ENCODER : Purpose.TRAIN, all.get(0));
    double loss = 0;
    for (int i = 0; i < all.size(); i++) {
      plan.run(all.get(i));
      if (i + 1 < all.size()) {
        plan.fill(all.get(i + 1));
      } else if (next != null && plan.fits(next.cut(parts).get(0))) {
        plan.fill(next.cut(parts).get(0));
      }
      double share = (double) all.get(i).count() / patches.size(0);
      if (all.size() > 1) {
        addGradients(share, i == 0, i + 1 == all.size());
      }
      loss += share * plan.loss();
      plan.addTimes(nanoseconds);
    }
    next = null;
    return loss;
  }

  /**
   * Names the batch of the step after the next one: it goes to the device while that one is
   * computed. Another batch may come all the same.
   */
  public void expect(INDArray patches, INDArray idsShuffle) {
    next = Images.of(patches, idsShuffle);
  }

  /**
   * Returns the latent of the encoded patches in the shuffled order, class token first, [N, K + 1,
   * D]; with mask tokens in the encoder of all, [N, L + 1, D].
   */
  public INDArray latent(INDArray patches, INDArray idsShuffle) {
    return run(Purpose.PREDICT, patches, idsShuffle).latent();
  }

  /** Returns the prediction of all patches in the image's order, [N, L, P]. */
  public INDArray predict(INDArray patches, INDArray idsShuffle) {
    INDArray shuffled = run(Purpose.PREDICT, patches, idsShuffle).prediction(); // [rows, P]
    int tokens = config.tokens();
    int[] orders = Images.of(patches, idsShuffle).orders();
    long rows = shuffled.size(0) / patches.size(0); // of an image: L, or L + 1 with a class token
    Rows from = Rows.of(shuffled, config.patchLength());
    Rows to = Rows.create(orders.length, config.patchLength());
    float[] patch = new float[config.patchLength()];
    for (int i = 0; i < orders.length; i++) {
      int image = i / tokens;
      from.read(image * rows + rows - tokens + i % tokens, patch);
      to.write(image * tokens + orders[i], patch, 0);
    }
    return to.array().reshape(patches.shape());
  }

  /** Returns the latent of all patches, class token first, [N, L + 1, D]. */
  public INDArray encode(INDArray patches) {
    INDArray inOrder = Nd4j.arange(config.tokens()).reshape(1, config.tokens());
    return run(Purpose.ENCODE, patches, inOrder.repeat(0, patches.size(0))).latent();
  }

  private Plan run(Purpose task, INDArray patches, INDArray idsShuffle) {
    Images images = Images.of(patches, idsShuffle);
    Plan plan = ready(task, images);
    plan.run(images);
    return plan;
  }

  /** A plan for so many images, with the caller's vectors taken over. */
  private Plan ready(Purpose task, Images images) {
    Batch batch = images.batch();
    Plan plan =
        plans
            .computeIfAbsent(task, key -> new Plans<>())
            .of(batch, device, () -> plan(task, batch));
    takeOver();
    return plan;
  }

  private Plan plan(Purpose task, Batch batch) {
    Map<String, Tensor> gradientViews = task.trains() ? gradients() : Map.of();
    return new Plan(config, task, batch, precision, device, values(), gradientViews);
  }

  @Override
  public void close() {
    plans.clear();
    super.close();
  }
}

package io.sparkmae.model.engine;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Rows;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A masked autoencoder's step, on oneDNN or a GPU: the same numbers as the graph's, faster.
 *
 * <p>It works on the caller's flat vectors: in place on oneDNN, on copies in the GPU's memory else.
 * There {@link #update} leaves the caller's behind until {@link #download}, after which each call
 * takes them over anew. Memory is planned for a batch size and kept; a batch of another size is
 * planned anew. An engine belongs to one thread at a time; engines in several threads do not
 * disturb each other.
 */
public final class MaeEngine implements AutoCloseable {

  private final MaeConfig config;
  private final Precision precision;
  private final Device device;
  private final INDArray params;
  private final INDArray gradients;
  private final Map<String, Slot> slots;
  private final EnumMap<Purpose, Plan> plans = new EnumMap<>(Purpose.class);
  private final EnumMap<StepPart, Long> nanoseconds = new EnumMap<>(StepPart.class);
  private INDArray state; // null before the first update
  private ToDoubleFunction<AdamWRates> adamW; // on that state
  private boolean ahead; // of the caller's vectors
  private boolean fullEncoder;
  private Images next; // of the batch to come, if it is known
  private Tensor sum; // of the gradients of parts; null before a step in parts

  /** Where a parameter is in the flat vector. */
  public record Slot(long offset, long[] shape) {}

  /**
   * The parameters [from, to) and where their moments begin in the updater's state.
   *
   * @param decays whether weight decay applies
   */
  public record Moments(long from, long to, long expAvg, long expAvgSq, boolean decays) {}

  /**
   * An engine over flat fp32 vectors.
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
    this.config = config;
    this.precision = precision;
    this.device = Engines.device(engine, gpu, precision);
    this.params = params;
    this.gradients = gradients;
    this.slots = slots;
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

  /** The last sum goes where the gradients of a step at once are. */
  private void addGradients(double share, boolean first, boolean last) {
    long start = System.nanoTime();
    Tensor flat = flat(gradients);
    if (sum == null) {
      sum = device.allocateResident(Type.F32, flat.length());
    }
    device.addShare(share, flat, first ? null : sum, last ? flat : sum);
    nanoseconds.merge(StepPart.OPTIMISER, System.nanoTime() - start, Long::sum);
  }

  /**
   * Names the batch of the step after the next one: it goes to the device while that one is
   * computed. Another batch may come all the same.
   */
  public void expect(INDArray patches, INDArray idsShuffle) {
    next = Images.of(patches, idsShuffle);
  }

  /** The latent of the kept patches in their order, class token first, [N, K + 1, D]. */
  public INDArray latent(INDArray patches, INDArray idsShuffle) {
    return run(Purpose.PREDICT, patches, idsShuffle).latent();
  }

  /** The prediction of all patches in the image's order, [N, L, P]. */
  public INDArray predict(INDArray patches, INDArray idsShuffle) {
    INDArray shuffled = run(Purpose.PREDICT, patches, idsShuffle).prediction(); // [N·(L + 1), P]
    int tokens = config.tokens();
    int[] orders = Images.of(patches, idsShuffle).orders();
    Rows from = Rows.of(shuffled, config.patchLength());
    Rows to = Rows.create(orders.length, config.patchLength());
    float[] patch = new float[config.patchLength()];
    for (int i = 0; i < orders.length; i++) {
      int image = i / tokens;
      from.read(image * (tokens + 1L) + i % tokens + 1, patch);
      to.write(image * tokens + orders[i], patch, 0);
    }
    return to.array().reshape(patches.shape());
  }

  /** The latent of all patches, class token first, [N, L + 1, D]. */
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
    Plan plan = plans.get(task);
    if (plan == null || !plan.fits(images)) {
      if (plan != null) {
        plans.remove(task); // there may be no memory for the next one
        plan.close(); // before the next one takes its memory
      }
      plan = plan(task, images);
      plans.put(task, plan);
    }
    takeOver();
    return plan;
  }

  private void takeOver() {
    if (!ahead) {
      device.upload(params);
      if (state != null) {
        device.upload(state);
      }
    }
  }

  /** Brings the caller's parameters and moments up to date. */
  public void download() {
    if (ahead) {
      device.download(params);
      device.download(state);
      ahead = false;
    }
  }

  /** Brings the caller's gradients up to date with the last {@link #step}. */
  public void downloadGradients() {
    device.download(gradients);
  }

  private Plan plan(Purpose task, Images images) {
    Map<String, Tensor> values = views(flat(params));
    Map<String, Tensor> gradientViews = task.trains() ? views(flat(gradients)) : Map.of();
    DataType pixels = images.patches().dataType();
    Runnable release = device.openPlan();
    try {
      return new Plan(
          config, task, images.count(), precision, device, release, pixels, values, gradientViews);
    } catch (RuntimeException | Error e) {
      release.run(); // what it had got before memory ran out
      throw e;
    }
  }

  private Map<String, Tensor> views(Tensor flat) {
    Map<String, Tensor> views = new LinkedHashMap<>();
    slots.forEach(
        (name, slot) -> {
          long length = Tensor.dense(0, Type.F32, slot.shape()).length();
          views.put(
              name, flat.slice(0, slot.offset(), slot.offset() + length).reshape(slot.shape()));
        });
    return views;
  }

  /**
   * One step of AdamW on the flat vector, with moments in the caller's state, whose ranges do not
   * change.
   *
   * @return the Euclidean norm of the gradient
   */
  public double update(INDArray moments, List<Moments> ranges, AdamWRates rates) {
    long start = System.nanoTime();
    if (state != moments) {
      state = moments;
      adamW = device.adamW(views(ranges));
    }
    double squares = adamW.applyAsDouble(rates);
    ahead = true;
    nanoseconds.merge(StepPart.OPTIMISER, System.nanoTime() - start, Long::sum);
    return Math.sqrt(squares);
  }

  private List<AdamWRange> views(List<Moments> ranges) {
    Tensor values = flat(params);
    Tensor slopes = flat(gradients);
    Tensor moments = flat(state);
    List<AdamWRange> views = new ArrayList<>();
    for (Moments range : ranges) {
      long length = range.to() - range.from();
      views.add(
          new AdamWRange(
              values.slice(0, range.from(), range.to()),
              slopes.slice(0, range.from(), range.to()),
              moments.slice(0, range.expAvg(), range.expAvg() + length),
              moments.slice(0, range.expAvgSq(), range.expAvgSq() + length),
              range.decays()));
    }
    return views;
  }

  /** The Euclidean norm of the gradient. */
  public double gradientNorm() {
    return Math.sqrt(device.sumOfSquares(flat(gradients)));
  }

  private Tensor flat(INDArray host) {
    Tensor image = device.residentImageOf(host);
    return image.reshape(image.length());
  }

  /** Nanoseconds that steps spent in each part since the engine was made. */
  public Map<StepPart, Long> nanoseconds() {
    return Map.copyOf(nanoseconds);
  }

  @Override
  public void close() {
    plans.clear();
    device.close();
  }
}

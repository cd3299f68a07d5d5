package io.sparkmae.model.engine;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network's step on a device, over the caller's flat fp32 vectors of parameters and gradients.
 *
 * <p>It works in place on oneDNN, on copies in the GPU's memory else. There {@link #update} leaves
 * the caller's vectors behind until {@link #download}, after which each call takes them over anew.
 * An engine belongs to one thread at a time; engines in several threads do not disturb each other.
 */
public abstract sealed class StepEngine implements AutoCloseable
    permits MaeEngine, ClassifierEngine {

  final Precision precision;
  Device device;
  final EnumMap<StepPart, Long> nanoseconds = new EnumMap<>(StepPart.class);
  private final INDArray params;
  private final INDArray gradients;
  private final Map<String, Slot> slots;
  private INDArray state; // null before the first update
  private List<ToDoubleFunction<AdamWRates>> adamW; // on that state, one for each group
  private boolean ahead; // of the caller's vectors
  private Tensor sum; // of the gradients of parts; null before a step in parts
  private Profile profile; // null unless asked for

  /** Where a parameter is in the flat vector. */
  public record Slot(long offset, long[] shape) {}

  /**
   * The parameters [from, to) and where their moments begin in the updater's state.
   *
   * @param decays whether weight decay applies
   */
  public record Moments(long from, long to, long expAvg, long expAvgSq, boolean decays) {}

  /**
   * Makes an engine over flat fp32 vectors.
   *
   * @param gradients null for an engine that does not train
   * @param slots name in the reference → place in both vectors
   * @throws IllegalArgumentException if this machine cannot run it, with the reason
   */
  StepEngine(
      Engine engine,
      int gpu,
      Precision precision,
      INDArray params,
      INDArray gradients,
      Map<String, Slot> slots) {
    this.precision = precision;
    this.device = Engines.device(engine, gpu, precision);
    this.params = params;
    this.gradients = gradients;
    this.slots = slots;
  }

  /**
   * Adds a part's gradients to the sum of the step; the last sum goes where the gradients of a step
   * at once are.
   */
  final void addGradients(double share, boolean first, boolean last) {
    long start = System.nanoTime();
    Tensor flat = flat(gradients);
    if (sum == null) {
      sum = device.allocateResident(Type.F32, flat.length());
    }
    device.addShare(share, flat, first ? null : sum, last ? flat : sum);
    nanoseconds.merge(StepPart.OPTIMISER, System.nanoTime() - start, Long::sum);
  }

  /** Makes the device work on the caller's vectors as they are now. */
  final void takeOver() {
    if (!ahead) {
      device.upload(params);
      if (state != null) {
        device.upload(state);
      }
    }
  }

  /** Brings the caller's parameters and moments up to date. */
  public final void download() {
    if (ahead) {
      device.download(params);
      device.download(state);
      ahead = false;
    }
  }

  /** Brings the caller's gradients up to date with the last step. */
  public final void downloadGradients() {
    device.download(gradients);
  }

  /** Returns the parameters on the device, by name. */
  final Map<String, Tensor> values() {
    return views(flat(params));
  }

  /** Returns the gradients on the device, by name. */
  final Map<String, Tensor> gradients() {
    return views(flat(gradients));
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
   * One step of AdamW on the flat vector, with moments in the caller's state.
   *
   * @param groups ranges of equal rates; they do not change from call to call
   * @param rates of each group
   * @return the Euclidean norm of the gradient of all groups
   */
  public final double update(INDArray moments, List<List<Moments>> groups, List<AdamWRates> rates) {
    long start = System.nanoTime();
    if (state != moments) {
      state = moments;
      adamW = groups.stream().map(ranges -> device.adamW(views(ranges))).toList();
    }
    double squares = 0;
    for (int group = 0; group < rates.size(); group++) {
      squares += adamW.get(group).applyAsDouble(rates.get(group));
    }
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

  /** Returns the Euclidean norm of the gradient. */
  public final double gradientNorm() {
    return Math.sqrt(device.sumOfSquares(flat(gradients)));
  }

  private Tensor flat(INDArray host) {
    Tensor image = device.residentImageOf(host);
    return image.reshape(image.length());
  }

  /**
   * Measures each operation from now on; to be called before the first step, on oneDNN alone: a
   * GPU's recorded steps cannot be interrupted.
   */
  public final void measureOperations() {
    profile = new Profile(device);
    device = profile.measured();
  }

  /** Nanoseconds that each operation took since {@link #measureOperations}; empty without it. */
  public final Map<String, Long> operations() {
    return profile == null ? Map.of() : profile.nanoseconds();
  }

  /** Nanoseconds that steps spent in each part since the engine was made. */
  public final Map<StepPart, Long> nanoseconds() {
    return Map.copyOf(nanoseconds);
  }

  @Override
  public void close() {
    device.close();
  }
}

package io.sparkmae.model.engine.device;

import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A device that computes steps: its memory, and the operations of a masked autoencoder.
 *
 * <p>The operations compute nothing yet: each returns work that is bound to its tensors, and a plan
 * runs such work in order, any number of times. A device may run it asynchronously if {@link
 * #download} and {@link #await} wait for it. Only the device accesses the memory of a tensor. The
 * operations of a classifier have defaults that throw: only the processor has them.
 *
 * <p>Matrices are [rows, columns]; a {@code linear} weight is [out, in] as in the reference.
 */
public interface Device extends AutoCloseable {

  /**
   * Opens a plan. Memory and work requested from now on belong to it, until the next plan is
   * opened. Running the result frees them; do not use them afterwards.
   */
  Runnable openPlan();

  /**
   * Opens a plan that uses the memory of another; empty where the device cannot do that. The two
   * are run in turn, and the other is freed last.
   *
   * @param larger what {@link #openPlan} returned for it
   */
  default Optional<Runnable> openPlanWithin(Runnable larger) {
    return Optional.empty();
  }

  /**
   * Allocates memory of the open plan. Its content is undefined at the start of each run: another
   * plan may have been there.
   */
  Tensor allocate(Type type, long... shape);

  /**
   * Allocates memory filled with zeros that belongs to no plan and stays until the device is
   * closed.
   */
  Tensor allocateResident(Type type, long... shape);

  /**
   * Returns the device's image of a row-major host array: the same memory if the device can access
   * it. The array must outlive the device.
   */
  Tensor imageOf(INDArray host);

  /**
   * Returns the device's image of a row-major host array, as {@link #imageOf}, but it belongs to no
   * plan and stays until the device is closed.
   */
  Tensor residentImageOf(INDArray host);

  /** Copies {@code host} to its image. */
  void upload(INDArray host);

  /** Returns a feed that copies {@code hosts} to their images while work runs. */
  Feed feed(List<INDArray> hosts);

  /** Waits for all work so far, then copies the image of {@code host} back to it. */
  void download(INDArray host);

  /** Waits until all work so far is done. */
  void await();

  /** Returns work for y = x·Wᵀ + bias + addend; the addend may be null. */
  Runnable linear(Tensor x, Tensor weight, Tensor bias, Tensor addend, Tensor y);

  /** Returns work for dx = dy·W. */
  Runnable linearInputGradient(Tensor dy, Tensor weight, Tensor dx);

  /** Returns work for dWeight = dyᵀ·x and dBias[column] = Σ dy[row, column]. */
  Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight, Tensor dBias);

  /** Returns work for y[column] = Σ x[row, column]. */
  Runnable sumRows(Tensor x, Tensor y);

  /**
   * Returns work that gathers patches of each image, at places [first, first + count) of its order,
   * into to [N·count, P].
   *
   * @param pixels [N, L, P], inside a patch row, column, channel; normalised numbers, or bytes
   * @param levels [channels, 256], the model's number for each byte of a channel
   * @param order [N, L], the tokens of each image
   * @param turned whether the result has channel, row, column inside a patch
   */
  Runnable patches(
      Tensor pixels, Tensor levels, Tensor order, long first, boolean turned, Tensor to);

  /**
   * Returns work for x = the tokens of each image plus their positions: the class token, whose
   * position is row 0, then the patches in the image's order.
   *
   * @param known [N, count, D], the tokens [first, first + count)
   * @param filler [D], used for all other tokens
   * @param positions [L + 1, D]
   * @param order [N, L]
   * @param x [N, T, D], where T is at most L + 1
   */
  Runnable tokens(
      Tensor known, long first, Tensor filler, Tensor positions, Tensor order, Tensor x);

  /**
   * Returns work that normalises the rows of x and applies weight and bias.
   *
   * @param statistics [2, rows], kept for the gradient: means and variances
   */
  Runnable layerNorm(Tensor x, Affine layer, double eps, Tensor statistics, Tensor y);

  /** Returns work for the gradient of {@link #layerNorm}. */
  Runnable layerNormGradient(
      Tensor x, Affine layer, double eps, Tensor statistics, Tensor dy, StreamGradient dx);

  /**
   * Returns type and shape of the state that {@link #attention} keeps for its gradient; the result
   * has no memory.
   */
  Tensor attentionState(Tensor q, Tensor k);

  /**
   * Returns work for attended = softmax(q·kᵀ / √W)·v for each head. All are [N, H, tokens, W], of
   * any strides.
   *
   * @param state memory of the type and shape of {@link #attentionState}
   */
  Runnable attention(Tensor q, Tensor k, Tensor v, Tensor state, Tensor attended);

  /** Returns work for the gradient of {@link #attention}; k and v must have the same strides. */
  Runnable attentionGradient(
      Activation q, Activation k, Activation v, Tensor state, Activation attended);

  /** Returns work for y = the exact GELU of x, x/2 · (1 + erf(x/√2)). */
  Runnable gelu(Tensor x, Tensor y);

  /** Returns work for the gradient of {@link #gelu}; dx may be dy. */
  Runnable geluGradient(Tensor x, Tensor dy, Tensor dx);

  /** Returns work for to = from, in to's type; any strides. */
  Runnable copy(Tensor from, Tensor to);

  /** Returns work for to = to + from, in to's type; any strides. */
  Runnable accumulate(Tensor from, Tensor to);

  /**
   * Returns work for loss = the mean of (prediction − target)² over the first rows, and its
   * gradient, which is 0 in the other rows.
   *
   * @param counted [1], how many rows count, at least one
   */
  Runnable squaredError(
      Tensor prediction, Tensor target, Tensor counted, Tensor loss, Tensor dPrediction);

  /**
   * Returns work for y = scale · x + addend, with one scale for all rows of an image.
   *
   * @param scales [N]
   * @param addend may be null, for 0
   */
  default Runnable scaleImages(Tensor x, Tensor scales, Tensor addend, Tensor y) {
    throw noClassifier();
  }

  /**
   * Returns work for y [N, D] = the mean of the tokens [from, to) of each image; x is [N, T, D].
   */
  default Runnable pool(Tensor x, long from, long to, Tensor y) {
    throw noClassifier();
  }

  /** Returns work for the gradient of {@link #pool}: all of dx is overwritten. */
  default Runnable poolGradient(Tensor dy, long from, long to, Tensor dx) {
    throw noClassifier();
  }

  /**
   * Returns work for loss = the mean cross-entropy between targets and the softmax of logits over
   * the first images, and its gradient, which is 0 in the others.
   *
   * @param logits [N, classes]
   * @param targets [N, classes], the weight of each class
   * @param counted [1], how many images count, at least one
   */
  default Runnable crossEntropy(
      Tensor logits, Tensor targets, Tensor counted, Tensor loss, Tensor dLogits) {
    throw noClassifier();
  }

  private static UnsupportedOperationException noClassifier() {
    return new UnsupportedOperationException(
        "Cannot classify on this device: it has no such operations (choose engine onednn)");
  }

  /** Returns work that runs {@code works} in order; the device may speed up repeated runs. */
  TimedWork inOrder(List<Runnable> works);

  /**
   * Computes to = share · from + addend now, after the work so far. A null addend is 0; to may be
   * from or addend. Belongs to no plan.
   */
  void addShare(double share, Tensor from, Tensor addend, Tensor to);

  /**
   * Returns Σ x²; waits for the work so far. At most 256 terms are added in fp32, their sums in
   * fp64.
   */
  double sumOfSquares(Tensor x);

  /**
   * Returns a function that takes one step of AdamW on ranges of the parameters, in one pass. Each
   * call waits for the work so far and returns Σ g² of the gradients before scaling, summed as in
   * {@link #sumOfSquares}.
   *
   * <p>The function belongs to no plan: the ranges must come from {@link #residentImageOf}.
   */
  ToDoubleFunction<AdamWRates> adamW(List<AdamWRange> ranges);

  /** Frees everything. Do not use the device and its work afterwards. */
  @Override
  void close();
}

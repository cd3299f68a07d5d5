package io.sparkmae.model.engine.device;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where a step is computed: memory, and the operations of a masked autoencoder.
 *
 * <p>The operations only plan: each returns work that is bound to its tensors, and the plan runs
 * such work in order, any number of times. A device may run it asynchronously, as long as {@link
 * #download} and {@link #await} wait for it. Nothing outside a device touches the memory of a
 * tensor.
 *
 * <p>Matrices are [rows, columns]; a {@code linear} weight is [out, in] as in the reference.
 */
public interface Device extends AutoCloseable {

  /**
   * Opens a plan: memory and work that are asked for from now on belong to it, until the next plan
   * is opened. Running the result frees them; they must not be used again.
   */
  Runnable openPlan();

  /** New memory, filled with zeros. */
  Tensor allocate(Type type, long... shape);

  /** New memory, filled with zeros, that stays until the device is closed. */
  Tensor allocateResident(Type type, long... shape);

  /**
   * The device's image of a row-major host array, which must outlive the device: the same memory if
   * the device can reach it.
   */
  Tensor imageOf(INDArray host);

  /** The same, but no plan's: it stays until the device is closed. */
  Tensor residentImageOf(INDArray host);

  /** Brings the image of {@code host} up to date. */
  void upload(INDArray host);

  /** A way for {@code hosts} to their images that does not hold up the work. */
  Feed feed(List<INDArray> hosts);

  /** Brings {@code host} up to date with its image, when all work so far is done. */
  void download(INDArray host);

  /** Waits until all work so far is done. */
  void await();

  /** y = x·Wᵀ + bias, and + addend unless it is null. */
  Runnable linear(Tensor x, Tensor weight, Tensor bias, Tensor addend, Tensor y);

  /** dx = dy·W. */
  Runnable linearInputGradient(Tensor dy, Tensor weight, Tensor dx);

  /** dWeight = dyᵀ·x; dBias[column] = Σ dy[row, column]. */
  Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight, Tensor dBias);

  /** y[column] = Σ x[row, column]. */
  Runnable sumRows(Tensor x, Tensor y);

  /**
   * to = patches of each image [N·count, P]: those at places [first, first + count) of its order.
   *
   * @param pixels [N, L, P] inside a patch row, column, channel: normalised, or bytes
   * @param levels [channels, 256], the number that a byte of a channel stands for
   * @param order [N, L], the tokens of each image
   * @param turned whether a patch becomes channel, row, column
   */
  Runnable patches(
      Tensor pixels, Tensor levels, Tensor order, long first, boolean turned, Tensor to);

  /**
   * x = tokens of each image, with their positions added: the class token, whose position is row 0,
   * then those of its order.
   *
   * @param known [N, count, D], the tokens [first, first + count)
   * @param filler [D], all others
   * @param positions [L + 1, D]
   * @param order [N, L]
   * @param x [N, T, D], where T is at most L + 1
   */
  Runnable tokens(
      Tensor known, long first, Tensor filler, Tensor positions, Tensor order, Tensor x);

  /**
   * Normalises the rows of x and applies weight and bias.
   *
   * @param statistics [2, rows], kept for the gradient: means and variances
   */
  Runnable layerNorm(Tensor x, Affine layer, double eps, Tensor statistics, Tensor y);

  /** Gradient of {@link #layerNorm}. */
  Runnable layerNormGradient(
      Tensor x, Affine layer, double eps, Tensor statistics, Tensor dy, StreamGradient dx);

  /** What {@link #attention} keeps for its gradient: type and shape, without memory. */
  Tensor attentionState(Tensor q, Tensor k);

  /**
   * attended = softmax(q·kᵀ / √W)·v for each head; all are [N, H, tokens, W], of any strides.
   *
   * @param state memory as {@link #attentionState} says
   */
  Runnable attention(Tensor q, Tensor k, Tensor v, Tensor state, Tensor attended);

  /** Gradient of {@link #attention}; k and v have the same strides. */
  Runnable attentionGradient(
      Activation q, Activation k, Activation v, Tensor state, Activation attended);

  /** The exact GELU, x/2 · (1 + erf(x/√2)). */
  Runnable gelu(Tensor x, Tensor y);

  /** Gradient of {@link #gelu}; dx may be dy. */
  Runnable geluGradient(Tensor x, Tensor dy, Tensor dx);

  /** to = from, in to's type; any strides. */
  Runnable copy(Tensor from, Tensor to);

  /** to = to + from, in to's type; any strides. */
  Runnable accumulate(Tensor from, Tensor to);

  /**
   * loss = mean (prediction − target)² over the first rows, and its gradient, 0 in the other rows.
   *
   * @param counted [1], how many rows count, at least one
   */
  Runnable squaredError(
      Tensor prediction, Tensor target, Tensor counted, Tensor loss, Tensor dPrediction);

  /** Work that runs these in order, and as fast as the device can if it is run again and again. */
  TimedWork inOrder(List<Runnable> works);

  /**
   * Takes to = share · from + addend at once, after the work so far; a null addend is 0, and to may
   * be one of the others. Belongs to no plan.
   */
  void addShare(double share, Tensor from, Tensor addend, Tensor to);

  /** Σ x²; waits for the work so far. At most 256 terms are added in fp32, their sums in fp64. */
  double sumOfSquares(Tensor x);

  /**
   * AdamW on ranges of the parameters: each call waits for the work so far, takes one step in one
   * pass, and returns Σ g² of the gradients as they came, as {@link #sumOfSquares} has it.
   *
   * <p>Belongs to no plan: the ranges are of {@link #residentImageOf}.
   */
  ToDoubleFunction<AdamWRates> adamW(List<AdamWRange> ranges);

  /** Frees everything; the device and its work must not be used again. */
  @Override
  void close();
}

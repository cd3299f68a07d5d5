package io.sparkmae.model.engine;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The plan of a step for one geometry: its memory, and its work in order (He et al. 2021, section
 * 3).
 *
 * <p>Tokens go through both towers in the shuffled order of {@code random_masking}: class token,
 * kept patches, removed patches. Attention does not depend on the order and positions stay with
 * their tokens, so nothing is unshuffled. The loss is on the removed patches alone. These are the
 * last tokens, so the last decoder block computes only their rows. {@link CrossDecoder} has only
 * such rows.
 *
 * <p>N is the batch, V the patches that the encoder sees, L all patches, P the length of a patch, D
 * and E the widths of the towers.
 */
final class Plan {

  private static final String DECODER = "decoder_blocks.";

  private final MaeConfig config;
  private final Purpose task;
  private final long batch;
  private final long visible;
  private final long sequence;
  private final Device device;
  private final Type type;
  private final Tape tape;
  private final Workspace workspace;
  private final Layers layers;
  private final List<Tape.Section> sections;
  private final Inputs inputs;
  private final Tensor pixelValues;
  private final Tensor order;
  private final Tensor levels;
  private final Constants constants;
  private final INDArray loss = Nd4j.createUninitializedDetached(DataType.FLOAT, 1);
  private INDArray latent;
  private INDArray prediction;

  Plan(
      MaeConfig config,
      Purpose task,
      Batch batch,
      Precision precision,
      Device device,
      Map<String, Tensor> values,
      Map<String, Tensor> gradients) {
    this.config = config;
    this.task = task;
    this.batch = batch.images();
    this.device = device;
    visible = task.encodesAll() ? config.tokens() : config.encodedTokens();
    sequence = config.tokens() + 1L;
    type = precision == Precision.BF16 ? Type.BF16 : Type.F32;
    tape = new Tape(task.trains());
    workspace = new Workspace(device, task.trains());
    Weights weights = new Weights(device, type, tape, values, gradients);
    layers = new Layers(device, type, config.layerNormEps(), tape, workspace, weights);
    inputs = new Inputs(config, batch, device);
    pixelValues = device.imageOf(inputs.pixels());
    order = device.imageOf(inputs.order());
    constants = new Constants(device);
    levels = constants.of(Pixels.levels(config.channels()));
    plan();
    sections = tape.sections(device);
  }

  /** Returns whether this plan is for that number of images and their number type. */
  boolean fits(Images images) {
    return images.batch().equals(inputs.batch());
  }

  /** Copies in the images of the next run; see {@link Inputs#fill}. */
  void fill(Images images) {
    inputs.fill(images);
  }

  /** Starts the work on these images, which may still be running when this returns. */
  void run(Images images) {
    if (!inputs.hold(images)) {
      inputs.fill(images);
    }
    inputs.take();
    sections.forEach(section -> section.work().run());
  }

  /** Adds the last run's times to {@code nanoseconds}. */
  void addTimes(EnumMap<StepPart, Long> nanoseconds) {
    for (Tape.Section section : sections) {
      nanoseconds.merge(section.part(), section.work().nanoseconds(), Long::sum);
    }
  }

  private void plan() {
    tape.part(StepPart.ENCODER);
    Activation encoded = encoder();
    if (!task.trains()) {
      latent = fetched(encoded.value());
    }
    if (task == Purpose.ENCODE) {
      return;
    }
    tape.part(StepPart.DECODER);
    if (config.crossDecoder()) {
      crossDecoder(encoded);
    } else {
      decoder(encoded);
    }
  }

  private void decoder(Activation encoded) {
    Tensor d = gradient("d decoder", batch * sequence, config.decoder().embedDim());
    Tensor x = blocks(DECODER).first(config.decoder().depth() - 1, decoderTokens(encoded, d), d);
    if (task.trains()) {
      reconstructRemoved(x, d);
    } else {
      reconstructAll(x);
    }
  }

  /** Plans a decoder of cross-attention: for the predicted patches in training, else for all. */
  private void crossDecoder(Activation encoded) {
    long from = task.trains() ? config.numKeep() : 0;
    long to = task.trains() ? from + config.numPredict() : config.tokens();
    long rows = batch * (to - from);
    Tensor d = gradient("d decoder", rows, config.decoder().embedDim());
    var decoder = new CrossDecoder(config, device, tape, layers, batch, visible + 1, from, to);
    Tensor last = decoder.plan(encoded, order, positions(config.decoder()), d);
    if (task.trains()) {
      loss(last, d, rows);
    } else {
      prediction = fetched(predict(last, null, rows));
    }
  }

  private TransformerBlocks blocks(String prefix) {
    long tokens = prefix.equals(DECODER) ? sequence : visible + 1;
    return new TransformerBlocks(prefix, config, layers, device, tape, batch, tokens);
  }

  /** Plans the encoder: visible patches → latent [N·(V + 1), D]. */
  private Activation encoder() {
    long dim = config.encoder().embedDim();
    Tensor d = gradient("d encoder", batch * (visible + 1), dim);
    PatchTokens patches = new PatchTokens(config, device, tape, layers, batch, visible);
    Tensor tokens =
        patches.plan(pixelValues, levels, order, positions(config.encoder()), hidden(), d);
    Tensor x = blocks("blocks.").first(config.encoder().depth(), tokens, d);
    Activation encoded = layers.activation("encoded", batch * (visible + 1), dim);
    layers.norm(layers.weights().norm("norm"), x, d, true, encoded);
    return encoded;
  }

  /** Returns zeros for the pixels of removed patches in the encoder; null if none are there. */
  private Tensor hidden() {
    long removed = config.tokens() - (long) config.numKeep();
    return task == Purpose.ENCODE || !config.encoderMaskTokens()
        ? null
        : constants.zeros(batch, removed, config.patchLength());
  }

  private Tensor positions(Tower tower) {
    Tensor table = constants.of(config.positions(tower));
    return table.reshape(config.tokens() + 1L, tower.embedDim());
  }

  /**
   * Plans the decoder's input: the latent in the decoder's width, mask tokens for removed patches,
   * positions for all.
   */
  private Tensor decoderTokens(Activation encoded, Tensor d) {
    long dim = config.decoder().embedDim();
    long known = visible + 1;
    Tensor embedded = workspace.scratch("known", Type.F32, batch * known, dim);
    Tensor x = workspace.kept("stream", Type.F32, batch * sequence, dim);
    Tensor dEmbedded = gradient("d known", batch * known, dim);
    layers.linear(layers.weights().linear("decoder_embed"), encoded, null, embedded, dEmbedded);
    Tensor maskToken = layers.weights().value("mask_token");
    Tensor before = embedded.reshape(batch, known, dim);
    Tensor after = x.reshape(batch, sequence, dim);
    tape.forward(device.tokens(before, 0, maskToken, positions(config.decoder()), order, after));
    if (task.trains()) {
      Tensor all = d.reshape(batch, sequence, dim);
      tape.backward(device.copy(all.slice(1, 0, known), dEmbedded.reshape(batch, known, dim)));
      maskTokenGradient(all.slice(1, known, sequence), dim);
    }
    return x;
  }

  private void maskTokenGradient(Tensor dRemoved, long dim) {
    long removed = dRemoved.shape()[1];
    if (removed > 0) {
      Tensor dense = workspace.scratch("d removed", Type.F32, batch * removed, dim);
      tape.backward(
          device.copy(dRemoved, dense.reshape(batch, removed, dim)),
          device.sumRows(dense, layers.weights().gradient("mask_token")));
    }
  }

  /** Plans the last decoder block, norm, prediction and loss, for the removed patches alone. */
  private void reconstructRemoved(Tensor x, Tensor dAll) {
    long dim = config.decoder().embedDim();
    long from = 1L + config.numKeep();
    long rows = batch * (sequence - from);
    Tensor dLast = gradient("d last", rows, dim);
    Tensor last = blocks(DECODER).lastTokens(config.decoder().depth() - 1, from, x, dAll, dLast);
    loss(last, dLast, rows);
  }

  /** Plans norm, prediction and loss of the decoded tokens {@code last} of predicted patches. */
  private void loss(Tensor last, Tensor dLast, long rows) {
    Tensor prediction = predict(last, dLast, rows);
    tape.part(StepPart.LOSS);
    Tensor d = gradient("d pred", rows, config.patchLength());
    Tensor counted = device.imageOf(inputs.predicted());
    tape.forward(device.squaredError(prediction, target(rows), counted, device.imageOf(loss), d));
  }

  private void reconstructAll(Tensor x) {
    Tensor last = blocks(DECODER).block(config.decoder().depth() - 1, x, null);
    prediction = fetched(predict(last, null, batch * sequence));
  }

  private Tensor predict(Tensor x, Tensor d, long rows) {
    Activation normed = layers.activation("decoded", rows, config.decoder().embedDim());
    layers.norm(layers.weights().norm("decoder_norm"), x, d, true, normed);
    Tensor predicted = workspace.kept("prediction", Type.F32, rows, config.patchLength());
    Affine layer = layers.weights().linear("decoder_pred");
    layers.linear(layer, normed, null, predicted, gradient("d pred", rows, config.patchLength()));
    return predicted;
  }

  /**
   * Returns the predicted patches; with normPixLoss each has mean 0 and unbiased variance 1.
   *
   * <p>A layer norm uses the biased variance v·(P − 1)/P; its eps and its weight correct for that.
   */
  private Tensor target(long rows) {
    long length = config.patchLength();
    Tensor target = workspace.scratch("pixels", Type.F32, rows, length);
    tape.forward(device.patches(pixelValues, levels, order, config.numKeep(), false, target));
    if (!config.normPixLoss()) {
      return target;
    }
    double ratio = length / (length - 1.0);
    Affine scaling =
        new Affine(
            constants.filled(1 / Math.sqrt(ratio), length),
            constants.filled(0, length),
            null,
            null);
    Tensor statistics = workspace.scratch("target statistics", Type.F32, 2, rows);
    Tensor normalised = workspace.scratch("target", Type.F32, rows, length);
    tape.forward(device.layerNorm(target, scaling, 1e-6 / ratio, statistics, normalised));
    return normalised;
  }

  /** Returns a host array that receives {@code tensor} after every run. */
  private INDArray fetched(Tensor tensor) {
    INDArray host = Nd4j.createUninitializedDetached(DataType.FLOAT, tensor.shape());
    tape.forward(device.copy(tensor, device.imageOf(host)));
    return host;
  }

  private Tensor gradient(String role, long... shape) {
    return task.trains() ? workspace.scratch(role, Type.F32, shape) : null;
  }

  /** Returns the loss of the last run. */
  double loss() {
    device.download(loss);
    return loss.getDouble(0);
  }

  /** Returns a copy of the latent, [N, V + 1, D]. */
  INDArray latent() {
    device.download(latent);
    return latent.dup().reshape(batch, visible + 1, config.encoder().embedDim());
  }

  /** Returns a copy of the prediction; an image's last L rows are its patches as shuffled. */
  INDArray prediction() {
    device.download(prediction);
    return prediction.dup();
  }
}

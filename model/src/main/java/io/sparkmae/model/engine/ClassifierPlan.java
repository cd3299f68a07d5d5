package io.sparkmae.model.engine;

import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Pooling;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The plan of a classifier's step: all patches through the encoder, pooling, norm, head, loss (He
 * et al. 2021, A.1, "End-to-end fine-tuning").
 *
 * <p>What does not train is planned first, on a tape without gradients and in memory that each
 * block overwrites.
 */
final class ClassifierPlan {

  private final ClassifierConfig classifier;
  private final MaeConfig config;
  private final boolean trains;
  private final int batch;
  private final Device device;
  private final ClassifierInputs inputs;
  private final INDArray loss = Nd4j.createUninitializedDetached(DataType.FLOAT, 1);
  private final Constants constants; // the device uses their memory: keep them referenced
  private final Tensor levels;
  private final Part frozen;
  private final Part trained;
  private final List<Tape.Section> sections = new ArrayList<>();
  private INDArray logits;

  /** Layers of the part that trains, or of the one that does not. */
  private record Part(Tape tape, Workspace workspace, Layers layers) {}

  ClassifierPlan(
      ClassifierConfig classifier,
      boolean trains,
      Batch batch,
      Precision precision,
      Device device,
      Map<String, Tensor> values,
      Map<String, Tensor> gradients) {
    this.classifier = classifier;
    this.config = classifier.encoder();
    this.trains = trains;
    this.batch = batch.images();
    this.device = device;
    Type type = precision == Precision.BF16 ? Type.BF16 : Type.F32;
    frozen = part(false, type, values, Map.of());
    trained = part(trains, type, values, gradients);
    inputs = ClassifierInputs.allocate(classifier, batch);
    constants = new Constants(device);
    levels = constants.of(Pixels.levels(config.channels()));
    plan();
    sections.addAll(frozen.tape.sections(device));
    sections.addAll(trained.tape.sections(device));
  }

  private Part part(
      boolean training, Type type, Map<String, Tensor> values, Map<String, Tensor> gradients) {
    Tape tape = new Tape(training);
    Workspace workspace = new Workspace(device, training);
    Weights weights = new Weights(device, type, tape, values, gradients);
    return new Part(
        tape, workspace, new Layers(device, type, config.layerNormEps(), tape, workspace, weights));
  }

  /** Starts the work on these images, which may still be running when this returns. */
  void run(Examples images) {
    inputs.fill(images, device);
    sections.forEach(section -> section.work().run());
  }

  /** Adds the last run's times to {@code nanoseconds}. */
  void addTimes(EnumMap<StepPart, Long> nanoseconds) {
    for (Tape.Section section : sections) {
      nanoseconds.merge(section.part(), section.work().nanoseconds(), Long::sum);
    }
  }

  private void plan() {
    long dim = config.encoder().embedDim();
    long rows = batch * (config.tokens() + 1L);
    boolean encoderTrains = trains && classifier.trainedBlocks() != 0;
    Tensor d = encoderTrains ? trained.workspace.scratch("d encoder", Type.F32, rows, dim) : null;
    Part embedding = classifier.trainsEmbedding() ? trained : frozen;
    Tensor x = embed(embedding, classifier.trainsEmbedding() ? d : null);
    int first = classifier.frozenBlocks();
    x = blocks(frozen).range(0, first, x, null);
    x = blocks(trained).range(first, config.encoder().depth(), x, d);
    classify(classifier.pooling() == Pooling.ATTENTION ? attend(x, d) : pool(x, d));
  }

  private Tensor embed(Part part, Tensor d) {
    long dim = config.encoder().embedDim();
    long sequence = config.tokens() + 1L;
    Weights weights = part.layers.weights();
    Tensor positions = weights.value("pos_embed").reshape(sequence, dim);
    if (d != null) {
      Tensor gradient = weights.gradient("pos_embed").reshape(sequence * dim);
      part.tape.backward(device.sumRows(d.reshape(batch, sequence * dim), gradient));
    }
    return new PatchTokens(config, device, part.tape, part.layers, batch, config.tokens())
        .plan(image(inputs.pixels()), levels, image(inputs.order()), positions, null, d);
  }

  private TransformerBlocks blocks(Part part) {
    TransformerBlocks blocks =
        new TransformerBlocks(
            "blocks.", config, part.layers, device, part.tape, batch, config.tokens() + 1L);
    if (part.tape.training() && classifier.dropPath() > 0) {
      blocks.scale(image(inputs.scales()));
    }
    return blocks;
  }

  /** Plans the feature of each image, [N, D], and its norm. */
  private Activation pool(Tensor x, Tensor d) {
    long dim = config.encoder().embedDim();
    boolean token = classifier.pooling() == Pooling.CLS;
    long from = token ? 0 : 1;
    long to = token ? 1 : config.tokens() + 1L;
    Part part = classifier.trainsNorm() ? trained : frozen;
    long[] tokens = {batch, config.tokens() + 1L, dim};
    Tensor pooled = part.workspace.kept("pooled", Type.F32, batch, dim);
    part.tape.forward(device.pool(x.reshape(tokens), from, to, pooled));
    Tensor dPooled = null;
    if (d != null) {
      dPooled = part.workspace.scratch("d pooled", Type.F32, batch, dim);
      part.layers.toType(d); // runs after the gradient of the pooling
      part.tape.backward(device.poolGradient(dPooled, from, to, d.reshape(tokens)));
    }
    Activation feature = part.layers.activation("feature", batch, dim);
    part.layers.norm(part.layers.weights().norm(classifier.norm()), pooled, dPooled, true, feature);
    return feature;
  }

  /** Plans the norm of all tokens, and what a trained query finds in them, [N, D]. */
  private Activation attend(Tensor x, Tensor d) {
    Part part = classifier.trainsNorm() ? trained : frozen;
    Activation tokens = part.layers.activation("encoded", x.shape());
    part.layers.norm(part.layers.weights().norm(classifier.norm()), x, d, true, tokens);
    return new AttentionPool(config, device, trained.tape, trained.layers, constants, batch)
        .plan(tokens, image(inputs.order()));
  }

  private void classify(Activation feature) {
    Layers layers = trained.layers;
    Tensor scores = trained.workspace.kept("logits", Type.F32, batch, classifier.classes());
    Tensor d =
        trains
            ? trained.workspace.scratch("d logits", Type.F32, batch, classifier.classes())
            : null;
    layers.linear(layers.weights().linear("head"), feature, null, scores, d);
    if (trains) {
      trained.tape.part(StepPart.LOSS);
      trained.tape.forward(
          device.crossEntropy(
              scores, image(inputs.targets()), image(inputs.counted()), image(loss), d));
    }
    logits = Nd4j.createUninitializedDetached(DataType.FLOAT, scores.shape());
    trained.tape.forward(device.copy(scores, image(logits)));
  }

  private Tensor image(INDArray host) {
    return device.imageOf(host);
  }

  /** Returns the loss of the last run. */
  double loss() {
    device.download(loss);
    return loss.getDouble(0);
  }

  /** Returns a copy of the logits of the last run, [N, classes]. */
  INDArray logits() {
    device.download(logits);
    return logits.dup();
  }
}

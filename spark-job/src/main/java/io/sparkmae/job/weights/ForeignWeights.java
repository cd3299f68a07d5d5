package io.sparkmae.job.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.Json;
import io.sparkmae.model.ReferenceNames;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.PositionGrid;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.config.TrainedPositions;
import io.sparkmae.model.file.BadWeights;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A ViT or masked autoencoder in safetensors files of the reference, timm or Hugging Face: its
 * description now, its tensors when asked for.
 *
 * <p>Nothing in the files is believed. Memory is taken for the tensors that are asked for, in fp32,
 * and never more than the files have bytes for.
 */
public final class ForeignWeights implements Closeable {

  private static final String CONFIG = "config.json";
  private static final String PREPROCESSOR = "preprocessor_config.json";
  private static final String POS_EMBED = "pos_embed";
  private static final String DECODER_POS_EMBED = "decoder_pos_embed";
  private static final List<String> PICKLES = List.of(".pth", ".pt", ".bin", ".ckpt");

  private final String uri;
  private final TensorFiles files;
  private final Pieces pieces;
  private final boolean hasDecoder;
  private final ModelDescription description;

  private ForeignWeights(String uri, TensorFiles files) throws IOException {
    this.uri = uri;
    this.files = files;
    this.pieces = Pieces.of(files.tensors().values());
    JsonNode json = json(files, CONFIG);
    Hints hints = new Hints(json, json(files, PREPROCESSOR));
    Geometry geometry = new Geometry(pieces.shapes(), hints);
    this.hasDecoder = geometry.hasDecoder();
    this.description = describe(geometry, hints);
  }

  /**
   * Returns whether {@code uri} is a safetensors file, an index of shards, or a directory with one,
   * and not a model directory of this job.
   *
   * @throws BadModel if it is a pickle of PyTorch
   */
  public static boolean isAt(String uri, Configuration hadoop) throws IOException {
    Optional<Path> file = TensorFiles.find(uri, hadoop);
    String name = file.map(Path::getName).orElse("").toLowerCase(Locale.ROOT);
    if (PICKLES.stream().anyMatch(name::endsWith)) {
      throw new BadModel(
          "Cannot read %s: it is a pickle of PyTorch, which may run any code (save its state dict with safetensors.torch.save_file)"
              .formatted(uri));
    }
    return file.isPresent();
  }

  /**
   * Opens the model at {@code uri} and checks all but the numbers.
   *
   * @throws BadModel if it is broken, or no model that can be built; the message says why
   */
  public static ForeignWeights open(String uri, Configuration hadoop) throws IOException {
    Optional<Path> file = TensorFiles.find(uri, hadoop);
    if (file.isEmpty()) {
      throw new BadModel("No safetensors file at " + uri + " (name the file or its directory)");
    }
    TensorFiles files = null;
    try {
      files = TensorFiles.open(file.get(), hadoop);
      ForeignWeights foreign = new ForeignWeights(uri, files);
      foreign.tellIgnored(uri);
      return foreign;
    } catch (BadWeights e) {
      close(files);
      throw bad(uri, e);
    } catch (IOException | RuntimeException e) {
      close(files);
      throw e;
    }
  }

  private void tellIgnored(String uri) {
    if (!ignored().isEmpty()) {
      System.err.printf("%s: ignored, being no part of an encoder: %s%n", uri, ignored());
    }
  }

  private static void close(TensorFiles files) throws IOException {
    if (files != null) {
      files.close();
    }
  }

  private static BadModel bad(String uri, BadWeights e) {
    return new BadModel("Cannot use %s: %s".formatted(uri, e.getMessage()), e);
  }

  private static JsonNode json(TensorFiles files, String name) throws IOException {
    if (!files.has(name)) {
      return MissingNode.getInstance();
    }
    byte[] bytes = files.bytes(name);
    try {
      return Json.read(new ByteArrayInputStream(bytes), JsonNode.class);
    } catch (IOException e) { // of the JSON: the bytes are in memory
      throw new BadWeights("its %s is no JSON".formatted(name), e);
    }
  }

  /** Returns the model's name and sizes; trained position tables are a part of them. */
  public ModelDescription description() {
    return description;
  }

  /** Returns whether it can reconstruct, and not only encode. */
  public boolean hasDecoder() {
    return hasDecoder;
  }

  /** Returns the names of a classifier's or pooler's tensors, which are not read. */
  public List<String> ignored() {
    return pieces.ofHead();
  }

  /** Reads the encoder's tensors, by the reference's names and in its order. */
  public Map<String, INDArray> encoder() throws IOException {
    return read(ReferenceNames.encoder(description.config()));
  }

  /** Reads all tensors, by the reference's names and in its order. */
  public Map<String, INDArray> all() throws IOException {
    return hasDecoder ? read(ReferenceNames.all(description.config())) : encoder();
  }

  private Map<String, INDArray> read(Map<String, long[]> shapes) throws IOException {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
        tensors.put(tensor.getKey(), pieces.read(tensor.getKey(), tensor.getValue()));
      }
    } catch (BadWeights e) {
      throw bad(uri, e);
    }
    return tensors;
  }

  private ModelDescription describe(Geometry geometry, Hints hints) throws IOException {
    ModelDescription ours = ModelDescription.in(hints.json()).orElse(null);
    MaeConfig config = ours == null ? geometry.config() : fixed(ours.config());
    pieces.requireAll(hasDecoder ? ReferenceNames.all(config) : ReferenceNames.encoder(config));
    Tower encoder = positioned(config, config.encoder(), POS_EMBED);
    Tower decoder =
        hasDecoder ? positioned(config, config.decoder(), DECODER_POS_EMBED) : config.decoder();
    return new ModelDescription(
        ours == null ? name(config) : ours.name(),
        config.withTowers(encoder, decoder),
        ours == null ? hints.normalisation(config.channels()) : ours.normalisation());
  }

  private static MaeConfig fixed(MaeConfig config) {
    return config.withTowers(
        config.encoder().withPositions(null), config.decoder().withPositions(null));
  }

  private Tower positioned(MaeConfig config, Tower tower, String name) throws IOException {
    INDArray table = pieces.read(name, new long[] {1, config.tokens() + 1L, tower.embedDim()});
    float[] numbers = table.reshape(table.length()).toFloatVector();
    return PositionGrid.isExact(numbers, tower.embedDim(), config.gridSize())
        ? tower
        : tower.withPositions(TrainedPositions.text(numbers));
  }

  private static String name(MaeConfig config) {
    return MaeConfig.presets().stream()
        .filter(name -> MaeConfig.preset(name).encoder().embedDim() == config.encoder().embedDim())
        .findFirst()
        .orElse("mae_vit_base_patch16");
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}

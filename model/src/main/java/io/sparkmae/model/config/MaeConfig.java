package io.sparkmae.model.config;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The geometry of a masked autoencoder and its pre-training task (He et al. 2021, sections 3 and
 * 4).
 *
 * @param imageSize side of the square image in pixels, a multiple of {@code patchSize}
 * @param patchSize side of a patch in pixels
 * @param channels colour channels of a pixel
 * @param encoder tower that sees the kept patches and the class token
 * @param decoder tower that sees all tokens
 * @param mlpRatio hidden width of a block's MLP over its width, 4 in every preset
 * @param layerNormEps 1e-6 in every preset
 * @param maskRatio share of the patches removed, in (0, 1); 0.75 in every preset; at least one is
 *     removed, and one kept
 * @param normPixLoss whether the target is normalised patch by patch
 * @param maskSampling how the removed patches are chosen; random in every preset, and if null
 */
public record MaeConfig(
    @JsonProperty("imageSize") int imageSize,
    @JsonProperty("patchSize") int patchSize,
    @JsonProperty("channels") int channels,
    @JsonProperty("encoder") Tower encoder,
    @JsonProperty("decoder") Tower decoder,
    @JsonProperty("mlpRatio") double mlpRatio,
    @JsonProperty("layerNormEps") double layerNormEps,
    @JsonProperty("maskRatio") double maskRatio,
    @JsonProperty("normPixLoss") boolean normPixLoss,
    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Usual.class)
        @JsonProperty("maskSampling")
        MaskSampling maskSampling)
    implements Serializable {

  private static final Tower DECODER_512 = new Tower(512, 8, 16);
  private static final Map<String, MaeConfig> PRESETS =
      Map.of(
          "mae_vit_tiny_patch16", preset(16, new Tower(192, 12, 3), new Tower(128, 4, 4)),
          "mae_vit_small_patch16", preset(16, new Tower(384, 12, 6), DECODER_512),
          "mae_vit_base_patch16", preset(16, new Tower(768, 12, 12), DECODER_512),
          "mae_vit_large_patch16", preset(16, new Tower(1024, 24, 16), DECODER_512),
          "mae_vit_huge_patch14", preset(14, new Tower(1280, 32, 16), DECODER_512));

  /** Equals the sampling that JSON leaves out. */
  public static final class Usual {
    @Override
    public boolean equals(Object sampling) {
      return sampling == MaskSampling.RANDOM;
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  public MaeConfig {
    maskSampling = maskSampling == null ? MaskSampling.RANDOM : maskSampling;
    require(patchSize > 0, "patchSize", patchSize, "must be at least 1");
    require(channels > 0, "channels", channels, "must be at least 1");
    require(
        imageSize >= patchSize && imageSize % patchSize == 0,
        "imageSize",
        imageSize,
        "must be a multiple of patchSize " + patchSize);
    require(mlpRatio > 0, "mlpRatio", mlpRatio, "must be positive");
    require(layerNormEps > 0, "layerNormEps", layerNormEps, "must be positive");
    require(maskRatio > 0 && maskRatio < 1, "maskRatio", maskRatio, "must be in (0, 1)");
    int tokens = (imageSize / patchSize) * (imageSize / patchSize);
    require(
        numKeep(tokens, maskRatio) > 0,
        "maskRatio",
        maskRatio,
        "must keep at least one of the " + tokens + " patches; lower it");
    // with no removed patch there is no loss
    require(
        numKeep(tokens, maskRatio) < tokens,
        "maskRatio",
        maskRatio,
        "must remove at least one of the " + tokens + " patches; raise it");
    requirePositions(encoder, tokens);
    requirePositions(decoder, tokens);
  }

  /** A model whose masks are random. */
  public MaeConfig(
      int imageSize,
      int patchSize,
      int channels,
      Tower encoder,
      Tower decoder,
      double mlpRatio,
      double layerNormEps,
      double maskRatio,
      boolean normPixLoss) {
    this(
        imageSize,
        patchSize,
        channels,
        encoder,
        decoder,
        mlpRatio,
        layerNormEps,
        maskRatio,
        normPixLoss,
        MaskSampling.RANDOM);
  }

  private static void requirePositions(Tower tower, int tokens) {
    if (tower.positions() != null) {
      int rows = TrainedPositions.read(tower.positions()).length / tower.embedDim();
      require(rows == tokens + 1, "positions", rows + " rows", "must be " + (tokens + 1L));
    }
  }

  /**
   * Returns the geometry of a model of the reference by its name, for 224-pixel images, without
   * {@code normPixLoss}.
   *
   * @throws IllegalArgumentException if there is no such preset; the message names those there are
   */
  public static MaeConfig preset(String name) {
    MaeConfig config = PRESETS.get(name);
    if (config == null) {
      throw new IllegalArgumentException(
          "Unknown model: %s (must be one of %s)".formatted(name, presets()));
    }
    return config;
  }

  /** Returns the names that {@link #preset(String)} accepts, sorted. */
  public static List<String> presets() {
    return PRESETS.keySet().stream().sorted().toList();
  }

  private static MaeConfig preset(int patchSize, Tower encoder, Tower decoder) {
    return new MaeConfig(224, patchSize, 3, encoder, decoder, 4, 1e-6, 0.75, false);
  }

  private static void require(boolean holds, String name, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException("Invalid %s: %s (%s)".formatted(name, value, rule));
    }
  }

  // The reference computes the number of kept patches in double and truncates: 100 at 0.9 keep 9.
  private static int numKeep(int tokens, double maskRatio) {
    return (int) (tokens * (1 - maskRatio));
  }

  /** Returns the number of patches along one side of the image. */
  public int gridSize() {
    return imageSize / patchSize;
  }

  /** Returns L, the number of patches of an image, without the class token. */
  public int tokens() {
    return gridSize() * gridSize();
  }

  /** Returns K, the number of patches that the encoder sees. */
  public int numKeep() {
    return numKeep(tokens(), maskRatio);
  }

  /** Returns P, the number of values in a patch: patchSize · patchSize · channels. */
  public int patchLength() {
    return patchSize * patchSize * channels;
  }

  /** Returns the tower that a vertex belongs to, by the vertex's name in the reference. */
  public Tower towerOf(String name) {
    return name.startsWith("decoder") ? decoder : encoder;
  }

  /**
   * Returns the positions of a tower's tokens, the class token's first, [L + 1, embedDim]
   * row-major: the trained ones if there are any, else the fixed ones.
   */
  public double[] positions(Tower tower) {
    return tower.positions() == null
        ? PositionTable.of(tower.embedDim(), gridSize())
        : TrainedPositions.read(tower.positions());
  }

  /** Returns the hidden width of the MLP in the blocks of {@code tower}. */
  public int hiddenDim(Tower tower) {
    return (int) (tower.embedDim() * mlpRatio);
  }

  public MaeConfig withGeometry(int imageSize, int patchSize, int channels) {
    return new MaeConfig(
        imageSize,
        patchSize,
        channels,
        encoder,
        decoder,
        mlpRatio,
        layerNormEps,
        maskRatio,
        normPixLoss,
        maskSampling);
  }

  /**
   * Returns this model for images of another size: fixed positions are computed anew, trained ones
   * resized.
   */
  public MaeConfig withImageSize(int imageSize) {
    if (imageSize == this.imageSize) {
      return this;
    }
    int grid =
        new MaeConfig(
                imageSize,
                patchSize,
                channels,
                encoder.withPositions(null),
                decoder.withPositions(null),
                mlpRatio,
                layerNormEps,
                maskRatio,
                normPixLoss,
                maskSampling)
            .gridSize(); // checked
    return new MaeConfig(
        imageSize,
        patchSize,
        channels,
        resized(encoder, grid),
        resized(decoder, grid),
        mlpRatio,
        layerNormEps,
        maskRatio,
        normPixLoss,
        maskSampling);
  }

  private Tower resized(Tower tower, int grid) {
    if (tower.positions() == null) {
      return tower;
    }
    float[] table = TrainedPositions.floats(tower.positions());
    return tower.withPositions(
        PositionGrid.isFixed(table, tower.embedDim(), gridSize())
            ? null
            : TrainedPositions.text(
                PositionGrid.resize(table, tower.embedDim(), gridSize(), grid)));
  }

  public MaeConfig withTowers(Tower encoder, Tower decoder) {
    return new MaeConfig(
        imageSize,
        patchSize,
        channels,
        encoder,
        decoder,
        mlpRatio,
        layerNormEps,
        maskRatio,
        normPixLoss,
        maskSampling);
  }

  public MaeConfig withTask(double maskRatio, boolean normPixLoss) {
    return new MaeConfig(
        imageSize,
        patchSize,
        channels,
        encoder,
        decoder,
        mlpRatio,
        layerNormEps,
        maskRatio,
        normPixLoss,
        maskSampling);
  }

  public MaeConfig withMaskSampling(MaskSampling maskSampling) {
    return new MaeConfig(
        imageSize,
        patchSize,
        channels,
        encoder,
        decoder,
        mlpRatio,
        layerNormEps,
        maskRatio,
        normPixLoss,
        maskSampling);
  }
}

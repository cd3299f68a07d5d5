package io.sparkmae.model.config;

import java.io.Serializable;
import java.util.List;
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
 * @param decoder tower that reconstructs
 * @param mlpRatio hidden width of a block's MLP over its width, 4 in every preset
 * @param layerNormEps 1e-6 in every preset
 * @param maskRatio share of the patches removed, in (0, 1); 0.75 in every preset; at least one is
 *     removed, and one kept
 * @param normPixLoss whether the target is normalised patch by patch
 * @param decoderAttention what the decoder's tokens attend to; {@code SELF} in every preset
 * @param predictRatio share of all patches that a decoder of cross-attention predicts in training,
 *     in (0, maskRatio]; 0 for every removed patch. At least one is predicted
 * @param maskSampling how the removed patches are chosen; random in every preset, and if null
 * @param encoderMaskTokens whether the removed patches go through the encoder too, as patches whose
 *     pixels are all 0: the paper's Table 1c; false in every preset
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
    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = DecoderAttention.Usual.class)
        @JsonProperty("decoderAttention")
        DecoderAttention decoderAttention,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonProperty("predictRatio") double predictRatio,
    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = MaskSampling.Usual.class)
        @JsonProperty("maskSampling")
        MaskSampling maskSampling,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonProperty("encoderMaskTokens")
        boolean encoderMaskTokens)
    implements Serializable {

  public MaeConfig {
    decoderAttention = decoderAttention == null ? DecoderAttention.SELF : decoderAttention;
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
    int tokens = (imageSize / patchSize) * (imageSize / patchSize);
    requireMasked(tokens, maskRatio);
    requirePredicted(decoderAttention, predictRatio, maskRatio);
    require(
        !encoderMaskTokens || decoderAttention == DecoderAttention.SELF,
        "encoderMaskTokens",
        true,
        "must be false with a decoder of cross-attention, which looks at visible patches alone");
    requirePositions(encoder, tokens);
    requirePositions(decoder, tokens);
  }

  /** Makes a model whose decoder has self-attention and whose masks are random, as the paper's. */
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
        DecoderAttention.SELF,
        0,
        MaskSampling.RANDOM,
        false);
  }

  private static void requireMasked(int tokens, double maskRatio) {
    require(maskRatio > 0 && maskRatio < 1, "maskRatio", maskRatio, "must be in (0, 1)");
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
  }

  private static void requirePredicted(
      DecoderAttention attention, double predictRatio, double maskRatio) {
    require(
        attention == DecoderAttention.CROSS || predictRatio == 0,
        "predictRatio",
        predictRatio,
        "must be 0 with a decoder of self-attention, which predicts every removed patch; choose decoder-attention cross");
    require(
        predictRatio >= 0 && predictRatio <= maskRatio,
        "predictRatio",
        predictRatio,
        "must be in (0, " + maskRatio + "], the mask ratio, or 0 for every removed patch");
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
    return Presets.of(name);
  }

  /** Returns the names that {@link #preset(String)} accepts, sorted. */
  public static List<String> presets() {
    return Presets.names();
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

  /** Returns the number of patches that go through the encoder when some are removed. */
  public int encodedTokens() {
    return encoderMaskTokens ? tokens() : numKeep();
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

  /** Returns whether the decoder's tokens attend to the visible tokens alone. */
  public boolean crossDecoder() {
    return decoderAttention == DecoderAttention.CROSS;
  }

  /**
   * Returns M, the number of removed patches that training predicts: the first ones after the kept
   * patches in the shuffled order.
   */
  public int numPredict() {
    int removed = tokens() - numKeep();
    return predictRatio == 0
        ? removed
        : (int) Math.max(1, Math.min(removed, Math.round(tokens() * predictRatio)));
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
    return with(imageSize, patchSize, channels, encoder, decoder);
  }

  /**
   * Returns this model for images of another size: fixed positions are computed anew, trained ones
   * resized.
   */
  public MaeConfig withImageSize(int imageSize) {
    if (imageSize == this.imageSize) {
      return this;
    }
    Tower plainEncoder = encoder.withPositions(null);
    Tower plainDecoder = decoder.withPositions(null);
    int grid =
        with(imageSize, patchSize, channels, plainEncoder, plainDecoder).gridSize(); // checked
    return with(
        imageSize,
        patchSize,
        channels,
        encoder.resized(gridSize(), grid),
        decoder.resized(gridSize(), grid));
  }

  public MaeConfig withTowers(Tower encoder, Tower decoder) {
    return with(imageSize, patchSize, channels, encoder, decoder);
  }

  private MaeConfig with(int imageSize, int patchSize, int channels, Tower encoder, Tower decoder) {
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
        decoderAttention,
        predictRatio,
        maskSampling,
        encoderMaskTokens);
  }

  public MaeConfig withTask(double maskRatio, boolean normPixLoss) {
    return with(
        maskRatio, normPixLoss, decoderAttention, predictRatio, maskSampling, encoderMaskTokens);
  }

  /** Returns this model with a decoder of cross-attention; see {@link #predictRatio}. */
  public MaeConfig withCrossDecoder(double predictRatio) {
    return with(
        maskRatio,
        normPixLoss,
        DecoderAttention.CROSS,
        predictRatio,
        maskSampling,
        encoderMaskTokens);
  }

  /** Returns this model with removed patches in its encoder; see {@link #encoderMaskTokens}. */
  public MaeConfig withEncoderMaskTokens() {
    return with(maskRatio, normPixLoss, decoderAttention, predictRatio, maskSampling, true);
  }

  public MaeConfig withMaskSampling(MaskSampling maskSampling) {
    return with(
        maskRatio, normPixLoss, decoderAttention, predictRatio, maskSampling, encoderMaskTokens);
  }

  private MaeConfig with(
      double maskRatio,
      boolean normPixLoss,
      DecoderAttention attention,
      double predictRatio,
      MaskSampling sampling,
      boolean maskTokens) {
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
        attention,
        predictRatio,
        sampling,
        maskTokens);
  }
}

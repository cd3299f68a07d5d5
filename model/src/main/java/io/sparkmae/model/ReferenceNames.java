package io.sparkmae.model;

import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pooling;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The parameters of a masked autoencoder under the names and shapes of the reference's state dict.
 */
public final class ReferenceNames {

  /** The encoder's position table. */
  public static final String POS_EMBED = "pos_embed";

  /** A classifier's last layer. */
  public static final String HEAD = "head";

  /** What all parameters of a classifier's attention pooling are under. */
  public static final String ATTENTION_POOL = "attn_pool";

  static final String DECODER_POS_EMBED = "decoder_pos_embed";

  private ReferenceNames() {}

  /**
   * Returns the names and shapes of all tensors in the state dict's order, the two fixed position
   * tables included; 254 for ViT-B.
   */
  public static Map<String, long[]> all(MaeConfig config) {
    int dim = config.encoder().embedDim();
    int decoderDim = config.decoder().embedDim();
    int sequence = config.tokens() + 1;
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("cls_token", shape(1, 1, dim));
    shapes.put(POS_EMBED, shape(1, sequence, dim));
    shapes.put("mask_token", shape(1, 1, decoderDim));
    shapes.put(DECODER_POS_EMBED, shape(1, sequence, decoderDim));
    shapes.put(
        "patch_embed.proj.weight",
        shape(dim, config.channels(), config.patchSize(), config.patchSize()));
    shapes.put("patch_embed.proj.bias", shape(dim));
    blocks(shapes, "blocks.", config);
    affine(shapes, "norm", shape(dim));
    affine(shapes, "decoder_embed", shape(decoderDim, dim));
    blocks(shapes, "decoder_blocks.", config);
    affine(shapes, "decoder_norm", shape(decoderDim));
    affine(shapes, "decoder_pred", shape(config.patchLength(), decoderDim));
    return shapes;
  }

  /**
   * Returns the names and shapes of the encoder's tensors, as released for fine-tuning; 150 for
   * ViT-B.
   */
  public static Map<String, long[]> encoder(MaeConfig config) {
    Map<String, long[]> shapes = all(config);
    shapes.keySet().removeIf(name -> name.startsWith("decoder") || name.equals("mask_token"));
    return shapes;
  }

  /**
   * Returns the names and shapes of a classifier's parameters, as timm has them; the positions are
   * one of them.
   */
  public static Map<String, long[]> classifier(ClassifierConfig config) {
    int dim = config.encoder().encoder().embedDim();
    Map<String, long[]> shapes = encoder(config.encoder());
    shapes.keySet().removeIf(name -> name.startsWith("norm."));
    affine(shapes, config.norm(), shape(dim));
    if (config.pooling() == Pooling.ATTENTION) {
      attentionPool(shapes, config.encoder());
    }
    affine(shapes, HEAD, shape(config.classes(), dim));
    return shapes;
  }

  private static void attentionPool(Map<String, long[]> shapes, MaeConfig config) {
    int dim = config.encoder().embedDim();
    int hidden = config.hiddenDim(config.encoder());
    shapes.put(ATTENTION_POOL + ".latent", shape(1, 1, dim));
    affine(shapes, ATTENTION_POOL + ".q", shape(dim, dim));
    affine(shapes, ATTENTION_POOL + ".kv", shape(2L * dim, dim));
    affine(shapes, ATTENTION_POOL + ".proj", shape(dim, dim));
    affine(shapes, ATTENTION_POOL + ".norm", shape(dim));
    affine(shapes, ATTENTION_POOL + ".mlp.fc1", shape(hidden, dim));
    affine(shapes, ATTENTION_POOL + ".mlp.fc2", shape(dim, hidden));
  }

  /** Returns whether a tensor is a fixed position table and not a parameter. */
  public static boolean isFixed(String name) {
    return name.equals(POS_EMBED) || name.equals(DECODER_POS_EMBED);
  }

  /**
   * Returns the names and shapes of the parameters of block {@code prefix}, for example {@code
   * blocks.0}, in the state dict's order. A decoder's block of cross-attention, which the reference
   * does not have, has queries and keys with values apart.
   */
  static Map<String, long[]> block(String prefix, MaeConfig config) {
    int dim = config.towerOf(prefix).embedDim();
    int hidden = config.hiddenDim(config.towerOf(prefix));
    Map<String, long[]> shapes = new LinkedHashMap<>();
    affine(shapes, prefix + ".norm1", shape(dim));
    if (config.crossDecoder() && prefix.startsWith("decoder")) {
      affine(shapes, prefix + ".cross_attn.q", shape(dim, dim));
      affine(shapes, prefix + ".cross_attn.kv", shape(2L * dim, dim));
      affine(shapes, prefix + ".cross_attn.proj", shape(dim, dim));
    } else {
      affine(shapes, prefix + ".attn.qkv", shape(3L * dim, dim));
      affine(shapes, prefix + ".attn.proj", shape(dim, dim));
    }
    affine(shapes, prefix + ".norm2", shape(dim));
    affine(shapes, prefix + ".mlp.fc1", shape(hidden, dim));
    affine(shapes, prefix + ".mlp.fc2", shape(dim, hidden));
    return shapes;
  }

  private static void blocks(Map<String, long[]> shapes, String prefix, MaeConfig config) {
    for (int block = 0; block < config.towerOf(prefix).depth(); block++) {
      shapes.putAll(block(prefix + block, config));
    }
  }

  private static void affine(Map<String, long[]> shapes, String name, long[] weight) {
    shapes.put(name + ".weight", weight);
    shapes.put(name + ".bias", shape(weight[0]));
  }

  private static long[] shape(long... lengths) {
    return lengths;
  }
}

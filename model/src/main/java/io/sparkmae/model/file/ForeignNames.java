package io.sparkmae.model.file;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names that the reference, timm and Hugging Face's ViT and ViTMAE give to one and the same
 * tensor.
 *
 * <p>transformers renamed its blocks in version 5 and maps older names while it loads; 5.17 writes
 * the decoder's blocks as {@code decoder.decoder_encoder.layer}. All of these are read.
 */
public final class ForeignNames {

  private static final String NUMBER = "(0|[1-9]\\d{0,3})";
  private static final Pattern BLOCK =
      Pattern.compile(
          "(?:(?:vit\\.)?(?:encoder\\.layer|layers)|blocks)\\." + NUMBER + "\\.(.+)\\.(\\w+)");
  private static final Pattern DECODER_BLOCK =
      Pattern.compile(
          "(?:decoder\\.(?:decoder_layers|decoder_encoder\\.layer)|decoder_blocks)\\."
              + NUMBER
              + "\\.(.+)\\.(\\w+)");
  private static final Pattern HEAD =
      Pattern.compile(
          "(?:head|head_dist|classifier|fc_norm|attn_pool|(?:vit\\.)?pooler)\\..*|(?:vit\\.)?embeddings\\.mask_token");

  private static final Map<String, String> WHOLE =
      Map.ofEntries(
          Map.entry("embeddings.cls_token", "cls_token"),
          Map.entry("embeddings.position_embeddings", "pos_embed"),
          Map.entry("embeddings.patch_embeddings.projection", "patch_embed.proj"),
          Map.entry("layernorm", "norm"),
          Map.entry("decoder.mask_token", "mask_token"),
          Map.entry("decoder.decoder_pos_embed", "decoder_pos_embed"),
          Map.entry("decoder.decoder_embed", "decoder_embed"),
          Map.entry("decoder.decoder_norm", "decoder_norm"),
          Map.entry("decoder.decoder_pred", "decoder_pred"));
  private static final List<String> REFERENCE =
      List.of(
          "cls_token",
          "pos_embed",
          "mask_token",
          "decoder_pos_embed",
          "patch_embed.proj",
          "norm",
          "decoder_embed",
          "decoder_norm",
          "decoder_pred");
  private static final List<String> REFERENCE_IN_BLOCK =
      List.of("norm1", "norm2", "attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2");
  private static final Map<String, String> IN_BLOCK =
      Map.of(
          "layernorm_before", "norm1",
          "layernorm_after", "norm2",
          "attention.output.dense", "attn.proj",
          "attention.o_proj", "attn.proj",
          "intermediate.dense", "mlp.fc1",
          "output.dense", "mlp.fc2");
  private static final Map<String, Integer> QKV =
      Map.of(
          "attention.attention.query", 0,
          "attention.attention.key", 1,
          "attention.attention.value", 2,
          "attention.q_proj", 0,
          "attention.k_proj", 1,
          "attention.v_proj", 2);

  private ForeignNames() {}

  /**
   * The place of a tensor in the reference's state dict.
   *
   * @param name the reference's
   * @param part number of the part along the first axis
   * @param parts equal parts of the reference's tensor: 3 for query, key and value, else 1
   */
  public record Place(String name, int part, int parts) {}

  /** Returns whether a tensor belongs to a classifier or pooler on top of an encoder. */
  public static boolean isOfHead(String name) {
    return HEAD.matcher(name).matches();
  }

  /** Returns the place of the tensor that others call {@code name}; empty if it has none. */
  public static Optional<Place> place(String name) {
    Matcher block = BLOCK.matcher(name);
    if (block.matches()) {
      return inBlock("blocks.", block);
    }
    Matcher decoderBlock = DECODER_BLOCK.matcher(name);
    if (decoderBlock.matches()) {
      return inBlock("decoder_blocks.", decoderBlock);
    }
    return whole(name).map(whole -> new Place(whole, 0, 1));
  }

  private static Optional<Place> inBlock(String blocks, Matcher name) {
    String prefix = blocks + name.group(1) + ".";
    String module = name.group(2);
    String end = "." + name.group(3);
    if (QKV.containsKey(module)) {
      return Optional.of(new Place(prefix + "attn.qkv" + end, QKV.get(module), QKV.size() / 2));
    }
    String reference = IN_BLOCK.getOrDefault(module, module);
    return REFERENCE_IN_BLOCK.contains(reference)
        ? Optional.of(new Place(prefix + reference + end, 0, 1))
        : Optional.empty();
  }

  private static Optional<String> whole(String name) {
    String bare = name.startsWith("vit.") ? name.substring("vit.".length()) : name;
    int dot = name.endsWith(".weight") || name.endsWith(".bias") ? bare.lastIndexOf('.') : -1;
    String module = dot < 0 ? bare : bare.substring(0, dot);
    String end = dot < 0 ? "" : bare.substring(dot);
    if (WHOLE.containsKey(module)) {
      return Optional.of(WHOLE.get(module) + end);
    }
    return REFERENCE.contains(module) ? Optional.of(module + end) : Optional.empty();
  }
}

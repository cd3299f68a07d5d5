package io.sparkmae.model.file;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The names that Hugging Face's ViTMAE gives to the reference's tensors; qkv is stored as query,
 * key and value.
 */
public final class HuggingFaceNames {

  private static final List<String> QKV = List.of("query", "key", "value");

  // Whole names first, then the parts of a block; the first that matches is replaced.
  private static final Map<String, String> WHOLE =
      Map.of(
          "cls_token", "vit.embeddings.cls_token",
          "pos_embed", "vit.embeddings.position_embeddings",
          "patch_embed.proj", "vit.embeddings.patch_embeddings.projection",
          "norm", "vit.layernorm",
          "head", "classifier",
          "mask_token", "decoder.mask_token",
          "decoder_pos_embed", "decoder.decoder_pos_embed",
          "decoder_embed", "decoder.decoder_embed",
          "decoder_norm", "decoder.decoder_norm",
          "decoder_pred", "decoder.decoder_pred");
  private static final Map<String, String> IN_BLOCK =
      Map.of(
          "norm1", "layernorm_before",
          "norm2", "layernorm_after",
          "attn.proj", "attention.output.dense",
          "mlp.fc1", "intermediate.dense",
          "mlp.fc2", "output.dense");

  private HuggingFaceNames() {}

  /**
   * Returns {@code weights} under the names that {@code ViTMAEForPreTraining} loads; those of an
   * encoder are the names of {@code ViTMAEModel} with the prefix {@code vit.}, those of a
   * classifier the names of {@code ViTForImageClassification}.
   */
  public static Map<String, INDArray> fromReference(Map<String, INDArray> weights) {
    Map<String, INDArray> renamed = new LinkedHashMap<>();
    weights.forEach((name, tensor) -> put(renamed, name, tensor));
    return renamed;
  }

  private static void put(Map<String, INDArray> renamed, String name, INDArray tensor) {
    if (!name.contains("blocks.")) {
      renamed.put(wholeName(name), tensor);
      return;
    }
    String[] parts = name.split("\\.", 3); // blocks, number, the rest
    boolean decodes = parts[0].startsWith("decoder");
    String layer = (decodes ? "decoder.decoder_layers." : "vit.encoder.layer.") + parts[1] + ".";
    int dot = parts[2].lastIndexOf('.');
    String module = parts[2].substring(0, dot);
    String kind = parts[2].substring(dot);
    if (!module.equals("attn.qkv")) {
      renamed.put(layer + IN_BLOCK.get(module) + kind, tensor);
      return;
    }
    for (int third = 0; third < QKV.size(); third++) {
      renamed.put(layer + "attention.attention." + QKV.get(third) + kind, third(tensor, third));
    }
  }

  private static String wholeName(String name) {
    if (WHOLE.containsKey(name)) {
      return WHOLE.get(name);
    }
    int dot = name.lastIndexOf('.');
    return WHOLE.get(name.substring(0, dot)) + name.substring(dot);
  }

  private static INDArray third(INDArray qkv, int third) {
    long rows = qkv.size(0) / 3;
    var range = interval(third * rows, (third + 1) * rows);
    return qkv.rank() == 1 ? qkv.get(range).dup() : qkv.get(range, all()).dup();
  }
}

package io.sparkmae.model;

import io.sparkmae.model.config.ClassifierConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Parameters of a classifier that have one learning rate. It computes nothing: an engine does.
 *
 * <p>Biases, norms, class token and positions do not decay; a pooling's latent query does, as
 * timm's rule has it.
 */
final class ClassifierPart extends MaeVertex {

  static final String EMBEDDING = "embedding";
  private static final long serialVersionUID = 1;

  @JsonProperty private ClassifierConfig classifier;
  @JsonProperty private String part;

  /**
   * Makes the part {@link #EMBEDDING}, a block such as {@code blocks.0}, the norm, the attention
   * pooling or the head.
   */
  ClassifierPart(ClassifierConfig classifier, String part) {
    super(classifier.encoder());
    this.classifier = classifier;
    this.part = part;
  }

  ClassifierPart() {} // for DL4J's JSON

  ClassifierConfig classifier() {
    return classifier;
  }

  /** Returns the names and shapes of the parameters of a part. */
  static Map<String, long[]> shapes(ClassifierConfig classifier, String part) {
    Map<String, long[]> shapes = new LinkedHashMap<>(ReferenceNames.classifier(classifier));
    shapes.keySet().removeIf(name -> !partOf(name).equals(part));
    return shapes;
  }

  private static String partOf(String name) {
    if (name.startsWith("blocks.")) {
      return name.substring(0, name.indexOf('.', "blocks.".length()));
    }
    boolean first = name.equals("cls_token") || name.equals(ReferenceNames.POS_EMBED);
    return first || name.startsWith("patch_embed.")
        ? EMBEDDING
        : name.substring(0, name.indexOf('.'));
  }

  @Override
  public void defineParametersAndInputs(SDVertexParams params) {
    if (part.equals(EMBEDDING)) {
      params.defineInputs("patches", "scales");
    } else {
      params.defineInputs("x");
    }
    shapes(classifier, part)
        .forEach((name, shape) -> declare(params, name, shape, decays(name, shape)));
  }

  private static boolean decays(String name, long[] shape) {
    return shape.length > 1 && !name.equals("cls_token") && !name.equals(ReferenceNames.POS_EMBED);
  }

  @Override
  SDVariable define(SameDiff sd, Map<String, SDVariable> inputs, Map<String, SDVariable> params) {
    throw new UnsupportedOperationException(
        "Cannot compute a classifier by its graph (choose engine onednn)");
  }
}

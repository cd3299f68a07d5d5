package io.sparkmae.job.export;

import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import java.util.LinkedHashMap;
import java.util.Map;

/** The preprocessing of images for the model, as transformers' {@code preprocessor_config.json}. */
final class Preprocessor {

  private static final int BICUBIC = 3; // Pillow's number

  // Of those that crop, the one with nothing else: ViTImageProcessor squeezes images to a square.
  private static final String PROCESSOR = "BitImageProcessor";

  private Preprocessor() {}

  static Map<String, Object> of(ModelDescription model) {
    MaeConfig config = model.config();
    Normalisation normalisation = model.normalisation();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("image_processor_type", PROCESSOR);
    json.put("do_resize", true);
    json.put("size", Map.of("shortest_edge", CentreCrop.shortSide(config.imageSize())));
    json.put("do_center_crop", true);
    json.put("crop_size", Map.of("height", config.imageSize(), "width", config.imageSize()));
    json.put("do_convert_rgb", normalisation.equals(Normalisation.IMAGENET));
    json.put("resample", BICUBIC);
    json.put("do_rescale", true);
    json.put("rescale_factor", 1.0 / normalisation.largest());
    json.put("do_normalize", true);
    json.put("image_mean", normalisation.mean());
    json.put("image_std", normalisation.deviation());
    return json;
  }
}

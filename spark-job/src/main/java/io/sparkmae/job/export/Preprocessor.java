package io.sparkmae.job.export;

import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pixels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The preprocessing of images for the model, as transformers' {@code preprocessor_config.json}. */
final class Preprocessor {

  private static final int BICUBIC = 3; // Pillow's number

  // Of those that crop, the one with nothing else: ViTImageProcessor squeezes images to a square.
  private static final String PROCESSOR = "BitImageProcessor";

  private Preprocessor() {}

  static Map<String, Object> of(MaeConfig config) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("image_processor_type", PROCESSOR);
    json.put("do_resize", true);
    json.put("size", Map.of("shortest_edge", CentreCrop.shortSide(config.imageSize())));
    json.put("do_center_crop", true);
    json.put("crop_size", Map.of("height", config.imageSize(), "width", config.imageSize()));
    json.put("do_convert_rgb", true);
    json.put("resample", BICUBIC);
    json.put("do_rescale", true);
    json.put("rescale_factor", 1 / 255.0);
    json.put("do_normalize", true);
    json.put("image_mean", mean(config));
    json.put("image_std", deviation(config));
    return json;
  }

  static List<Double> mean(MaeConfig config) {
    return channels(config).mapToObj(c -> Pixels.mean(c, config.channels())).toList();
  }

  static List<Double> deviation(MaeConfig config) {
    return channels(config).mapToObj(c -> Pixels.deviation(c, config.channels())).toList();
  }

  private static IntStream channels(MaeConfig config) {
    return IntStream.range(0, config.channels());
  }
}

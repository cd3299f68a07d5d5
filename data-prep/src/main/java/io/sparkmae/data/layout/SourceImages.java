package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.PixelFormat;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** Reads images directly from their source, without preparing them. */
public final class SourceImages {
  private SourceImages() {}

  /**
   * Returns the first images of some inputs, sorted by name.
   *
   * @param uris image files, directories, tar shards or Parquet files, on any Hadoop file system
   * @param layout auto, or the name of one
   * @param limit at most this many
   * @throws BadData if an input does not exist, holds no image, or one of the images has no bytes
   */
  public static List<SourceImage> first(
      List<String> uris, String layout, int limit, Configuration conf) {
    return first(uris, layout, PixelFormat.RGB, limit, conf);
  }

  /**
   * Returns the first images, as {@link #first(List, String, int, Configuration)}, of any pixels.
   */
  public static List<SourceImage> first(
      List<String> uris, String layout, PixelFormat pixels, int limit, Configuration conf) {
    LayoutChoice choice = LayoutChoice.of(layout, Inputs.list(uris, conf), pixels, conf);
    var images = new ArrayList<SourceImage>();
    for (SourceUnit unit : choice.layout().units(choice.inputs())) {
      if (images.size() >= limit) {
        break;
      }
      try (Stream<Sample> samples = unit.read(choice.layout(), conf)) {
        Iterator<Sample> next = samples.filter(sample -> sample.skipped() == 0).iterator();
        while (images.size() < limit && next.hasNext()) {
          images.add(image(next.next()));
        }
      }
    }
    return images;
  }

  private static SourceImage image(Sample sample) {
    if (sample.isReject()) {
      throw new BadData(
          "Cannot read image %s: %s, %s".formatted(sample.key(), sample.reason(), sample.detail()));
    }
    return new SourceImage(sample.key(), sample.bytes(), sample.label());
  }
}

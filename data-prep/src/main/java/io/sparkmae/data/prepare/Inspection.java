package io.sparkmae.data.prepare;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.data.Manifest;
import io.sparkmae.data.PatchReader;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.channels.ChannelHeader;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.storage.ParquetImages;
import io.sparkmae.data.storage.RowGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.apache.hadoop.conf.Configuration;

/**
 * Statistics of a data set: all of its labels, and the sizes of some images.
 *
 * @param rows images
 * @param bytes of the files
 * @param files Parquet files
 * @param rowGroups bytes of the row groups
 * @param images bytes of the images looked at
 * @param width of the images looked at, in pixels
 * @param height of the images looked at, in pixels
 * @param formats of the images looked at: how many of each
 * @param labels how many images have each, -1 for none
 * @param rejects images rejected by {@code prepare}, by reason
 * @param skipped files that {@code prepare} skipped, by rule
 * @param met files and members of shards that {@code prepare} met; null when unknown
 * @param unlabelled images without a label
 * @param mean of each channel over all pixels, 0 to 1; empty when unknown
 * @param deviation of each channel over all pixels, 0 to 1; empty when unknown
 */
public record Inspection(
    long rows,
    long bytes,
    int files,
    Spread rowGroups,
    Spread images,
    Spread width,
    Spread height,
    Map<String, Long> formats,
    Map<Integer, Long> labels,
    Map<String, Long> rejects,
    Map<String, Long> skipped,
    Long met,
    long unlabelled,
    List<Double> mean,
    List<Double> deviation) {

  /** Count, smallest, median and largest of some numbers. */
  record Spread(int count, long least, long median, long most) {
    static <T> Spread of(List<T> things, ToLongFunction<T> number) {
      long[] sorted = things.stream().mapToLong(number).sorted().toArray();
      return sorted.length == 0
          ? new Spread(0, 0, 0, 0)
          : new Spread(
              sorted.length, sorted[0], sorted[sorted.length / 2], sorted[sorted.length - 1]);
    }
  }

  private record Header(String format, int width, int height) {
    static Header of(byte[] bytes, PixelFormat pixels) throws Undecodable {
      if (pixels.equals(PixelFormat.RGB)) {
        EncodedImage image = EncodedImage.of(bytes);
        return new Header(image.format().name(), image.width(), image.height());
      }
      ChannelHeader image = ChannelHeader.of(bytes, pixels.channels());
      return new Header(image.format(), image.width(), image.height());
    }
  }

  /**
   * Inspects a data set.
   *
   * @param sample some of its images
   * @throws BadData if a file cannot be read
   */
  public static Inspection of(PreparedData data, List<SourceImage> sample, Configuration conf) {
    Manifest manifest = data.manifest();
    List<RowGroup> groups = manifest.files().stream().flatMap(f -> f.rowGroups().stream()).toList();
    Map<String, Long> formats = new TreeMap<>();
    List<Header> headers = headers(sample, manifest.pixels(), formats);
    Map<Integer, Long> labels = labels(data, conf);
    return new Inspection(
        manifest.rows(),
        manifest.dataBytes(),
        manifest.files().size(),
        Spread.of(groups, RowGroup::bytes),
        Spread.of(sample, image -> image.bytes().length),
        Spread.of(headers, Header::width),
        Spread.of(headers, Header::height),
        formats,
        labels,
        manifest.rejects(),
        manifest.skipped(),
        manifest.met(),
        labels.getOrDefault(-1, 0L),
        manifest.mean(),
        manifest.deviation());
  }

  /** Returns the headers that can be read, and counts the formats, or reasons why not. */
  private static List<Header> headers(
      List<SourceImage> sample, PixelFormat pixels, Map<String, Long> formats) {
    var headers = new ArrayList<Header>();
    for (SourceImage image : sample) {
      try {
        Header header = Header.of(image.bytes(), pixels);
        headers.add(header);
        formats.merge(header.format, 1L, Long::sum);
      } catch (Undecodable e) {
        formats.merge(e.reason().name(), 1L, Long::sum);
      }
    }
    return headers;
  }

  /**
   * Returns some images from all parts of a data set, each at most once, and the same ones every
   * time.
   */
  public static List<SourceImage> sample(PreparedData data, int count, Configuration conf) {
    EpochPlan plan = EpochPlan.of(data.manifest(), 0, 0);
    try (var reader = new PatchReader(data, conf)) {
      return plan.rows(0, Math.min(count, plan.size())).stream().map(reader::image).toList();
    }
  }

  private static Map<Integer, Long> labels(PreparedData data, Configuration conf) {
    Map<Integer, Long> labels = new TreeMap<>();
    for (int file = 0; file < data.manifest().files().size(); file++) {
      try (var images = new ParquetImages(data.path(file), conf)) {
        for (int label : images.labels()) {
          labels.merge(label, 1L, Long::sum);
        }
      } catch (IOException e) {
        throw new BadData("Cannot read %s: %s".formatted(data.path(file), e.getMessage()), e);
      }
    }
    return Collections.unmodifiableMap(labels);
  }
}

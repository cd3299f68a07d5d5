package io.sparkmae.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.sparkmae.data.channels.ChannelSums;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.storage.RowGroup;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The contents of prepared data: enough to plan an epoch without reading a file.
 *
 * @param formatVersion {@link #FORMAT_VERSION}; any other number is rejected
 * @param rows images in all files
 * @param origin sources and settings of the preparation
 * @param classes class names by label; empty when unknown
 * @param rejects images rejected, by reason
 * @param files in order of name
 * @param mean of each channel over all pixels, as a share of the largest value; empty when unknown
 * @param deviation of each channel over all pixels, as a share of the largest value; empty when
 *     unknown
 * @param skipped files that are no inputs, by rule
 * @param pixels channels and type of all images
 * @param oriented images whose files have an orientation other than upright, turned or not
 * @param met files and members of shards: rows, rejects and skipped ones, together; null when
 *     unknown
 * @param unlabelled rows without a label; null when unknown
 */
public record Manifest(
    int formatVersion,
    long rows,
    Origin origin,
    List<String> classes,
    Map<String, Long> rejects,
    List<DataFile> files,
    List<Double> mean,
    List<Double> deviation,
    // absent where empty: a run recognises its data by the hash of this JSON
    @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Long> skipped,
    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Usual.class) PixelFormat pixels,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) long oriented,
    @JsonInclude(JsonInclude.Include.NON_NULL) Long met,
    @JsonInclude(JsonInclude.Include.NON_NULL) Long unlabelled)
    implements Serializable {
  /** The format this code writes and reads. */
  public static final int FORMAT_VERSION = 1;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  public Manifest {
    classes = List.copyOf(classes);
    rejects = Collections.unmodifiableMap(new TreeMap<>(rejects));
    files = List.copyOf(files);
    skipped = Collections.unmodifiableMap(skipped == null ? Map.of() : new TreeMap<>(skipped));
    mean = mean == null ? List.of() : List.copyOf(mean); // older manifests have none
    deviation = deviation == null ? List.of() : List.copyOf(deviation);
    pixels = pixels == null ? PixelFormat.RGB : pixels;
  }

  /** Equals what a manifest leaves out, so that Jackson does. */
  private static final class Usual {
    @Override
    public boolean equals(Object pixels) {
      return PixelFormat.RGB.equals(pixels);
    }

    @Override
    public int hashCode() {
      return PixelFormat.RGB.hashCode();
    }
  }

  /**
   * The sources and settings of prepared data; the same origin gives the same data.
   *
   * @param inputs as given by the user
   * @param fingerprint SHA-256 of the names and lengths of the input files
   * @param layout name of the layout
   * @param shortSide of shrunk images, in pixels; 0 for original bytes
   * @param quality JPEG quality of shrunk images
   * @param seed of the global shuffle
   * @param options other settings that decide the data
   */
  public record Origin(
      List<String> inputs,
      String fingerprint,
      String layout,
      int shortSide,
      int quality,
      long seed,
      String options)
      implements Serializable {
    public Origin {
      inputs = List.copyOf(inputs);
      options = options == null ? "" : options;
    }

    /** Returns what another preparation does otherwise, in words; empty if it does the same. */
    public List<String> differences(Origin other) {
      var differences = new ArrayList<String>();
      if (!fingerprint.equals(other.fingerprint)) {
        differences.add("other files");
      }
      Object[][] settings = {
        {"layout", layout, other.layout},
        {"shortSide", shortSide, other.shortSide},
        {"quality", quality, other.quality},
        {"seed", seed, other.seed},
        {"options", options, other.options}
      };
      for (Object[] setting : settings) {
        if (!setting[1].equals(setting[2])) {
          differences.add("%s=%s and now %s".formatted(setting));
        }
      }
      return differences;
    }
  }

  /**
   * One Parquet file.
   *
   * @param name path relative to the directory of the data
   * @param bytes length of the file
   * @param sha256 of the file, in hexadecimal; empty for data that {@code prepare} did not write
   * @param rowGroups in order of offset
   */
  public record DataFile(String name, long bytes, String sha256, List<RowGroup> rowGroups)
      implements Serializable {
    public DataFile {
      rowGroups = List.copyOf(rowGroups);
    }

    /** Returns the number of images in this file. */
    long rowCount() {
      return rowGroups.stream().mapToLong(RowGroup::rows).sum();
    }
  }

  /** Makes the manifest of files of RGB images; adds up their rows. */
  public static Manifest of(
      Origin origin,
      List<String> classes,
      Map<String, Long> rejects,
      Map<String, Long> skipped,
      long oriented,
      List<DataFile> files,
      long[] sums) {
    return of(origin, classes, rejects, skipped, oriented, files, PixelFormat.RGB, sums);
  }

  /** Makes the manifest of files; adds up their rows. The sums are {@link ChannelSums}. */
  public static Manifest of(
      Origin origin,
      List<String> classes,
      Map<String, Long> rejects,
      Map<String, Long> skipped,
      long oriented,
      List<DataFile> files,
      PixelFormat pixels,
      long[] sums) {
    long rows = files.stream().mapToLong(DataFile::rowCount).sum();
    return new Manifest(
        FORMAT_VERSION,
        rows,
        origin,
        classes,
        rejects,
        files,
        ChannelSums.mean(sums, pixels),
        ChannelSums.deviation(sums, pixels),
        skipped,
        pixels,
        oriented,
        null,
        null);
  }

  /** Returns this manifest with the counts of a preparation. */
  public Manifest counted(long metFiles, long withoutLabel) {
    return new Manifest(
        formatVersion,
        rows,
        origin,
        classes,
        rejects,
        files,
        mean,
        deviation,
        skipped,
        pixels,
        oriented,
        metFiles,
        withoutLabel);
  }

  /** Returns a sentence on what became of all that the preparation met, for people. */
  public String account() {
    var parts = new ArrayList<String>();
    parts.add(
        unlabelled == null
            ? rows + " rows"
            : "%d rows, %d of them without a label".formatted(rows, unlabelled));
    parts.add("rejects: " + list(rejects));
    parts.add("skipped by rule: " + list(skipped));
    if (met != null) {
      parts.add(met + " files and members met in all");
    }
    return String.join("; ", parts);
  }

  private static String list(Map<String, Long> counts) {
    return counts.isEmpty()
        ? "none"
        : counts.entrySet().stream()
            .map(count -> count.getKey() + " " + count.getValue())
            .collect(Collectors.joining(", "));
  }

  /** Returns the total size of the data files in bytes. */
  public long dataBytes() {
    return files.stream().mapToLong(DataFile::bytes).sum();
  }

  /** Returns this manifest as JSON; {@link #fromJson} reads it back. */
  public String toJson() {
    return write(this) + "\n";
  }

  /**
   * Reads a manifest.
   *
   * @throws BadData if the text is not a manifest, or of another format version
   */
  public static Manifest fromJson(String json) {
    try {
      int version = JSON.readTree(json).path("formatVersion").asInt();
      if (version != FORMAT_VERSION) {
        throw new BadData(
            "Cannot read manifest: format version %d (must be %d; prepare the data again)"
                .formatted(version, FORMAT_VERSION));
      }
      return JSON.readValue(json, Manifest.class);
    } catch (JsonProcessingException e) {
      throw new BadData("Cannot read manifest: it is not the JSON that prepare writes", e);
    }
  }

  private static String write(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Every manifest is JSON", e);
    }
  }
}

package io.sparkmae.data.layout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkmae.data.image.RejectReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;

/**
 * The samples of a range of a WebDataset shard, in order.
 *
 * <p>A sample's key is the member's path up to the first dot of its base name; its members are
 * adjacent, in any order. Members {@code __x__} are metadata. A range has the samples after that of
 * its first header, up to and including that of the next range's first header. So no sample is
 * split, and each is read once.
 */
final class TarSamples implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SourceFile shard;
  private final long end;
  private final Set<String> extensions;
  private final TextLabels labels;
  private final SourceInput in;
  private final TarReader tar;
  private final long start;
  private final List<Sample> skipped = new ArrayList<>(); // and not handed out yet
  private TarReader.Entry entry;
  private boolean ended;

  /** One member of a sample; bytes are null if it is too large or truncated. */
  private record Member(String key, String suffix, long length, byte[] bytes) {
    String extension() {
      return SourceFile.extension(suffix);
    }
  }

  /**
   * Reads a unit whose labels are numbers, or the words that {@code labels} numbers.
   *
   * @param extensions of members that are images
   */
  TarSamples(
      SourceUnit unit, Set<String> extensions, Map<String, Integer> labels, Configuration conf) {
    this.extensions = extensions;
    this.labels = new TextLabels(labels);
    this.shard = unit.file(0);
    this.in = TarReader.open(unit, conf);
    this.end = in.end();
    this.start = unit.start();
    this.tar = new TarReader(in, true);
    advance();
    if (unit.start() > 0) {
      toFirstSample(unit.start());
    }
  }

  private void toFirstSample(long start) {
    while (entry != null && entry.position() < start) {
      advance();
    }
    String before = entry == null ? "" : key(entry.name());
    while (entry != null && key(entry.name()).equals(before)) {
      ended |= entry.position() >= end;
      advance();
    }
    tar.damages(); // the range before this one reports them
  }

  /**
   * Returns the images and rejects of the next sample: at least one, or none at the end of the
   * range.
   */
  List<Sample> next() {
    var samples = new ArrayList<>(rejects());
    while (samples.isEmpty() && entry != null && !ended) {
      List<Member> members = nextMembers();
      List<Sample> rejects = rejects();
      samples.addAll(samples(members, rejects.isEmpty()));
      samples.addAll(rejects);
    }
    samples.addAll(takeSkipped());
    return samples;
  }

  private List<Sample> rejects() {
    return tar.damages().stream()
        .map(damage -> Layout.damaged(shard, damage.position(), damage.detail()))
        .toList();
  }

  private List<Sample> takeSkipped() {
    List<Sample> taken = List.copyOf(skipped);
    skipped.clear();
    return taken;
  }

  private List<Member> nextMembers() {
    String key = key(entry.name());
    var members = new ArrayList<Member>();
    while (entry != null && key(entry.name()).equals(key)) {
      ended |= entry.position() >= end;
      byte[] bytes = entry.size() > Layout.MAX_BYTES ? null : tar.content();
      if (bytes != null || entry.size() > Layout.MAX_BYTES) {
        members.add(new Member(key, entry.name().substring(key.length()), entry.size(), bytes));
      }
      advance();
    }
    return members;
  }

  /** Moves to the next file that is neither metadata nor skipped by a rule. */
  private void advance() {
    do {
      entry = tar.next();
    } while (entry != null && isSkipped(entry));
  }

  private static boolean isMetadata(TarReader.Entry entry) {
    String name = baseName(entry.name());
    return name.matches("__.*__.*")
        && !Layout.IMAGE_EXTENSIONS.contains(SourceFile.extension(name));
  }

  /** A range counts those of its own bytes: it also reads a part of the next range. */
  private boolean isSkipped(TarReader.Entry entry) {
    boolean skips = isMetadata(entry) || SkipRule.of(entry.name()).isPresent();
    if (skips && entry.position() >= start && entry.position() < end) {
      skipped.add(Sample.skipped(entry.name()));
    }
    return skips;
  }

  private static String baseName(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  private static String key(String name) {
    int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
    return dot < 0 ? name : name.substring(0, dot);
  }

  /**
   * Returns the images of a sample; a sample without an image is a reject, unless a member was
   * damaged.
   */
  private List<Sample> samples(List<Member> members, boolean whole) {
    var samples = new ArrayList<Sample>();
    for (Member member : members) {
      if (extensions.contains(member.extension())) {
        samples.add(sample(member, members));
      }
    }
    if (samples.isEmpty() && whole) {
      String key = shard.name() + "/" + members.get(0).key;
      samples.add(Sample.reject(key, RejectReason.NO_BYTES, "no member is an image"));
    }
    return samples;
  }

  private Sample sample(Member image, List<Member> members) {
    String key = shard.name() + "/" + image.key + image.suffix;
    if (image.bytes == null) {
      return Layout.tooLarge(key, image.length);
    }
    return Sample.image(key, image.bytes, number(members));
  }

  /** Returns the sample's label; -1 whatever is wrong with it. */
  private int number(List<Member> members) {
    try {
      return labels.number(label(members));
    } catch (UncheckedIOException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) { // a label costs no image
      return -1;
    }
  }

  /** Returns the labels read so far that are words. */
  Set<String> words() {
    return labels.words();
  }

  /**
   * Returns the text of {@code .cls}, else the "label" of {@code .json}; empty if neither tells.
   */
  private static String label(List<Member> members) {
    for (Member member : members) {
      if (member.suffix.equalsIgnoreCase(".cls") && member.bytes != null) {
        return new String(member.bytes, StandardCharsets.UTF_8).strip();
      }
    }
    for (Member member : members) {
      if (member.suffix.equalsIgnoreCase(".json") && member.bytes != null) {
        return jsonLabel(member.bytes);
      }
    }
    return "";
  }

  private static String jsonLabel(byte[] json) {
    try {
      JsonNode label = JSON.readTree(json).path("label");
      return label.isValueNode() && !label.isNull() ? label.asText().strip() : "";
    } catch (JsonProcessingException e) {
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    in.close();
  }
}

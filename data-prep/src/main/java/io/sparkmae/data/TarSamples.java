package io.sparkmae.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The samples of one WebDataset shard, in order.
 *
 * <p>A sample's key is the member's path up to the first dot of its base name; its members are
 * adjacent, in any order. Members {@code __x__} are metadata.
 */
final class TarSamples implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SourceFile shard;
  private final TarArchiveInputStream tar;
  private TarArchiveEntry entry;
  private boolean started;

  /** One member of a sample; bytes are null when it is too large. */
  private record Member(String key, String suffix, long length, byte[] bytes) {
    String extension() {
      return SourceFile.extension(suffix);
    }
  }

  TarSamples(SourceFile shard, Configuration conf) throws IOException {
    this.shard = shard;
    var path = new Path(shard.uri());
    this.tar = new TarArchiveInputStream(path.getFileSystem(conf).open(path), "UTF-8");
  }

  /**
   * The images and rejects of the next sample; at least one, or none at the end of the shard.
   *
   * @throws BadData if the shard is damaged
   */
  List<Sample> next() {
    try {
      if (!started) {
        started = true;
        advance();
      }
      return entry == null ? List.of() : samples(nextMembers());
    } catch (IOException | IllegalArgumentException e) {
      throw new BadData(
          "Cannot read %s after byte %d: %s"
              .formatted(shard.uri(), tar.getBytesRead(), e.getMessage()),
          e);
    }
  }

  private List<Member> nextMembers() throws IOException {
    String key = key(entry.getName());
    var members = new ArrayList<Member>();
    while (entry != null && key(entry.getName()).equals(key)) {
      long length = entry.getSize();
      byte[] bytes = length > Layout.MAX_BYTES ? null : tar.readNBytes((int) length);
      members.add(new Member(key, entry.getName().substring(key.length()), length, bytes));
      advance();
    }
    return members;
  }

  /** Moves to the next file that is not metadata. */
  private void advance() throws IOException {
    do {
      entry = tar.getNextTarEntry();
    } while (entry != null && (!entry.isFile() || baseName(entry.getName()).matches("__.*__.*")));
  }

  private static String baseName(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  private static String key(String name) {
    int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
    return dot < 0 ? name : name.substring(0, dot);
  }

  private List<Sample> samples(List<Member> members) {
    var samples = new ArrayList<Sample>();
    for (Member member : members) {
      if (Layout.IMAGE_EXTENSIONS.contains(member.extension())) {
        samples.add(sample(member, members));
      }
    }
    if (samples.isEmpty()) {
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
    String label = label(members);
    return label.matches("-1|\\d{1,9}")
        ? Sample.image(key, image.bytes, Integer.parseInt(label))
        : Sample.reject(
            key, RejectReason.BAD_LABEL, "label '%s' is not a number from 0".formatted(label));
  }

  /** What {@code .cls} says, else the "label" of {@code .json}, else -1. */
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
    return "-1";
  }

  private static String jsonLabel(byte[] json) {
    try {
      JsonNode label = JSON.readTree(json).path("label");
      return label.isMissingNode() || label.isNull() ? "-1" : label.asText();
    } catch (JsonProcessingException e) {
      return "not JSON";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      tar.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

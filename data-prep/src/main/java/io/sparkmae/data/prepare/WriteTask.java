package io.sparkmae.data.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.OutputDirectory;
import io.sparkmae.data.channels.ChannelSums;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.layout.SkipRule;
import java.io.IOException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/**
 * The second stage: writes the samples of one part, which arrive in order, and returns {@link
 * Written} as JSON.
 *
 * @param done parts that an earlier run has finished, with their results
 */
record WriteTask(
    String output,
    int parts,
    List<String> classes,
    PixelFormat format,
    Set<Integer> done,
    Broadcast<SerializableConfiguration> conf)
    implements Function2<Integer, Iterator<Tuple2<RowPlace, Sample>>, Iterator<String>> {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The contents of one part.
   *
   * @param files one, or none when no image fell into this part
   * @param rejects by reason
   * @param unlabelled images without a label
   * @param tallies of units of work that fell into this part
   * @param met what they report
   * @param skipped members of shards and samples of another split that they report, by rule
   * @param oriented images that have an orientation other than upright
   * @param pixels {@link ChannelSums} of its images
   */
  record Written(
      List<DataFile> files,
      Map<String, Long> rejects,
      long unlabelled,
      long tallies,
      long met,
      Map<String, Long> skipped,
      long oriented,
      long[] pixels) {
    static Written fromJson(String json) {
      try {
        return JSON.readValue(json, Written.class);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("Every task returns JSON", e);
      }
    }
  }

  @Override
  public Iterator<String> call(Integer part, Iterator<Tuple2<RowPlace, Sample>> samples)
      throws IOException {
    if (done.contains(part)) {
      return Collections.emptyIterator();
    }
    var writer = new Part(part);
    String written = JSON.writeValueAsString(writer.write(samples));
    writer.directory.publish(written, OutputDirectory.doneName(part), writer.attempt);
    return List.of(written).iterator();
  }

  private final class Part {
    private final OutputDirectory directory = new OutputDirectory(output, conf.value().value());
    private final long attempt = TaskContext.get().taskAttemptId();
    private final int part;
    private final Map<String, Long> rejects = new TreeMap<>();
    private final StringBuilder rejectLines = new StringBuilder();
    private final long[] pixels = ChannelSums.none(format);
    private PreparedFile file;
    private String lastKey;
    private final Map<String, Long> skipped = new TreeMap<>();
    private long unlabelled;
    private long tallies;
    private long met;
    private long oriented;

    Part(int part) {
      this.part = part;
    }

    Written write(Iterator<Tuple2<RowPlace, Sample>> samples) throws IOException {
      String name = OutputDirectory.dataName(part, parts);
      Path path = directory.attempt(name, attempt);
      try {
        while (samples.hasNext()) {
          add(samples.next()._2(), path);
        }
        return new Written(
            publishData(name, path),
            publishRejects(),
            unlabelled,
            tallies,
            met,
            skipped,
            oriented,
            pixels);
      } finally {
        if (file != null) {
          file.close();
        }
      }
    }

    private void add(Sample sample, Path path) throws IOException {
      if (sample.isTally()) {
        tally(sample);
      } else if (sample.isReject()) {
        reject(sample);
      } else if (sample.key().equals(lastKey)) {
        reject(
            Sample.reject(sample.key(), RejectReason.DUPLICATE_KEY, "another image has this key"));
      } else {
        if (file == null) {
          file = new PreparedFile(path, classes, conf.value().value());
        }
        image(sample);
      }
    }

    private void image(Sample sample) throws IOException {
      try {
        file.add(sample);
      } catch (RuntimeException | StackOverflowError e) {
        reject(Sample.reject(sample.key(), RejectReason.CORRUPT, "it cannot be written, " + e));
        return;
      }
      PixelSums.add(pixels, sample.pixels());
      lastKey = sample.key();
      unlabelled += sample.label() < 0 ? 1 : 0;
      oriented += sample.isOriented() ? 1 : 0;
      file.flush();
    }

    private void tally(Sample tally) {
      tallies++;
      met += tally.met();
      count(SkipRule.MEMBERS, tally.skipped());
      count(SkipRule.SPLIT, tally.split());
    }

    private void count(SkipRule rule, long count) {
      if (count > 0) {
        skipped.merge(rule.name(), count, Long::sum);
      }
    }

    private void reject(Sample sample) {
      rejects.merge(sample.reason().name(), 1L, Long::sum);
      ObjectNode line = JSON.createObjectNode();
      line.put("key", sample.key());
      line.put("reason", sample.reason().name());
      line.put("detail", sample.detail());
      rejectLines.append(line).append('\n');
    }

    private List<DataFile> publishData(String name, Path path) throws IOException {
      if (file == null) {
        return List.of();
      }
      DataFile data = file.finish(name);
      directory.publish(path, name);
      return List.of(data);
    }

    private Map<String, Long> publishRejects() throws IOException {
      if (!rejects.isEmpty()) {
        directory.publish(
            rejectLines.toString(), OutputDirectory.rejectsName(part, parts), attempt);
      }
      return rejects;
    }
  }
}

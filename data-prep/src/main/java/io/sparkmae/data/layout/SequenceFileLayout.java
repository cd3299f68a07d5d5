package io.sparkmae.data.layout;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Hadoop sequence files, read in ranges: {@code Text, BytesWritable} with an encoded image, or
 * BigDL's {@code Text, Text} with raw pixels. See {@link SequenceSamples}.
 *
 * @param labels number of each label that is a word
 */
record SequenceFileLayout(Map<String, Integer> labels) implements Layout {
  static final String NAME = "sequencefile";

  private static final long serialVersionUID = 1L;

  SequenceFileLayout() {
    this(Map.of());
  }

  @Override
  public Layout withClasses(List<String> classes) {
    return new SequenceFileLayout(TextLabels.numbers(classes));
  }

  @Override
  public Set<String> words(SourceUnit unit, int most, Configuration conf) {
    if (unit.isMissing()) {
      return Set.of();
    }
    try (var samples = new SequenceSamples(unit, labels, conf)) {
      for (int sample = 0; sample < most && samples.next() != null; sample++) {}
      return samples.words();
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(SourceFile file) {
    return file.extension().equals("seq");
  }

  /**
   * Returns whether the bytes begin with the magic of a sequence file; a version byte follows it.
   */
  @Override
  public boolean recognises(byte[] head) {
    return head.length > 3 && head[0] == 'S' && head[1] == 'E' && head[2] == 'Q' && head[3] <= 6;
  }

  /** Reads the names from {@code classes.json} beside the files. */
  @Override
  public List<String> classes(Inputs inputs, Configuration conf) {
    Path beside = new Path(inputs.files().get(0).uri()).getParent();
    return ClassNames.read(new Path(beside, ClassNames.FILE), conf).orElse(List.of());
  }

  @Override
  public Stream<Sample> read(SourceUnit unit, Configuration conf) {
    var samples = new SequenceSamples(unit, labels, conf);
    return Stream.generate(samples::next)
        .takeWhile(sample -> sample != null)
        .onClose(samples::close);
  }
}

package io.sparkmae.data.layout;

import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Hadoop sequence files, read in ranges: {@code Text, BytesWritable} with an encoded image, or
 * BigDL's {@code Text, Text} with raw pixels. See {@link SequenceSamples}.
 */
record SequenceFileLayout() implements Layout {
  static final String NAME = "sequencefile";

  private static final long serialVersionUID = 1L;

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
    var samples = new SequenceSamples(unit, conf);
    return Stream.generate(samples::next)
        .takeWhile(sample -> sample != null)
        .onClose(samples::close);
  }
}

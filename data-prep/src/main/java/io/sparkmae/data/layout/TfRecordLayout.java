package io.sparkmae.data.layout;

import io.sparkmae.data.storage.HadoopFiles;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * TFRecord files of {@code tf.Example}, plain or gzip, in the names of TensorFlow Datasets and of
 * the TPU and Slim scripts; plain files are read in ranges. See {@link TfExample}.
 *
 * @param labels number of each label that is a word
 */
record TfRecordLayout(Map<String, Integer> labels) implements Layout {
  static final String NAME = "tfrecord";

  private static final long serialVersionUID = 1L;

  TfRecordLayout() {
    this(Map.of());
  }

  @Override
  public Layout withClasses(List<String> classes) {
    return new TfRecordLayout(TextLabels.numbers(classes));
  }

  @Override
  public Set<String> words(SourceUnit unit, int most, Configuration conf) {
    if (unit.isMissing()) {
      return Set.of();
    }
    try (var records = new TfRecords(unit, labels, conf)) {
      for (int record = 0; record < most && records.next() != null; record++) {}
      return records.words();
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(SourceFile file) {
    return file.baseName()
        .matches(
            ".*\\.tfrecords?(\\.gz|-\\d+-of-\\d+(\\.gz)?)?|(train|validation|test)-\\d+-of-\\d+");
  }

  @Override
  public boolean recognises(byte[] head) {
    return head.length >= TfRecords.HEADER && TfRecords.isHeader(head);
  }

  /**
   * Reads the names from {@code label.labels.txt}, one per line, or {@code classes.json}, beside
   * the files.
   */
  @Override
  public List<String> classes(Inputs inputs, Configuration conf) {
    Path beside = new Path(inputs.files().get(0).uri()).getParent();
    Optional<List<String>> names =
        HadoopFiles.read(new Path(beside, "label.labels.txt"), conf)
            .map(text -> text.lines().toList());
    return names
        .or(() -> ClassNames.read(new Path(beside, ClassNames.FILE), conf))
        .orElse(List.of());
  }

  @Override
  public Stream<Sample> read(SourceUnit unit, Configuration conf) {
    var records = new TfRecords(unit, labels, conf);
    return Stream.generate(records::next)
        .takeWhile(sample -> sample != null)
        .onClose(records::close);
  }
}

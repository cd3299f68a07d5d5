package io.sparkmae.data.layout;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * WebDataset: tar shards whose adjacent members {@code KEY.jpg}, {@code KEY.cls} or {@code
 * KEY.json} make a sample. A plain shard is read in ranges, a compressed one by one task.
 *
 * @param extensions of members that are images
 * @param labels number of each label that is a word
 */
record WebDatasetLayout(Set<String> extensions, Map<String, Integer> labels) implements Layout {
  static final String NAME = "webdataset";

  private static final long serialVersionUID = 1L;

  WebDatasetLayout() {
    this(IMAGE_EXTENSIONS, Map.of());
  }

  @Override
  public Layout withClasses(List<String> classes) {
    return new WebDatasetLayout(extensions, TextLabels.numbers(classes));
  }

  @Override
  public Set<String> words(SourceUnit unit, int most, Configuration conf) {
    if (unit.isMissing()) {
      return Set.of();
    }
    var tar = new TarSamples(unit, extensions, labels, conf);
    try {
      int samples = 0;
      while (samples < most && !tar.next().isEmpty()) {
        samples++;
      }
      return tar.words();
    } finally {
      tar.close();
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(SourceFile file) {
    return file.baseName().toLowerCase(Locale.ROOT).matches(".*\\.(tar|tar\\.gz|tgz)");
  }

  @Override
  public List<SourceUnit> units(Inputs inputs) {
    return SourceUnit.ranges(inputs.files(), SourceUnit.BYTES);
  }

  /** Reads the names from {@code classes.json} beside the shards, or in the directory above. */
  @Override
  public List<String> classes(Inputs inputs, Configuration conf) {
    Path shards = new Path(inputs.files().get(0).uri()).getParent();
    return ClassNames.read(new Path(shards, ClassNames.FILE), conf)
        .or(() -> above(shards, conf))
        .orElse(List.of());
  }

  private static Optional<List<String>> above(Path shards, Configuration conf) {
    return shards.isRoot()
        ? Optional.empty()
        : ClassNames.read(new Path(shards.getParent(), ClassNames.FILE), conf);
  }

  @Override
  public Stream<Sample> read(SourceUnit unit, Configuration conf) {
    var tar = new TarSamples(unit, extensions, labels, conf);
    return Stream.generate(tar::next)
        .takeWhile(samples -> !samples.isEmpty())
        .flatMap(List::stream)
        .onClose(tar::close);
  }
}

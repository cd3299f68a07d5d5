package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.storage.HadoopFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * One file per image: {@code CLASS/.../NAME.jpg}, the label being the rank of the sorted class
 * directory, as torchvision numbers them.
 *
 * <p>The class is the first directory of the name; when all first directories are splits (train,
 * val, ...), the second. A file in no class directory has label -1.
 *
 * @param extensions of image files
 */
record FolderLayout(Set<String> extensions) implements Layout {
  static final String NAME = "folder";

  private static final long serialVersionUID = 1L;
  private static final Set<String> SPLITS = Set.of("train", "val", "valid", "validation", "test");
  private static final int UNIT_FILES = 256;
  private static final long UNIT_BYTES = 32L << 20;

  FolderLayout() {
    this(IMAGE_EXTENSIONS);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(SourceFile file) {
    return extensions.contains(file.extension());
  }

  @Override
  public List<String> classes(Inputs inputs, Configuration conf) {
    return classes(inputs);
  }

  @Override
  public List<SourceUnit> units(Inputs inputs) {
    Map<String, Integer> labels = labels(inputs);
    int depth = depth(inputs);
    var units = new ArrayList<SourceUnit>();
    List<SourceFile> files = inputs.files();
    for (int from = 0, to; from < files.size(); from = to) {
      long bytes = 0;
      for (to = from; to < files.size() && to < from + UNIT_FILES && bytes < UNIT_BYTES; to++) {
        bytes += files.get(to).length();
      }
      List<SourceFile> part = files.subList(from, to);
      units.add(new SourceUnit(part, labels(part, labels, depth)));
    }
    return units;
  }

  private static int[] labels(List<SourceFile> files, Map<String, Integer> labels, int depth) {
    return files.stream()
        .mapToInt(file -> labels.getOrDefault(className(file, depth), -1))
        .toArray();
  }

  @Override
  public Stream<Sample> read(SourceUnit unit, Configuration conf) {
    return IntStream.range(0, unit.size()).mapToObj(i -> read(unit.file(i), unit.label(i), conf));
  }

  private static Sample read(SourceFile file, int label, Configuration conf) {
    if (file.isMissing()) {
      return Layout.missing(file);
    }
    if (file.length() > MAX_BYTES) {
      return Layout.tooLarge(file.name(), file.length());
    }
    try {
      return Sample.image(file.name(), bytes(file, conf), label);
    } catch (UncheckedIOException | BadData e) {
      throw e;
    } catch (RuntimeException
        | StackOverflowError e) { // such as a name that a file system cannot make
      return Sample.reject(file.name(), RejectReason.DAMAGED, "it cannot be read, " + e);
    }
  }

  private static byte[] bytes(SourceFile file, Configuration conf) {
    try (InputStream in = HadoopFiles.open(new Path(file.uri()), conf)) {
      return in.readAllBytes();
    } catch (FileNotFoundException e) {
      throw new BadData("Cannot read %s: it is not there any more".formatted(file.uri()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Integer> labels(Inputs inputs) {
    var labels = new HashMap<String, Integer>();
    classes(inputs).forEach(name -> labels.put(name, labels.size()));
    return labels;
  }

  private static List<String> classes(Inputs inputs) {
    int depth = depth(inputs);
    var classes = new TreeSet<String>();
    inputs.files().forEach(file -> classes.add(className(file, depth)));
    classes.remove("");
    return List.copyOf(classes);
  }

  /**
   * Returns which directory of a name is the class; with several roots, the first one is the root's
   * name.
   */
  private static int depth(Inputs inputs) {
    int first = inputs.roots().size() > 1 ? 1 : 0;
    boolean split =
        inputs.files().stream().map(file -> className(file, first)).allMatch(SPLITS::contains);
    return split ? first + 1 : first;
  }

  private static String className(SourceFile file, int depth) {
    String[] directories = file.directory().split("/");
    return depth < directories.length ? directories[depth] : "";
  }
}

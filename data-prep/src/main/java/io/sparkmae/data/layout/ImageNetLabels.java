package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.storage.HadoopFiles;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The labels of ImageNet's tars: the rank of the sorted class.
 *
 * <p>A training image's class is the inner tar that it lies in. A validation image's is line n of
 * {@value #TRUTH}, the class ID of the development kit. IDs are not ranks, and the kit lists them
 * in a MATLAB file; so {@value #IDS} must lie beside it, with lines {@code WNID ID NAME}. Without
 * both files the validation images have no labels.
 *
 * @param classes sorted
 * @param tars for each file, the positions where the classes' inner tars begin
 * @param validation [n - 1] label of validation image n; empty when unknown
 */
record ImageNetLabels(
    List<String> classes, Map<String, TreeMap<Long, Integer>> tars, int[] validation)
    implements Serializable {
  static final String TRUTH = "ILSVRC2012_validation_ground_truth.txt";
  static final String IDS = "map_clsloc.txt";

  private static final Pattern VALIDATION = Pattern.compile("(?:.*/)?ILSVRC2012_val_(\\d{8})\\..*");
  private static final Pattern TRAINING = Pattern.compile("(?:.*/)?(n\\d{8})_.*");

  /** Reads the outer headers of the tars, and the label files beside them. */
  static ImageNetLabels of(Inputs inputs, Configuration conf) {
    Map<String, TreeMap<Long, String>> names = new HashMap<>();
    var classes = new TreeSet<String>();
    for (SourceFile file : inputs.files()) {
      TreeMap<Long, String> tars = classTars(file, conf);
      names.put(file.name(), tars);
      classes.addAll(tars.values());
    }
    Path beside = new Path(inputs.files().get(0).uri()).getParent();
    Map<Integer, String> ids = ids(new Path(beside, IDS), conf);
    classes.addAll(ids.values());
    var ranks = ranks(classes);
    int[] validation =
        HadoopFiles.read(new Path(beside, TRUTH), conf)
            .map(text -> validation(text, ids, ranks))
            .orElse(new int[0]);
    return new ImageNetLabels(List.copyOf(classes), numbered(names, ranks), validation);
  }

  private static Map<String, TreeMap<Long, Integer>> numbered(
      Map<String, TreeMap<Long, String>> names, Map<String, Integer> ranks) {
    Map<String, TreeMap<Long, Integer>> tars = new HashMap<>();
    names.forEach(
        (file, starts) -> {
          var labels = new TreeMap<Long, Integer>();
          starts.forEach((start, name) -> labels.put(start, ranks.get(name)));
          tars.put(file, labels);
        });
    return tars;
  }

  /** Returns the label of a file in a tar, or -1 if it has none. */
  int of(String tar, TarReader.Entry entry) {
    Matcher matcher = VALIDATION.matcher(entry.name());
    if (matcher.matches()) {
      int number = Integer.parseInt(matcher.group(1));
      return number >= 1 && number <= validation.length ? validation[number - 1] : -1;
    }
    Map.Entry<Long, Integer> inner = tars.get(tar).floorEntry(entry.position());
    return inner == null ? -1 : inner.getValue();
  }

  /**
   * Returns the positions where classes begin. Where a tar's header is damaged, the names of its
   * images give the class.
   */
  private static TreeMap<Long, String> classTars(SourceFile file, Configuration conf) {
    var found = new TreeMap<Long, String>();
    try (SourceInput in = SourceInput.open(file, conf)) {
      var tar = new TarReader(in, false);
      for (TarReader.Entry entry = tar.next(); entry != null; entry = tar.next()) {
        String base = entry.name().substring(entry.name().lastIndexOf('/') + 1);
        Matcher image = TRAINING.matcher(base);
        if (TarReader.isTar(entry.name())) {
          found.put(entry.position(), base.substring(0, base.length() - 4));
        } else if (image.matches()
            && SkipRule.of(entry.name()).isEmpty()
            && !image.group(1).equals(last(found))) {
          found.put(entry.position(), image.group(1));
        }
      }
    }
    return found;
  }

  private static String last(TreeMap<Long, String> found) {
    return found.isEmpty() ? "" : found.lastEntry().getValue();
  }

  private static Map<String, Integer> ranks(TreeSet<String> classes) {
    var ranks = new HashMap<String, Integer>();
    classes.forEach(name -> ranks.put(name, ranks.size()));
    return ranks;
  }

  private static Map<Integer, String> ids(Path path, Configuration conf) {
    var ids = new HashMap<Integer, String>();
    Optional<String> text = HadoopFiles.read(path, conf);
    for (String line : text.map(String::lines).map(lines -> lines.toList()).orElse(List.of())) {
      String[] words = line.strip().split("\\s+");
      if (words.length < 2 || !words[1].matches("\\d{1,4}")) {
        throw new BadData("Cannot read %s: line '%s' (must be WNID ID NAME)".formatted(path, line));
      }
      ids.put(Integer.parseInt(words[1]), words[0]);
    }
    return ids;
  }

  private static int[] validation(
      String text, Map<Integer, String> ids, Map<String, Integer> ranks) {
    var labels = new ArrayList<Integer>();
    for (String line : text.lines().toList()) {
      String name =
          line.strip().matches("\\d{1,4}") ? ids.get(Integer.parseInt(line.strip())) : null;
      if (name == null) {
        throw new BadData(
            "Cannot read %s: no class has ID %s (put %s beside it, lines WNID ID NAME)"
                .formatted(TRUTH, line.strip(), IDS));
      }
      labels.add(ranks.get(name));
    }
    return labels.stream().mapToInt(Integer::intValue).toArray();
  }
}

package io.sparkmae.data;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The layout of some inputs.
 *
 * @param layout to read them with
 * @param inputs the files that it reads
 * @param why it was chosen, for the user
 */
record LayoutChoice(Layout layout, Inputs inputs, String why) {
  static final String AUTO = "auto";

  private static final List<Layout> KNOWN =
      List.of(new FolderLayout(), new WebDatasetLayout(), new ParquetLayout());

  // To read one of these: a new case of Layout, moved from here to KNOWN.
  private static final List<String> LATER = List.of("imagenet-tar", "tfrecord", "sequencefile");

  /**
   * Takes the named layout, or recognises it by the names of the files when the name is auto.
   *
   * @throws IllegalArgumentException if the name is none, or is of a layout that is not read yet
   * @throws BadData if there is no file of the layout, or files of several
   */
  static LayoutChoice of(String name, Inputs inputs) {
    LayoutChoice choice = name.equals(AUTO) ? recognise(inputs) : named(name, inputs);
    if (choice.inputs.files().isEmpty()) {
      throw new BadData(
          "Cannot find images in %s: none of %d files is of layout %s"
              .formatted(inputs.roots(), inputs.files().size(), choice.layout.name()));
    }
    return choice;
  }

  private static LayoutChoice named(String name, Inputs inputs) {
    if (LATER.contains(name)) {
      throw new IllegalArgumentException(notYet(name));
    }
    Layout layout =
        KNOWN.stream()
            .filter(known -> known.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Invalid layout: %s (must be auto, %s)".formatted(name, names())));
    return new LayoutChoice(layout, inputs.filter(layout::accepts), "it was asked for");
  }

  private static LayoutChoice recognise(Inputs inputs) {
    Map<String, Long> counts =
        new TreeMap<>(
            inputs.files().stream()
                .map(LayoutChoice::layoutOf)
                .filter(found -> !found.isEmpty())
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting())));
    if (counts.isEmpty()) {
      throw new BadData(
          "Cannot find images in %s: none of %d files is of a known layout (%s)"
              .formatted(inputs.roots(), inputs.files().size(), names()));
    }
    if (counts.size() > 1) {
      throw new BadData(
          "Cannot tell the layout of %s: files by layout are %s (name the layout)"
              .formatted(inputs.roots(), counts));
    }
    String name = counts.keySet().iterator().next();
    if (LATER.contains(name)) {
      throw new BadData("%s: %s".formatted(inputs.roots(), notYet(name)));
    }
    LayoutChoice choice = named(name, inputs);
    int read = choice.inputs.files().size();
    return new LayoutChoice(
        choice.layout,
        choice.inputs,
        "recognised by %d of %d files".formatted(read, inputs.files().size()));
  }

  /** The name of the layout that a file looks like; empty for a file that is none's. */
  private static String layoutOf(SourceFile file) {
    String name = file.baseName();
    if (name.matches("ILSVRC2012_img_.*\\.tar")) {
      return "imagenet-tar";
    }
    if (name.matches(".*\\.tfrecord(-\\d+-of-\\d+)?|(train|validation)-\\d+-of-\\d+")) {
      return "tfrecord";
    }
    if (name.endsWith(".seq")) {
      return "sequencefile";
    }
    return KNOWN.stream()
        .filter(known -> known.accepts(file))
        .map(Layout::name)
        .findFirst()
        .orElse("");
  }

  private static String notYet(String name) {
    return "Layout %s is not read yet (convert it to one of %s)".formatted(name, names());
  }

  private static String names() {
    return KNOWN.stream().map(Layout::name).collect(Collectors.joining(", "));
  }
}

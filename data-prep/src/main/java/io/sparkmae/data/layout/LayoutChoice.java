package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.storage.ColumnNames;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * The layout of some inputs.
 *
 * @param layout layout to read them with
 * @param inputs the files that it reads
 * @param why reason for the choice, for the user
 */
public record LayoutChoice(Layout layout, Inputs inputs, String why) {
  public static final String AUTO = "auto";

  private static final int SNIFFED = 16; // files; reading all would take minutes
  private static final int HEAD = 1 << 16; // a Mac's leavings may come first

  private static final List<Layout> KNOWN =
      List.of(
          new FolderLayout(),
          new WebDatasetLayout(),
          new ImageNetTarLayout(),
          new TfRecordLayout(),
          new SequenceFileLayout(),
          new ParquetLayout());
  private static final List<Layout> WITH_ARRAYS =
      Stream.concat(
              Stream.of(
                  new FolderLayout(Layout.WITH_ARRAYS),
                  new WebDatasetLayout(Layout.WITH_ARRAYS, Map.of())),
              KNOWN.stream().skip(2))
          .toList();

  /**
   * Returns the layout of RGB images, as {@link #of(String, Inputs, PixelFormat, Configuration)}.
   */
  public static LayoutChoice of(String name, Inputs inputs, Configuration conf) {
    return of(name, inputs, PixelFormat.RGB, conf);
  }

  /**
   * Returns the named layout, or detects it if the name is auto: by the names of the files, then by
   * the first bytes of files whose names do not tell, or tell only that they are tars.
   *
   * @param pixels RGB, or others, which may be in arrays too
   * @throws IllegalArgumentException if there is no layout of that name
   * @throws BadData if there is no file of the layout, or files of several
   */
  public static LayoutChoice of(
      String name, Inputs inputs, PixelFormat pixels, Configuration conf) {
    List<Layout> known = pixels.equals(PixelFormat.RGB) ? KNOWN : WITH_ARRAYS;
    LayoutChoice choice =
        name.equals(AUTO) ? recognise(inputs, known, conf) : named(name, inputs, known);
    choice.requireFiles(inputs);
    return new LayoutChoice(choice.layout.knowing(choice.inputs, conf), choice.inputs, choice.why);
  }

  private void requireFiles(Inputs all) {
    if (inputs.files().isEmpty()) {
      throw new BadData(
          "Cannot find images in %s: none of %d files is of layout %s; skipped by rule: %s"
              .formatted(all.roots(), all.files().size(), layout.name(), inputs.skipped()));
    }
  }

  /**
   * Returns this choice with the columns that the user names.
   *
   * @throws IllegalArgumentException if the layout has no columns
   */
  public LayoutChoice withColumns(ColumnNames columns) {
    return new LayoutChoice(layout.withColumns(columns), inputs, why);
  }

  /** Returns this choice with the words that labels may be, numbered in order. */
  public LayoutChoice withClasses(List<String> classes) {
    return new LayoutChoice(layout.withClasses(classes), inputs, why);
  }

  /** Returns the named layout with its files; if no file name tells any layout, with all files. */
  private static LayoutChoice named(String name, Inputs inputs, List<Layout> layouts) {
    Layout layout =
        layouts.stream()
            .filter(known -> known.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Invalid layout: %s (must be auto, %s)".formatted(name, names())));
    Inputs accepted = inputs.filter(layout::accepts);
    boolean silent = inputs.files().stream().allMatch(file -> byName(file, layouts).isEmpty());
    return new LayoutChoice(
        layout, accepted.files().isEmpty() && silent ? inputs : accepted, "it was asked for");
  }

  private static LayoutChoice recognise(Inputs inputs, List<Layout> layouts, Configuration conf) {
    Map<String, Long> counts = filesByLayout(inputs, layouts);
    if (counts.size() > 1) {
      throw new BadData(
          "Cannot tell the layout of %s: files by layout are %s (name the layout)"
              .formatted(inputs.roots(), counts));
    }
    if (counts.isEmpty()) {
      return byHead(inputs, layouts, conf).orElseThrow(() -> unknown(inputs));
    }
    return told(counts.keySet().iterator().next(), inputs, layouts, conf);
  }

  private static Map<String, Long> filesByLayout(Inputs inputs, List<Layout> layouts) {
    return inputs.files().stream()
        .flatMap(file -> byName(file, layouts).stream())
        .collect(Collectors.groupingBy(Layout::name, TreeMap::new, Collectors.counting()));
  }

  private static BadData unknown(Inputs inputs) {
    return new BadData(
        "Cannot find images in %s: none of %d files is of a known layout (%s%s); skipped by rule: %s"
            .formatted(
                inputs.roots(), inputs.files().size(), names(), arrays(inputs), inputs.skipped()));
  }

  /** Returns the layout that the names tell, or ImageNet's if the first tar looks like that. */
  private static LayoutChoice told(
      String name, Inputs inputs, List<Layout> layouts, Configuration conf) {
    LayoutChoice choice = named(name, inputs, layouts);
    int read = choice.inputs.files().size();
    String why = "the names of %d of %d files say so".formatted(read, inputs.files().size());
    Optional<LayoutChoice> imageNet =
        choice.layout instanceof WebDatasetLayout
            ? byHead(choice.inputs, layouts, conf)
            : Optional.empty();
    return imageNet.orElse(new LayoutChoice(choice.layout, choice.inputs, why));
  }

  /**
   * Returns the layout that a name tells. A tar is WebDataset by its name; only its first member
   * shows ImageNet's.
   */
  private static Optional<Layout> byName(SourceFile file, List<Layout> layouts) {
    return layouts.stream()
        .filter(known -> !(known instanceof ImageNetTarLayout) && known.accepts(file))
        .findFirst();
  }

  private static Optional<LayoutChoice> byHead(
      Inputs inputs, List<Layout> layouts, Configuration conf) {
    List<SourceFile> files = inputs.files();
    for (SourceFile file : files.subList(0, Math.min(SNIFFED, files.size()))) {
      if (file.isMissing()) {
        continue;
      }
      byte[] head = head(file, conf);
      for (Layout known : layouts) {
        if (known.recognises(head)) {
          String why = "the first bytes of %s say so".formatted(file.name());
          return Optional.of(new LayoutChoice(known, alike(inputs, known), why));
        }
      }
    }
    return Optional.empty();
  }

  private static Inputs alike(Inputs inputs, Layout layout) {
    return layout instanceof ImageNetTarLayout
        ? inputs.filter(layout::accepts)
        : inputs.filter(file -> file.extension().isEmpty() || !isText(file));
  }

  private static boolean isText(SourceFile file) {
    return List.of("txt", "json", "tsv", "csv", "md", "crc").contains(file.extension());
  }

  private static byte[] head(SourceFile file, Configuration conf) {
    try (SourceInput in = SourceInput.open(file, conf)) {
      byte[] head = new byte[HEAD];
      return Arrays.copyOf(head, in.read(head));
    }
  }

  private static String arrays(Inputs inputs) {
    boolean any = inputs.files().stream().anyMatch(file -> file.extension().equals("npy"));
    return any ? "; arrays are images with --channels" : "";
  }

  private static String names() {
    return KNOWN.stream().map(Layout::name).collect(Collectors.joining(", "));
  }
}

package io.sparkmae.data.prepare;

import io.sparkmae.data.Manifest;
import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.Manifest.Origin;
import io.sparkmae.data.channels.ChannelSums;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.layout.Inputs;
import io.sparkmae.data.prepare.WriteTask.Written;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds up what the tasks of a preparation wrote, rejected, skipped and met. */
final class Totals {
  private final List<DataFile> files = new ArrayList<>();
  private final Map<String, Long> rejects = new TreeMap<>();
  private final Map<String, Long> skipped = new TreeMap<>();
  private final PixelFormat format;
  private final long[] pixels;
  private long tallies;
  private long unlabelled;
  private long oriented;
  private long met;

  /** Starts with what the listing of {@code inputs} met and skipped. */
  Totals(Inputs inputs, PixelFormat format) {
    this.format = format;
    pixels = ChannelSums.none(format);
    inputs.skipped().forEach((rule, count) -> skipped.put(rule.name(), count));
    met = inputs.met() - inputs.files().size(); // the readers count those
  }

  void add(Written part) {
    files.addAll(part.files());
    part.rejects().forEach((reason, count) -> rejects.merge(reason, count, Long::sum));
    part.skipped().forEach((rule, count) -> skipped.merge(rule, count, Long::sum));
    tallies += part.tallies();
    unlabelled += part.unlabelled();
    met += part.met();
    oriented += part.oriented();
    PixelSums.add(pixels, part.pixels());
  }

  Manifest manifest(Origin origin, List<String> classes) {
    files.sort(Comparator.comparing(DataFile::name));
    return Manifest.of(origin, classes, rejects, skipped, oriented, files, format, pixels)
        .counted(met, unlabelled);
  }

  Account account(long units, long rows) {
    return new Account(met, units, tallies, rows, rejects, skipped);
  }
}

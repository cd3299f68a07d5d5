package io.sparkmae.data.prepare;

import io.sparkmae.data.Manifest;
import io.sparkmae.data.Manifest.Origin;
import io.sparkmae.data.OutputDirectory;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.layout.Inputs;
import io.sparkmae.data.layout.Layout;
import io.sparkmae.data.layout.LayoutChoice;
import io.sparkmae.data.layout.SourceUnit;
import io.sparkmae.data.prepare.WriteTask.Written;
import io.sparkmae.data.storage.HadoopFiles;
import io.sparkmae.data.storage.MissingCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Prepares images for training: checks each, shuffles all once, and writes Parquet with a manifest.
 *
 * <p>Every image becomes a row or a line in {@code rejects/}. The same input and settings give the
 * same bytes, however the work is divided.
 */
public final class PrepareJob {
  private static final long FILE_BYTES = 256L << 20;
  private static final int MIN_FILES = 4; // so that several workers can share a small data set

  private PrepareJob() {}

  /**
   * Prepares {@code settings.inputs()} into {@code settings.output()}, or returns at once if that
   * has been done.
   *
   * @throws BadData if an input is missing or damaged, or no image can be decoded
   * @throws IllegalArgumentException if the layout is unknown, or the output holds other files
   */
  public static PrepareResult run(SparkSession spark, PrepareSettings settings) {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    LayoutChoice found =
        LayoutChoice.of(
                settings.layout(), Inputs.list(settings.inputs(), conf), settings.pixels(), conf)
            .withColumns(settings.columns());
    System.err.printf("prepare: layout %s: %s%n", found.layout().name(), found.why());
    List<String> known = found.layout().classes(found.inputs(), conf);
    requireApart(settings, conf);
    var output = new OutputDirectory(settings.output(), conf);
    Origin origin = origin(settings, found);
    Optional<Manifest> finished = output.finished();
    List<String> own =
        WordLabels.classes(new JavaSparkContext(spark.sparkContext()), found, known, finished);
    ClassList classes =
        settings.classes() == null
            ? ClassList.own(own)
            : ClassList.given(settings.classes(), own, conf);
    if (finished.isPresent()) {
      requireSame(finished.get(), origin, classes.names(), settings.output());
      return result(finished.get(), 0);
    }
    LayoutChoice choice = found.withClasses(own.isEmpty() ? classes.names() : own);
    return run(spark, settings, choice, classes, origin, output);
  }

  private static PrepareResult run(
      SparkSession spark,
      PrepareSettings settings,
      LayoutChoice choice,
      ClassList classes,
      Origin origin,
      OutputDirectory output) {
    try (var progress = new PrepareProgress(spark.sparkContext())) {
      int parts = (int) Math.max(MIN_FILES, choice.inputs().bytes() / FILE_BYTES + 1);
      Map<Integer, String> done = output.begin(way(origin, classes.names(), parts), parts);
      if (!done.isEmpty()) {
        System.err.printf("prepare: %d of %d parts are there already%n", done.size(), parts);
      }
      List<Written> written =
          new ArrayList<>(done.values().stream().map(Written::fromJson).toList());
      if (done.size() < parts) {
        written.addAll(write(spark, settings, choice, classes, parts, done.keySet(), progress));
      }
      Manifest manifest = manifest(written, origin, classes.names(), choice, settings);
      output.finish(manifest);
      System.err.println("prepare: " + manifest.account());
      return result(manifest, progress.seconds());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Written> write(
      SparkSession spark,
      PrepareSettings settings,
      LayoutChoice choice,
      ClassList classes,
      int parts,
      Set<Integer> done,
      PrepareProgress progress) {
    var sc = new JavaSparkContext(spark.sparkContext());
    var conf = sc.broadcast(new SerializableConfiguration(sc.hadoopConfiguration()));
    String output = HadoopFiles.qualified(settings.output(), sc.hadoopConfiguration());
    List<SourceUnit> units = choice.layout().units(choice.inputs());
    Layout layout = choice.layout();
    Set<Integer> skip = Set.copyOf(done);
    try {
      var duplicates =
          sc.broadcast(
              settings.dropDuplicates()
                  ? Duplicates.find(sc, layout, units, conf)
                  : Map.<String, String>of());
      return sc
          .parallelize(units, units.size())
          .flatMapToPair(
              new ScreenTask(
                  layout, settings, parts, skip, classes, duplicates, conf, progress.counter()))
          .repartitionAndSortWithinPartitions(new RowPlace.Parts(parts))
          .mapPartitionsWithIndex(
              new WriteTask(output, parts, classes.names(), settings.pixels(), skip, conf), false)
          .collect()
          .stream()
          .map(Written::fromJson)
          .toList();
    } catch (Exception e) { // Scala does not declare SparkException, which is checked
      throw reason(e);
    } finally {
      conf.unpersist(true); // blocks, so that the session may be stopped right after
    }
  }

  /** Returns what ended a task and a sentence tells; Spark wraps it in its own. */
  private static RuntimeException reason(Exception thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof BadData || cause instanceof MissingCodec) {
        return (RuntimeException) cause;
      }
    }
    return PrepareJob.<RuntimeException>asItIs(thrown);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Exception> RuntimeException asItIs(Exception thrown) throws E {
    throw (E) thrown;
  }

  /** Adds up the parts, and checks that every file met is a row, a reject or skipped. */
  private static Manifest manifest(
      List<Written> written,
      Origin origin,
      List<String> classes,
      LayoutChoice choice,
      PrepareSettings settings) {
    var totals = new Totals(choice.inputs(), settings.pixels());
    written.forEach(totals::add);
    Manifest manifest = totals.manifest(origin, classes);
    long units = choice.layout().units(choice.inputs()).size();
    totals.account(units, manifest.rows()).check();
    if (manifest.rows() == 0) {
      Map<String, Long> rejects = manifest.rejects();
      throw new BadData(
          "Cannot prepare any of %d images: %s (see %s/rejects)"
              .formatted(Account.sum(rejects), rejects, settings.output()));
    }
    return manifest;
  }

  /** Throws if the output lies inside an input: a second run would read the first one's output. */
  private static void requireApart(PrepareSettings settings, Configuration conf) {
    String output = HadoopFiles.qualified(settings.output(), conf) + "/";
    for (String input : settings.inputs()) {
      if (output.startsWith(HadoopFiles.qualified(input, conf) + "/")) {
        throw new IllegalArgumentException(
            "Cannot prepare into %s: it lies inside input %s (name another output)"
                .formatted(settings.output(), input));
      }
    }
  }

  private static Origin origin(PrepareSettings settings, LayoutChoice choice) {
    return new Origin(
        settings.inputs(),
        choice.inputs().fingerprint(),
        choice.layout().name(),
        settings.shortSide(),
        settings.quality(),
        settings.seed(),
        settings.options());
  }

  /**
   * Returns all that decides the parts' contents; only parts of an earlier run with the same text
   * are reused.
   */
  private static String way(Origin origin, List<String> classes, int parts) {
    return "This directory is being prepared; without manifest.json it is not complete.\n%s\nclasses %s\n%d parts\n"
        .formatted(origin, DigestUtils.sha256Hex(String.join("\n", classes)), parts);
  }

  private static void requireSame(
      Manifest finished, Origin origin, List<String> classes, String output) {
    List<String> differences = finished.origin().differences(origin);
    if (differences.isEmpty() && !finished.classes().equals(classes)) {
      differences = List.of("other classes");
    }
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot prepare into %s: it holds data prepared otherwise, %s (name another output, or delete it)"
              .formatted(output, String.join(", ", differences)));
    }
  }

  private static PrepareResult result(Manifest manifest, double seconds) {
    long seen = manifest.rows() + Account.sum(manifest.rejects());
    return new PrepareResult(
        manifest.rows(),
        manifest.rejects(),
        manifest.skipped(),
        manifest.oriented(),
        manifest.met() == null ? 0 : manifest.met(),
        manifest.unlabelled() == null ? 0 : manifest.unlabelled(),
        manifest.dataBytes(),
        seconds == 0 ? 0 : seen / seconds,
        manifest.origin().layout());
  }
}

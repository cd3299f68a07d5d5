package io.sparkmae.job.run;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.config.ConfigKeys;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.FineTune;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.report.ConfusionMap;
import io.sparkmae.job.report.Curves;
import io.sparkmae.job.report.Report;
import io.sparkmae.job.report.RunView;
import io.sparkmae.job.report.RunView.Gallery;
import io.sparkmae.job.report.RunView.Judged;
import io.sparkmae.job.report.RunView.Shown;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.store.WorkerTotal;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What a report says of a run. */
public final class RunPage {

  private RunPage() {}

  /**
   * Returns the view of a run that has just ended.
   *
   * @param account a sentence on the data's files
   * @param confusion null without a test set
   */
  static RunView of(
      String name,
      RunConfig run,
      PreparedData data,
      long parameters,
      Course course,
      ConfusionMap confusion,
      List<Gallery> galleries) {
    Map<String, String> facts = facts(run, data.rows(), parameters, course);
    facts.put("files of the data", data.manifest().account());
    if (!data.classes().isEmpty()) {
      facts.put("classes", String.valueOf(data.classes().size()));
    }
    facts.put("versions", Versions.text());
    return view(name, run.text(), facts, course, confusion, galleries);
  }

  /**
   * Returns the view of the run that made a version, finished or not, from the version's files.
   *
   * @param pictures whether to show its reconstructions
   */
  public static RunView of(String name, ModelVersion version, boolean pictures) throws IOException {
    RunRecord.Summary record = RunRecord.summary(version);
    RunConfig run = ConfigLayers.ofText(record.settings());
    Course course = Course.read(version);
    long parameters = StateFile.read(version).state().params();
    Map<String, String> facts = facts(run, record.images(), parameters, course);
    facts.put("versions", record.versions());
    facts.put("state", record.finished() ? "finished" : "unfinished: a checkpoint");
    facts.put("version", version.uri());
    List<Gallery> galleries = new ArrayList<>();
    if (pictures && version.has(TrainedVersion.PICTURE)) {
      byte[] png = version.read(TrainedVersion.PICTURE, InputStream::readAllBytes);
      galleries.add(reconstructions(run, png));
    }
    return view(name, record.settings(), facts, course, null, galleries);
  }

  /** Writes a run's page; if it cannot be made, says so: that must not lose the trained model. */
  static void write(VersionWriter version, String title, Supplier<RunView> run) throws IOException {
    ByteArrayOutputStream page = new ByteArrayOutputStream();
    try {
      Report.page(title, List.of(run.get())).writeTo(page);
    } catch (IOException | RuntimeException e) {
      System.err.println("mae: the report was not made: " + e);
      return;
    }
    version.file(Report.FILE, page::writeTo);
  }

  /** Returns the picture of the final model's reconstructions. */
  static Gallery reconstructions(RunConfig run, byte[] png) {
    return new Gallery(
        "Reconstructions",
        "Images of the training set: original, masked, reconstruction, reconstruction with the visible patches.",
        false,
        List.of(new Shown("after epoch " + run.train().epochs(), png)));
  }

  private static RunView view(
      String name,
      String settings,
      Map<String, String> facts,
      Course course,
      ConfusionMap confusion,
      List<Gallery> galleries) {
    return new RunView(
        name,
        facts,
        ConfigKeys.values(settings),
        Curves.of(course.metrics()),
        course.workers(),
        course.accuracies().stream()
            .map(epoch -> new Judged(epoch.epoch(), epoch.top1(), epoch.top5()))
            .toList(),
        confusion,
        galleries);
  }

  private static Map<String, String> facts(
      RunConfig run, long images, long parameters, Course course) {
    MaeConfig model = run.model();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("data set", run.data().uri());
    facts.put("images", String.format(Locale.ROOT, "%,d", images));
    facts.put(
        "geometry",
        "%s: image %d px, patch %d px, %d channels; encoder %s%s"
            .formatted(
                run.modelName(),
                model.imageSize(),
                model.patchSize(),
                model.channels(),
                tower(model.encoder()),
                run.fineTune().equals(FineTune.NONE) ? "; decoder " + tower(model.decoder()) : ""));
    facts.put("parameters", String.format(Locale.ROOT, "%,d", parameters));
    facts.put("hardware", hardware(course.workers()));
    return facts;
  }

  private static String tower(Tower tower) {
    return "depth %d, width %d, %d heads"
        .formatted(tower.depth(), tower.embedDim(), tower.numHeads());
  }

  private static String hardware(List<WorkerTotal> workers) {
    Map<String, Long> counts =
        workers.stream()
            .collect(
                Collectors.groupingBy(
                    WorkerTotal::hardware, LinkedHashMap::new, Collectors.counting()));
    return counts.isEmpty()
        ? "not recorded"
        : counts.entrySet().stream()
            .map(entry -> "%d workers on %s".formatted(entry.getValue(), entry.getKey()))
            .collect(Collectors.joining("; "));
  }
}

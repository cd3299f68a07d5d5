package io.sparkmae.job.run;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.classify.Judgement;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.export.ClassifierDescription;
import io.sparkmae.job.export.ClassifierExport;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.report.ConfusionMap;
import io.sparkmae.job.report.RunView;
import io.sparkmae.job.run.RunRecord.Place;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.train.ResumePoint;
import io.sparkmae.job.train.Task;
import io.sparkmae.job.train.Trained;
import io.sparkmae.model.ClassifierGraph;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** Writes the classifiers of a run as versions of the model directory, and reads them back. */
final class FineTunedVersions implements TrainingRun.Versions<FineTuneResult> {

  private final SparkSession spark;
  private final RunConfig run;
  private final List<String> classes;
  private final Task task;
  private final TestAccuracy accuracy; // null without a test set

  FineTunedVersions(
      SparkSession spark, RunConfig run, List<String> classes, Task task, TestAccuracy accuracy) {
    this.spark = spark;
    this.run = run;
    this.task = task;
    this.classes = classes;
    this.accuracy = accuracy;
  }

  @Override
  public Task task(boolean begins) {
    return task;
  }

  @Override
  public FineTuneResult write(Trained trained, Place place, PreparedData data, ModelStore store)
      throws IOException {
    VersionWriter version = store.begin();
    writeState(version, trained);
    FineTuneResult result = result(version, trained);
    String title = run.modelName() + " fine-tuned " + version.name();
    RunPage.write(version, title, () -> view(title, trained, data));
    RunRecord.write(version, run, place, result);
    version.commit();
    return result;
  }

  private RunView view(String title, Trained trained, PreparedData data) {
    Judgement judged = accuracy == null ? null : accuracy.judgement();
    List<EpochAccuracy> epochs = accuracy == null ? List.of() : accuracy.epochs();
    return RunPage.of(
        title,
        run,
        data,
        trained.graph().numParams(),
        Course.of(trained, epochs),
        judged == null ? null : ConfusionMap.of(classes, judged.confusion()),
        judged == null
            ? List.of()
            : MistakenImages.of(spark, accuracy.test(), run.model(), classes, judged.mistakes()));
  }

  private FineTuneResult result(VersionWriter version, Trained trained) {
    Optional<EpochAccuracy> last = accuracy == null ? Optional.empty() : accuracy.last();
    Optional<EpochAccuracy> best = accuracy == null ? Optional.empty() : accuracy.best();
    String directory = version.uri().substring(0, version.uri().lastIndexOf('/') + 1);
    return new FineTuneResult(
        version.uri(),
        classes.size(),
        last.map(EpochAccuracy::top1).orElse(null),
        last.map(EpochAccuracy::top5).orElse(null),
        best.map(epoch -> directory + epoch.version()).orElse(null),
        best.map(EpochAccuracy::epoch).orElse(null),
        best.map(EpochAccuracy::top1).orElse(null),
        trained.loss(),
        trained.images(),
        trained.imagesPerSecond(),
        trained.graph().paramsSha256());
  }

  @Override
  public ResumePoint checkpoint(Trained soFar, Place place, PreparedData data, ModelStore store)
      throws IOException {
    VersionWriter version = store.begin();
    StoredState state = writeState(version, soFar);
    RunRecord.write(version, run, place, null);
    version.commit();
    return new ResumePoint(version.uri(), state, soFar.metrics(), soFar.workers());
  }

  private StoredState writeState(VersionWriter version, Trained trained) throws IOException {
    ClassifierGraph graph = (ClassifierGraph) trained.graph();
    StoredState state = trained.vectors().write(version, () -> writeModel(version, graph));
    StateFile.write(version, state, graph);
    Course.of(trained, accuracy == null ? List.of() : accuracy.keptAs(version.name()))
        .write(version);
    return state;
  }

  private void writeModel(VersionWriter version, ClassifierGraph graph) throws IOException {
    ClassifierExport.write(
        ExportLayout.TIMM,
        new ClassifierDescription(run.modelName(), graph.config(), classes),
        graph.weights(),
        (name, content) -> version.file(ClassifierModel.DIRECTORY + name, content));
  }

  @Override
  public ResumePoint restore(ModelVersion version) throws IOException {
    if (accuracy != null) {
      accuracy.restore(Course.read(version).accuracies());
    }
    return TrainedVersion.restore(version);
  }

  /** Returns whether a version is neither the last nor the best of a run. */
  @Override
  public boolean isPassing(ModelVersion version) throws IOException {
    boolean best =
        accuracy != null
            && accuracy.best().map(epoch -> version.name().equals(epoch.version())).orElse(false);
    return !best && RunRecord.isCheckpoint(version);
  }
}

package io.sparkmae.job.run;

import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.store.WorkerTotal;
import io.sparkmae.job.track.EventFile;
import io.sparkmae.job.track.Scalars;
import io.sparkmae.job.train.Trained;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * The course of a run so far, as files of a version.
 *
 * @param metrics of all rounds
 * @param workers the work of each; empty where an older version wrote it
 * @param accuracies of all epochs; empty without a test set
 */
record Course(List<Metric> metrics, List<WorkerTotal> workers, List<EpochAccuracy> accuracies) {

  static Course of(Trained trained, List<EpochAccuracy> accuracies) {
    return new Course(trained.metrics(), trained.workers(), accuracies);
  }

  void write(VersionWriter version) throws IOException {
    version.file(Metric.FILE, Metric.lines(metrics));
    version.file(WorkerTotal.FILE, WorkerTotal.lines(workers));
    if (!accuracies.isEmpty()) {
      version.file(EpochAccuracy.FILE, EpochAccuracy.lines(accuracies));
    }
    version.file(
        EventFile.FILE,
        EventFile.of(
            Stream.concat(
                    metrics.stream().map(Scalars::of),
                    accuracies.stream().map(EpochAccuracy::scalars))
                .toList()));
  }

  static Course read(ModelVersion version) throws IOException {
    return new Course(
        version.read(Metric.FILE, Metric::read),
        lines(version, WorkerTotal.FILE, WorkerTotal::read),
        lines(version, EpochAccuracy.FILE, EpochAccuracy::read));
  }

  private static <T> List<T> lines(
      ModelVersion version, String file, ModelVersion.Reader<List<T>> reader) throws IOException {
    return version.has(file) ? version.read(file, reader) : List.of();
  }
}

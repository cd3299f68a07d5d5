package io.sparkmae.job.run;

import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.layout.SourceImages;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.picture.Reconstruction;
import io.sparkmae.job.picture.Strip;
import io.sparkmae.job.report.RunView.Gallery;
import io.sparkmae.job.report.RunView.Shown;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.train.Trained;
import io.sparkmae.model.MaeGraph;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/**
 * Reconstructions of the same few training images from some of a run's checkpoints, at most seven,
 * which lie a sixth of the run apart or more.
 */
final class Snapshots {

  private static final String FILE = "snapshots.jsonl";
  private static final int IMAGES = 4;
  private static final int PARTS_OF_RUN = 6;

  private final List<Snapshot> taken = new ArrayList<>();
  private boolean failed;

  /** A checkpoint's reconstructions, as a column of small pictures. */
  record Snapshot(long step, double epoch, byte[] png) {}

  /** Adds the reconstructions of a checkpoint, if the last ones are old enough. */
  void take(Trained soFar, RunConfig run, ModelDescription model, Configuration hadoop) {
    Metric now = soFar.metrics().get(soFar.metrics().size() - 1);
    taken.removeIf(snapshot -> snapshot.step() >= now.step()); // which is trained again
    double apart = (double) run.train().epochs() / PARTS_OF_RUN;
    if (failed || !taken.isEmpty() && now.epoch() - newest().epoch() < apart) {
      return;
    }
    try {
      byte[] png = Strip.completed(draw((MaeGraph) soFar.graph(), run, model, hadoop), run.model());
      taken.add(new Snapshot(now.step(), now.epoch(), png));
    } catch (IOException | RuntimeException | OutOfMemoryError e) { // must not end the run
      failed = true;
      System.err.println("mae: reconstructions of checkpoints are not drawn: " + e);
    }
  }

  private Snapshot newest() {
    return taken.get(taken.size() - 1);
  }

  private static List<Reconstruction> draw(
      MaeGraph graph, RunConfig run, ModelDescription model, Configuration hadoop) {
    List<SourceImage> images =
        SourceImages.first(List.of(run.data().uri()), "parquet", IMAGES, hadoop);
    return Reconstructions.of(graph, model.normalisation(), images, null, run.train().seed());
  }

  /** Returns the pictures so far beside those of the final model. */
  Gallery gallery(List<Reconstruction> last, RunConfig run) throws IOException {
    List<Reconstruction> same = last.subList(0, Math.min(IMAGES, last.size()));
    List<Shown> columns = new ArrayList<>();
    columns.add(new Shown("original", Strip.originals(same, run.model())));
    columns.add(new Shown("masked", Strip.masked(same, run.model())));
    for (Snapshot snapshot : taken) {
      columns.add(
          new Shown(String.format(Locale.ROOT, "epoch %.1f", snapshot.epoch()), snapshot.png()));
    }
    columns.add(
        new Shown("epoch " + run.train().epochs() + ", end", Strip.completed(same, run.model())));
    return new Gallery(
        "Reconstructions from checkpoints",
        "Images of the training set with the same masks at every checkpoint; the patches that the model saw are pasted in.",
        true,
        columns);
  }

  boolean isEmpty() {
    return taken.isEmpty();
  }

  void write(VersionWriter version) throws IOException {
    version.file(FILE, Json.lines(taken));
  }

  /** Goes on from those that a checkpoint has. */
  void restore(ModelVersion version) throws IOException {
    taken.clear();
    if (version.has(FILE)) {
      taken.addAll(version.read(FILE, in -> Json.readLines(in, Snapshot.class)));
    }
  }
}

package io.sparkmae.job;

import io.sparkmae.data.SourceImage;
import io.sparkmae.data.SourceImages;
import io.sparkmae.job.RunRecord.Place;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.picture.Picture;
import io.sparkmae.job.picture.Report;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.train.Trained;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Writes what a run has trained as a version of the model directory, and reads it back. */
final class TrainedVersion {

  /** The whole graph with its optimiser's state, in a version. */
  static final String GRAPH = "state/graph.zip";

  private static final String OUTER_MOMENTUM = "state/outer-momentum.nd4j";
  private static final String PICTURE = "reconstructions.png";
  private static final int ROWS_OF_PICTURE = 8;

  private TrainedVersion() {}

  /** Writes the last version of a run. */
  static PretrainResult write(
      Trained trained, RunConfig run, Place place, ModelStore store, Configuration hadoop)
      throws IOException {
    VersionWriter version = store.begin();
    PretrainResult result =
        new PretrainResult(
            version.uri(),
            trained.loss(),
            trained.images(),
            trained.imagesPerSecond(),
            trained.graph().paramsSha256());
    writeState(version, trained, run);
    byte[] picture = picture(trained.graph(), run, hadoop);
    version.file(PICTURE, out -> out.write(picture));
    String title = run.modelName() + " " + version.name();
    version.file(Report.FILE, Report.page(title, run.text(), trained.metrics(), picture));
    RunRecord.write(version, run, place, result);
    version.commit();
    return result;
  }

  /** Writes a version of a run that is not finished: a whole model, and all it takes to go on. */
  static ModelVersion checkpoint(Trained soFar, RunConfig run, Place place, ModelStore store)
      throws IOException {
    VersionWriter version = store.begin();
    writeState(version, soFar, run);
    INDArray momentum = soFar.outerMomentum();
    if (momentum != null) {
      version.file(OUTER_MOMENTUM, out -> Nd4j.write(momentum, new DataOutputStream(out)));
    }
    RunRecord.write(version, run, place, null);
    return version.commit();
  }

  private static void writeState(VersionWriter version, Trained trained, RunConfig run)
      throws IOException {
    ExportLayout.TIMM.write(
        run.modelName(),
        run.model(),
        MaeWeights.encoder(trained.graph()),
        (name, content) -> version.file(EncoderModel.DIRECTORY + name, content));
    version.file(GRAPH, trained.graph()::save);
    version.file(Metric.FILE, Metric.lines(trained.metrics()));
  }

  /** What {@link #checkpoint} wrote. */
  static Trained restore(ModelVersion version) throws IOException {
    INDArray momentum = null;
    if (version.has(OUTER_MOMENTUM)) {
      try (InputStream in = buffered(version, OUTER_MOMENTUM)) {
        momentum = Nd4j.read(new DataInputStream(in));
      }
    }
    try (InputStream metrics = version.open(Metric.FILE)) {
      return Trained.restored(graph(version), momentum, Metric.read(metrics));
    }
  }

  /** The whole graph of a version. */
  static MaeGraph graph(ModelVersion version) throws IOException {
    try (InputStream in = buffered(version, GRAPH)) {
      return MaeGraph.restore(in);
    }
  }

  private static InputStream buffered(ModelVersion version, String file) throws IOException {
    return new BufferedInputStream(version.open(file), 1 << 16);
  }

  private static byte[] picture(MaeGraph graph, RunConfig run, Configuration hadoop)
      throws IOException {
    List<SourceImage> images =
        SourceImages.first(List.of(run.data().uri()), "parquet", ROWS_OF_PICTURE, hadoop);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    Picture.write(
        Reconstructions.of(graph, images, run.train().seed()), run.model(), run.modelName(), png);
    return png.toByteArray();
  }
}

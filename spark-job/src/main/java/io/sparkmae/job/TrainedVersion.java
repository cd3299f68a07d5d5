package io.sparkmae.job;

import io.sparkmae.data.SourceImage;
import io.sparkmae.data.SourceImages;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.picture.Picture;
import io.sparkmae.job.picture.Report;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.train.Trained;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Writes what a run trained as a version of the model directory. */
final class TrainedVersion {

  /** The whole graph with its optimiser's state, in a version. */
  static final String GRAPH = "state/graph.zip";

  private static final String PICTURE = "reconstructions.png";
  private static final int ROWS_OF_PICTURE = 8;

  private TrainedVersion() {}

  static PretrainResult write(Trained trained, RunConfig run, String output, Configuration hadoop)
      throws IOException {
    MaeGraph graph = trained.graph();
    VersionWriter version = ModelStore.at(output, hadoop).begin();
    PretrainResult result =
        new PretrainResult(
            version.uri(),
            trained.loss(),
            trained.images(),
            trained.imagesPerSecond(),
            graph.paramsSha256());
    ExportLayout.TIMM.write(
        run.modelName(),
        run.model(),
        MaeWeights.encoder(graph),
        (name, content) -> version.file(EncoderModel.DIRECTORY + name, content));
    version.file(GRAPH, graph::save);
    version.file(Metric.FILE, Metric.lines(trained.metrics()));
    byte[] picture = picture(graph, run, hadoop);
    version.file(PICTURE, out -> out.write(picture));
    String title = run.modelName() + " " + version.name();
    version.file(Report.FILE, Report.page(title, run.text(), trained.metrics(), picture));
    RunRecord.write(version, run, result);
    version.commit();
    return result;
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

package io.sparkmae.job.run;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.layout.SourceImages;
import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.picture.Picture;
import io.sparkmae.job.picture.Reconstruction;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.report.RunView.Gallery;
import io.sparkmae.job.run.RunRecord.Place;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.train.ResumePoint;
import io.sparkmae.job.train.Trained;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Writes the trained model of a run as a version of the model directory, and reads it back. */
final class TrainedVersion {

  static final String PICTURE = "reconstructions.png";
  private static final int ROWS_OF_PICTURE = 8;

  private TrainedVersion() {}

  /** Writes the final version of a run. */
  static PretrainResult write(
      Trained trained,
      RunConfig run,
      Place place,
      PreparedData data,
      ModelStore store,
      Snapshots snapshots,
      Configuration hadoop)
      throws IOException {
    VersionWriter version = store.begin();
    ModelDescription model = description(run, data);
    writeState(version, trained, model);
    Course course = Course.of(trained, List.of());
    course.write(version);
    PretrainResult result = result(version.uri(), trained);
    List<Gallery> galleries =
        draw(version, (MaeGraph) trained.graph(), run, model, snapshots, hadoop);
    String title = run.modelName() + " " + version.name();
    long parameters = trained.graph().numParams();
    RunPage.write(
        version, title, () -> RunPage.of(title, run, data, parameters, course, null, galleries));
    RunRecord.write(version, run, place, result);
    version.commit();
    return result;
  }

  private static PretrainResult result(String uri, Trained trained) {
    return new PretrainResult(
        uri,
        trained.loss(),
        trained.images(),
        trained.imagesPerSecond(),
        trained.graph().paramsSha256());
  }

  /** Writes a checkpoint of an unfinished run: a complete model, and the state to continue from. */
  static ResumePoint checkpoint(
      Trained soFar,
      RunConfig run,
      Place place,
      PreparedData data,
      ModelStore store,
      Snapshots snapshots,
      Configuration hadoop)
      throws IOException {
    VersionWriter version = store.begin();
    ModelDescription model = description(run, data);
    StoredState state = writeState(version, soFar, model);
    Course.of(soFar, List.of()).write(version);
    snapshots.take(soFar, run, model, hadoop);
    snapshots.write(version);
    RunRecord.write(version, run, place, null);
    version.commit();
    return new ResumePoint(version.uri(), state, soFar.metrics(), soFar.workers());
  }

  private static ModelDescription description(RunConfig run, PreparedData data) {
    return new ModelDescription(
        run.modelName(), run.model(), DataPixels.normalisation(data, run.model()));
  }

  private static StoredState writeState(
      VersionWriter version, Trained trained, ModelDescription model) throws IOException {
    StoredState state =
        trained
            .vectors()
            .write(version, () -> writeEncoder(version, (MaeGraph) trained.graph(), model));
    StateFile.write(version, state, trained.graph());
    return state;
  }

  private static void writeEncoder(VersionWriter version, MaeGraph graph, ModelDescription model)
      throws IOException {
    ExportLayout.TIMM.write(
        model,
        MaeWeights.encoder(graph),
        (name, content) -> version.file(EncoderModel.DIRECTORY + name, content));
  }

  /** Reads the data that {@link #checkpoint} wrote, except the vectors, which executors read. */
  static ResumePoint restore(ModelVersion version) throws IOException {
    Course course = Course.read(version);
    return new ResumePoint(
        version.uri(), StateFile.read(version).state(), course.metrics(), course.workers());
  }

  /**
   * Writes a picture of reconstructions; returns what the report shows: nothing if drawing fails,
   * which must not lose the trained model.
   */
  private static List<Gallery> draw(
      VersionWriter version,
      MaeGraph graph,
      RunConfig run,
      ModelDescription model,
      Snapshots snapshots,
      Configuration hadoop)
      throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    List<Gallery> galleries = new ArrayList<>();
    try {
      List<SourceImage> images =
          SourceImages.first(List.of(run.data().uri()), "parquet", ROWS_OF_PICTURE, hadoop);
      List<Reconstruction> drawn =
          Reconstructions.of(graph, model.normalisation(), images, null, run.train().seed());
      Picture.write(drawn, run.model(), run.modelName(), png);
      galleries.add(RunPage.reconstructions(run, png.toByteArray()));
      if (!snapshots.isEmpty()) {
        galleries.add(snapshots.gallery(drawn, run));
      }
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      System.err.println("mae: the picture was not drawn: " + e);
      return List.of();
    }
    version.file(PICTURE, png::writeTo);
    return galleries;
  }
}

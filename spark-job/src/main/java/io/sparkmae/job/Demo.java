package io.sparkmae.job;

import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareResult;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.demo.DemoReport;
import io.sparkmae.job.embed.Embedding;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.probe.NearestNeighbours;
import io.sparkmae.job.report.Report;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.run.PretrainRun;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.track.Tracker;
import io.sparkmae.model.config.FeaturePooling;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** The steps of the demo, in one directory: prepare, pretrain, probe, reconstruct, export. */
final class Demo {

  private static final long SEED = 0;
  private static final long JUDGED_SEED = 1L << 32;
  private static final int TRAIN_PER_CLASS = 256;
  private static final int ROWS_OF_PICTURE = 8;
  private static final int JUDGED_PER_CLASS = 64;
  private static final int BATCH_OF_FEATURES = 32;

  // Less than two minutes on two cores.
  private static final long IMAGES_TO_TRAIN = 70_000;

  /**
   * The command's result line.
   *
   * @param psnr decibels over the removed patches of the picture's images
   * @param knn what the features are worth; null for the user's images, which need no labels
   */
  record Result(String picture, String report, String weights, double psnr, DemoReport.Knn knn) {}

  private final String output;
  private final int epochs; // 0: as IMAGES_TO_TRAIN says
  private final SparkSession spark;
  private final Configuration hadoop;

  Demo(String output, int epochs, SparkSession spark, Configuration hadoop) {
    this.output = output;
    this.epochs = epochs;
    this.spark = spark;
    this.hadoop = hadoop;
  }

  /** Runs all steps on {@code images}, or on images that the demo draws if the list is empty. */
  Result run(List<String> images) throws IOException {
    boolean own = images.isEmpty();
    if (own) {
      drawImages();
    }
    List<String> inputs = own ? List.of(at("images/train")) : images;
    PrepareResult prepared = prepare(inputs, at("data"));
    RunConfig run = ConfigLayers.runConfig(settings(prepared.rows()), null, hadoop);
    say(
        "training a small model, %d epochs of %d images"
            .formatted(run.train().epochs(), prepared.rows()));
    String version = new PretrainRun(spark, run, at("model"), Tracker.OFF).train(false).version();
    DemoReport.Knn knn = own ? knn(version, prepared.rows()) : null;
    return write(version, own ? List.of(at("images/test")) : images, knn);
  }

  private void drawImages() throws IOException {
    say("drawing images");
    DemoImages.render(Directory.at(at("images/train"), hadoop), TRAIN_PER_CLASS, SEED);
    DemoImages.render(Directory.at(at("images/test"), hadoop), 1, ~SEED);
    DemoImages.render(Directory.at(at("images/judged"), hadoop), JUDGED_PER_CLASS, JUDGED_SEED);
  }

  private PrepareResult prepare(List<String> inputs, String data) {
    say("preparing " + inputs);
    return PrepareJob.run(
        spark, new PrepareSettings(inputs, data, "auto", 2 * DemoImages.SIZE, 92, SEED));
  }

  private DemoReport.Knn knn(String version, long known) throws IOException {
    long judged = prepare(List.of(at("images/judged")), at("judged")).rows();
    say("comparing the trained encoder with an untrained one");
    EncoderModel trained = EncoderModel.of(version, hadoop);
    EncoderModel untrained =
        EncoderModel.untrained(EncoderModel.description(version, hadoop), SEED);
    return new DemoReport.Knn(
        top1(trained), top1(untrained), NearestNeighbours.USUAL_K, known, judged);
  }

  private double top1(EncoderModel encoder) {
    Embedding embedding =
        Embedding.of(
            spark,
            encoder.config(),
            encoder.normalisation(),
            encoder.weights(),
            FeaturePooling.MEAN,
            BATCH_OF_FEATURES);
    return NearestNeighbours.probe(
            embedding.features(at("data")),
            embedding.features(at("judged")),
            NearestNeighbours.USUAL_K,
            NearestNeighbours.USUAL_TEMPERATURE)
        .accuracy()
        .top1();
  }

  private Map<String, Object> settings(long rows) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("data.uri", at("data"));
    settings.put("data.crop-scale-min", 0.5);
    settings.put("model.name", "mae_vit_tiny_patch16");
    settings.put("model.image-size", DemoImages.SIZE);
    settings.put("model.patch-size", 8);
    // narrow towers see twice as many images in the time, and learn more
    settings.put("model.embed-dim", 128);
    settings.put("model.depth", 6);
    settings.put("model.num-heads", 4);
    settings.put("model.decoder-embed-dim", 128);
    settings.put("model.decoder-depth", 2);
    settings.put("model.decoder-num-heads", 4);
    long inTwoMinutes = Math.max(1, IMAGES_TO_TRAIN / Math.max(1, rows));
    settings.put("train.epochs", epochs > 0 ? epochs : inTwoMinutes);
    settings.put("train.workers", 2); // the learning rate grows with their number
    settings.put("train.batch-size", 16);
    settings.put("train.averaging-frequency", 8);
    settings.put("train.base-lr", 1.2e-2); // 1.5e-3 at a batch of 32: there are few steps
    return settings;
  }

  private Result write(String version, List<String> images, DemoReport.Knn knn) throws IOException {
    say("drawing reconstructions");
    String picture = at("reconstructions.png");
    double psnr =
        ReconstructCommand.run(
                ReconstructCommand.PictureOptions.of(version, images, picture, ROWS_OF_PICTURE),
                new ReconstructCommand.Masks(new double[0], null, SEED),
                hadoop)
            .psnr();
    ExportCommand.run(version, at("encoder"), ExportLayout.TIMM, false, hadoop);
    String run = "model/" + new Path(version).getName() + "/" + Report.FILE;
    Directory.at(output, hadoop)
        .file(Report.FILE, DemoReport.page("reconstructions.png", psnr, knn, run));
    String weights = at("encoder/" + ExportLayout.WEIGHTS);
    return new Result(picture, at(Report.FILE), weights, psnr, knn);
  }

  private String at(String name) {
    return output + "/" + name;
  }

  private static void say(String step) {
    System.err.println("demo: " + step);
  }
}

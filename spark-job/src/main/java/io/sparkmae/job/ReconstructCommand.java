package io.sparkmae.job;

import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.layout.SourceImages;
import io.sparkmae.job.picture.Picture;
import io.sparkmae.job.picture.Reconstruction;
import io.sparkmae.job.picture.Sweep;
import io.sparkmae.job.picture.Sweep.Column;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.run.Reconstructions;
import io.sparkmae.job.run.WholeModel;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.config.Normalisation;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mae reconstruct}: draws a model's reconstructions of masked images. */
@Command(name = "reconstruct", description = "Draws what a model makes of masked images.")
final class ReconstructCommand implements Callable<Outcome> {

  /** The options of commands that draw what a model makes of images. */
  static final class PictureOptions {

    @Option(
        names = "--model",
        required = true,
        paramLabel = "URI",
        description =
            "A model directory, one version in it, or another library's safetensors files.")
    String model;

    @Option(
        names = "--images",
        required = true,
        arity = "1..*",
        paramLabel = "URI",
        description = "Images of any layout; the first are drawn.")
    List<String> images;

    @Option(
        names = "--output",
        required = true,
        paramLabel = "FILE.png",
        description = "The picture.")
    String output;

    @Option(
        names = "--count",
        defaultValue = "8",
        paramLabel = "N",
        description = "Images to draw, one a row.")
    int count;

    @Option(
        names = "--show-channels",
        split = ",",
        paramLabel = "R,G,B",
        description =
            "Channels drawn as red, green and blue, from 0, or one for grey; 0,1,2 unless given.")
    int[] shown;

    /** Returns the options of a caller without a command line, which shows RGB. */
    static PictureOptions of(String model, List<String> images, String output, int count) {
      PictureOptions options = new PictureOptions();
      options.model = model;
      options.images = images;
      options.output = output;
      options.count = count;
      return options;
    }

    /** Throws, before anything is read, if the options break a rule. */
    void check() {
      if (count < 1) {
        throw new IllegalArgumentException("Invalid count: " + count + " (must be at least 1)");
      }
    }

    /** Returns the images to draw, with the channels of a model. */
    List<SourceImage> images(Normalisation model, Configuration hadoop) {
      return SourceImages.first(images, "auto", DataPixels.format(model), count, hadoop);
    }

    /** Opens the picture's file, in place of an older one. */
    OutputStream create(Configuration hadoop) throws IOException {
      Path path = new Path(output);
      return path.getFileSystem(hadoop).create(path, true);
    }
  }

  @Mixin private PictureOptions picture;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Decides the masks, which are the same in every call.")
  private long seed;

  @Option(
      names = "--mask-ratio",
      split = ",",
      paramLabel = "SHARE",
      description =
          "Share of the patches removed, the model's unless given; several, as 0.5,0.75,0.9, have a column each.")
  private double[] maskRatios = {};

  @Option(
      names = "--mask-sampling",
      paramLabel = "random|block|grid",
      description = "How the removed patches are chosen; as in training unless given.")
  private MaskSampling maskSampling;

  /**
   * The command's result line.
   *
   * @param picture path of the PNG
   * @param psnr decibels over the removed patches of all images, as they are drawn
   * @param psnrByMaskRatio the same of each mask ratio
   */
  record Result(String picture, int images, double psnr, Map<String, Double> psnrByMaskRatio) {}

  /**
   * The masks to draw.
   *
   * @param ratios none for the model's own
   * @param sampling null for the model's own
   */
  record Masks(double[] ratios, MaskSampling sampling, long seed) {

    /** Returns the tasks, one for each ratio. */
    List<MaeConfig> tasks(MaeConfig model) {
      MaeConfig sampled = sampling == null ? model : model.withMaskSampling(sampling);
      double[] shares = ratios.length == 0 ? new double[] {model.maskRatio()} : ratios;
      return Arrays.stream(shares)
          .distinct()
          .mapToObj(ratio -> sampled.withTask(ratio, model.normPixLoss()))
          .toList();
    }
  }

  @Override
  public Outcome call() throws IOException {
    Masks masks = new Masks(maskRatios, maskSampling, seed);
    return Outcome.done(run(picture, masks, Sessions.hadoop()));
  }

  static Result run(PictureOptions picture, Masks masks, Configuration hadoop) throws IOException {
    picture.check();
    WholeModel whole = WholeModel.of(picture.model, hadoop);
    List<MaeConfig> tasks = masks.tasks(whole.description().config()); // checked before decoding
    Normalisation normalisation = whole.description().normalisation();
    List<SourceImage> first = picture.images(normalisation, hadoop);
    List<Column> columns = new ArrayList<>();
    for (MaeConfig task : tasks) {
      MaeGraph graph = whole.graph().withTaskOf(task);
      columns.add(
          new Column(
              task.maskRatio(),
              Reconstructions.of(graph, normalisation, first, picture.shown, masks.seed())));
    }
    try (OutputStream out = picture.create(hadoop)) {
      write(columns, tasks.get(0), whole.description().name(), out);
    }
    return result(picture.output, columns);
  }

  private static void write(List<Column> columns, MaeConfig task, String name, OutputStream out)
      throws IOException {
    if (columns.size() == 1) {
      Picture.write(columns.get(0).images(), task, name, out);
    } else {
      Sweep.write(columns, task, name, out);
    }
  }

  private static Result result(String output, List<Column> columns) {
    Map<String, Double> psnr = new LinkedHashMap<>();
    List<Reconstruction> all = new ArrayList<>();
    for (Column column : columns) {
      psnr.put(String.valueOf(column.maskRatio()), Reconstruction.psnr(column.images()));
      all.addAll(column.images());
    }
    return new Result(output, columns.get(0).images().size(), Reconstruction.psnr(all), psnr);
  }
}

package io.sparkmae.job;

import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.layout.SourceImages;
import io.sparkmae.job.picture.Picture;
import io.sparkmae.job.picture.Reconstruction;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.run.Reconstructions;
import io.sparkmae.job.run.WholeModel;
import io.sparkmae.model.config.Normalisation;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae reconstruct}: draws a model's reconstructions of masked images. */
@Command(name = "reconstruct", description = "Draws what a model makes of masked images.")
final class ReconstructCommand implements Callable<Outcome> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "URI",
      description = "A model directory, one version in it, or another library's safetensors files.")
  private String model;

  @Option(
      names = "--images",
      required = true,
      arity = "1..*",
      paramLabel = "URI",
      description = "Images of any layout; the first are drawn.")
  private List<String> images;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE.png",
      description = "The picture.")
  private String output;

  @Option(
      names = "--count",
      defaultValue = "8",
      paramLabel = "N",
      description = "Images to draw, one a row.")
  private int count;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Decides the masks.")
  private long seed;

  @Option(
      names = "--show-channels",
      split = ",",
      paramLabel = "R,G,B",
      description =
          "Channels drawn as red, green and blue, from 0, or one for grey; 0,1,2 unless given.")
  private int[] shown;

  /**
   * The command's result line.
   *
   * @param picture path of the PNG
   * @param psnr decibels over the removed patches of all images, as they are drawn
   */
  record Result(String picture, int images, double psnr) {}

  @Override
  public Outcome call() throws IOException {
    return Outcome.done(run(model, images, output, count, shown, seed, Sessions.hadoop()));
  }

  static Result run(
      String model,
      List<String> images,
      String output,
      int count,
      int[] shown,
      long seed,
      Configuration hadoop)
      throws IOException {
    if (count < 1) {
      throw new IllegalArgumentException("Invalid count: " + count + " (must be at least 1)");
    }
    WholeModel whole = WholeModel.of(model, hadoop);
    Normalisation normalisation = whole.description().normalisation();
    List<SourceImage> first =
        SourceImages.first(images, "auto", DataPixels.format(normalisation), count, hadoop);
    List<Reconstruction> rows =
        Reconstructions.of(whole.graph(), normalisation, first, shown, seed);
    Path path = new Path(output);
    try (OutputStream out = path.getFileSystem(hadoop).create(path, true)) {
      Picture.write(rows, whole.description().config(), whole.description().name(), out);
    }
    return new Result(output, rows.size(), Reconstruction.psnr(rows));
  }
}

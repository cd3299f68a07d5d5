package io.sparkmae.job;

import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.layout.SourceImages;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.model.config.Normalisation;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Option;

/** The options of the commands that draw what a model makes of images. */
final class PictureOptions {

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
      names = "--show-channels",
      split = ",",
      paramLabel = "R,G,B",
      description =
          "Channels drawn as red, green and blue, from 0, or one for grey; 0,1,2 unless given.")
  private int[] shown;

  /** Returns the options of a caller that has no command line, and shows RGB. */
  static PictureOptions of(String model, List<String> images, String output, int count) {
    PictureOptions options = new PictureOptions();
    options.model = model;
    options.images = images;
    options.output = output;
    options.count = count;
    return options;
  }

  String model() {
    return model;
  }

  String output() {
    return output;
  }

  /** Returns the channels to show; null for the first three. */
  int[] shown() {
    return shown;
  }

  /** Throws before anything is read if the options break a rule. */
  void check() {
    if (count < 1) {
      throw new IllegalArgumentException("Invalid count: " + count + " (must be at least 1)");
    }
  }

  /** Returns the images to draw, with the channels of a model. */
  List<SourceImage> images(Normalisation model, Configuration hadoop) throws IOException {
    return SourceImages.first(images, "auto", DataPixels.format(model), count, hadoop);
  }

  /** Opens the picture's file, in place of an older one. */
  OutputStream create(Configuration hadoop) throws IOException {
    Path path = new Path(output);
    return path.getFileSystem(hadoop).create(path, true);
  }
}

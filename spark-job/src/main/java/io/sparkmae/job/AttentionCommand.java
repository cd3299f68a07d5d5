package io.sparkmae.job;

import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.layout.SourceImages;
import io.sparkmae.job.picture.AttentionPicture;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.run.Attentions;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.spark.Sessions;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae attention}: draws where the class token looks in the encoder's last block. */
@Command(
    name = "attention",
    description = "Draws where an encoder's class token looks, in its last block.")
final class AttentionCommand implements Callable<Outcome> {

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

  @Option(names = "--each-head", description = "Draws every head beside their mean.")
  private boolean eachHead;

  @Option(
      names = "--image-size",
      defaultValue = "0",
      paramLabel = "PIXELS",
      description = "Side of the images; 0 for what the model was trained at.")
  private int imageSize;

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
   */
  record Result(String picture, int images, int heads) {}

  @Override
  public Outcome call() throws IOException {
    if (count < 1) {
      throw new IllegalArgumentException("Invalid count: " + count + " (must be at least 1)");
    }
    Configuration hadoop = Sessions.hadoop();
    EncoderModel encoder = EncoderModel.of(model, hadoop).at(imageSize);
    List<SourceImage> first =
        SourceImages.first(
            images, "auto", DataPixels.format(encoder.normalisation()), count, hadoop);
    List<AttentionPicture.Row> rows = Attentions.of(encoder, first, shown);
    Path path = new Path(output);
    try (OutputStream out = path.getFileSystem(hadoop).create(path, true)) {
      AttentionPicture.write(rows, encoder.config(), encoder.name(), eachHead, out);
    }
    return Outcome.done(new Result(output, rows.size(), encoder.config().encoder().numHeads()));
  }
}

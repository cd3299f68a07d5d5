package io.sparkmae.job;

import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.job.picture.AttentionPicture;
import io.sparkmae.job.run.Attentions;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.spark.Sessions;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mae attention}: draws where the class token looks in the encoder's last block. */
@Command(
    name = "attention",
    description = "Draws where an encoder's class token looks, in its last block.")
final class AttentionCommand implements Callable<Outcome> {

  @Mixin private ReconstructCommand.PictureOptions picture;

  @Option(names = "--each-head", description = "Draws every head beside their mean.")
  private boolean eachHead;

  @Option(
      names = "--image-size",
      defaultValue = "0",
      paramLabel = "PIXELS",
      description = "Side of the images; 0 for what the model was trained at.")
  private int imageSize;

  /**
   * The command's result line.
   *
   * @param picture path of the PNG
   */
  record Result(String picture, int images, int heads) {}

  @Override
  public Outcome call() throws IOException {
    picture.check();
    Configuration hadoop = Sessions.hadoop();
    EncoderModel encoder = EncoderModel.of(picture.model, hadoop).at(imageSize);
    List<SourceImage> first = picture.images(encoder.normalisation(), hadoop);
    List<AttentionPicture.Row> rows = Attentions.of(encoder, first, picture.shown);
    try (OutputStream out = picture.create(hadoop)) {
      AttentionPicture.write(rows, encoder.config(), encoder.name(), eachHead, out);
    }
    return Outcome.done(
        new Result(picture.output, rows.size(), encoder.config().encoder().numHeads()));
  }
}

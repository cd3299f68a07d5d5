package io.sparkmae.job;

import io.sparkmae.data.KeyRange;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.prepare.FirstImage;
import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareResult;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.data.storage.ColumnNames;
import io.sparkmae.job.spark.Sessions;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae prepare}: turns images of any layout into a prepared data set. */
@Command(name = "prepare", description = "Turns images of any layout into a prepared data set.")
final class PrepareCommand implements Callable<Outcome> {

  @Option(
      names = "--input",
      required = true,
      arity = "1..*",
      paramLabel = "URI",
      description = "Files, directories or patterns.")
  private List<String> inputs;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "The prepared data set.")
  private String output;

  @Option(
      names = "--layout",
      defaultValue = "auto",
      paramLabel = "auto|folder|webdataset|imagenet-tar|tfrecord|sequencefile|parquet",
      description = "How the images lie; auto looks at names and first bytes.")
  private String layout;

  @Option(
      names = "--short-side",
      defaultValue = "0",
      paramLabel = "PIXELS",
      description = "Shrinks images to this short side; 0 keeps their bytes.")
  private int shortSide;

  @Option(
      names = "--quality",
      defaultValue = "92",
      paramLabel = "N",
      description = "JPEG quality of images that are shrunk.")
  private int quality;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Decides the shuffle.")
  private long seed;

  @Option(
      names = "--least-rows",
      defaultValue = "0.5",
      paramLabel = "SHARE",
      description = "A truncated image is kept if more than this share of its rows is there.")
  private double leastRows;

  @Option(
      names = "--drop-duplicates",
      description = "Of images with the same bytes keeps the one with the first key only.")
  private boolean dropDuplicates;

  @Option(
      names = "--orientation",
      defaultValue = "ignore",
      paramLabel = "apply|ignore",
      description =
          "What becomes of the orientation that cameras note: apply stores images upright, ignore"
              + " as they are, as in the recipes of ImageNet.")
  private Turning orientation;

  @Option(
      names = "--validation-share",
      defaultValue = "0",
      paramLabel = "SHARE",
      description =
          "Puts this share of the samples, chosen by key, into OUTPUT/validation, the rest into"
              + " OUTPUT/train.")
  private double validationShare;

  @Option(
      names = "--classes",
      paramLabel = "URI",
      description =
          "The list of classes, in order of label: a text file with one a line, or a prepared data"
              + " set. Without it, the input's own.")
  private String classes;

  @Option(
      names = "--image-column",
      paramLabel = "NAME",
      description = "The column of images of Parquet; with dots within structs.")
  private String imageColumn;

  @Option(
      names = "--label-column",
      paramLabel = "NAME|none",
      description = "The column of labels of Parquet, numbers or words.")
  private String labelColumn;

  @Option(
      names = "--channels",
      defaultValue = "3",
      paramLabel = "C",
      description = "Channels of the images, 1 to 16; 3 are red, green and blue.")
  private int channels;

  @Option(
      names = "--channel-type",
      defaultValue = "auto",
      paramLabel = "auto|uint8|uint16",
      description =
          "Type of a channel; auto is RGB for 3 channels, else the type of the first image.")
  private ChannelType channelType;

  private enum Turning {
    APPLY,
    IGNORE
  }

  /** What a user may say of the type of the channels. */
  enum ChannelType {
    AUTO,
    UINT8,
    UINT16
  }

  /** The result line of a split. */
  record Split(PrepareResult train, PrepareResult validation) {}

  @Override
  public Outcome call() {
    PrepareSettings all = settings();
    if (validationShare == 0) {
      return Outcome.done(PrepareJob.run(Sessions.open("prepare"), all));
    }
    PrepareSettings validation = all.part("validation", new KeyRange(0, validationShare));
    PrepareSettings train = all.part("train", new KeyRange(validationShare, 1));
    SparkSession spark = Sessions.open("prepare");
    PrepareResult ofTrain = PrepareJob.run(spark, train);
    return Outcome.done(new Split(ofTrain, PrepareJob.run(spark, validation)));
  }

  private PrepareSettings settings() {
    return new PrepareSettings(
            inputs,
            output,
            layout,
            shortSide,
            quality,
            seed,
            leastRows,
            dropDuplicates,
            orientation == Turning.APPLY,
            KeyRange.ALL,
            new ColumnNames(imageColumn, labelColumn),
            classes,
            PixelFormat.RGB)
        .of(pixels());
  }

  private PixelFormat pixels() {
    return switch (channelType) {
      case AUTO ->
          channels == PixelFormat.RGB.channels()
              ? PixelFormat.RGB
              : FirstImage.format(inputs, layout, channels, Sessions.hadoop());
      case UINT8 -> new PixelFormat(channels, PixelFormat.Type.UINT8);
      case UINT16 -> new PixelFormat(channels, PixelFormat.Type.UINT16);
    };
  }
}

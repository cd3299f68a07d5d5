package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.channels.ChannelPatches;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.Patches;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.data.image.View;
import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.prepare.Inspection;
import io.sparkmae.job.picture.ContactSheet;
import io.sparkmae.job.picture.ContactSheet.Cell;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.pixels.ShownChannels;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.model.MaeBatch;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.config.Normalisation;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae inspect}: counts what is in a data set, and draws some of it. */
@Command(name = "inspect", description = "Counts what is in a data set, and draws some of it.")
final class InspectCommand implements Callable<Outcome> {
  // images to take sizes from; a window of row groups has more
  private static final int SAMPLE = 1000;
  private static final byte GREY = (byte) 0x80;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "URI",
      description = "A prepared data set, or Parquet with images.")
  private String data;

  @Option(
      names = "--output",
      paramLabel = "FILE.png",
      description = "A contact sheet; without it nothing is drawn.")
  private String output;

  @Option(
      names = "--count",
      defaultValue = "32",
      paramLabel = "N",
      description = "Images on the sheet.")
  private int count;

  @Option(
      names = "--augmented",
      description = "Draws what the network will see, beside each image: a crop, and it masked.")
  private boolean augmented;

  @Option(
      names = "--image-size",
      defaultValue = "224",
      paramLabel = "PIXELS",
      description = "Side of an image on the sheet.")
  private int imageSize;

  @Option(
      names = "--patch-size",
      defaultValue = "16",
      paramLabel = "PIXELS",
      description = "Side of a patch of the mask.")
  private int patchSize;

  @Option(
      names = "--mask-ratio",
      defaultValue = "0.75",
      paramLabel = "SHARE",
      description = "Share of the patches removed.")
  private double maskRatio;

  @Option(
      names = "--mask-sampling",
      defaultValue = "random",
      paramLabel = "random|block|grid",
      description = "How they are chosen.")
  private MaskSampling maskSampling;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Decides crops and masks.")
  private long seed;

  /**
   * The command's result line.
   *
   * @param classes by label; empty when unknown
   * @param contactSheet where the PNG is, or null
   */
  record Result(Inspection inspection, List<String> classes, String contactSheet) {}

  @Override
  public Outcome call() throws IOException {
    if (count < 1) {
      throw new IllegalArgumentException("Invalid count: " + count + " (must be at least 1)");
    }
    Configuration hadoop = Sessions.hadoop();
    PreparedData prepared = PreparedData.open(data, hadoop);
    List<SourceImage> sample = Inspection.sample(prepared, Math.max(SAMPLE, count), hadoop);
    Inspection inspection = Inspection.of(prepared, sample, hadoop);
    if (output != null) {
      draw(sample.subList(0, Math.min(count, sample.size())), prepared, hadoop);
    }
    return Outcome.done(new Result(inspection, prepared.classes(), output));
  }

  private void draw(List<SourceImage> images, PreparedData prepared, Configuration hadoop)
      throws IOException {
    Normalisation pixels = DataPixels.normalisation(prepared);
    List<Cell> cells = new ArrayList<>();
    for (SourceImage image : images) {
      View whole = new CentreCrop(imageSize, patchSize);
      cells.add(cell(rgb(image, whole, 0, pixels), caption(image, prepared.classes())));
      if (augmented) {
        addAugmented(image, pixels, cells);
      }
    }
    write(cells, hadoop);
  }

  private void write(List<Cell> cells, Configuration hadoop) throws IOException {
    Path path = new Path(output);
    try (OutputStream out = path.getFileSystem(hadoop).create(path, true)) {
      ContactSheet.write(cells, imageSize, out);
    }
  }

  private void addAugmented(SourceImage image, Normalisation pixels, List<Cell> cells) {
    View view = new RandomCrop(imageSize, patchSize, seed, 0, 0);
    long sampleSeed = view.sampleSeed(image.key());
    byte[] patches = rgb(image, view, sampleSeed, pixels);
    cells.add(cell(patches, "crop"));
    mask(patches, view.patchLength(), sampleSeed);
    cells.add(cell(patches, "masked"));
  }

  /** Greys the patches that training removes. */
  private void mask(byte[] patches, int patchLength, long sampleSeed) {
    MaeConfig config =
        MaeConfig.preset("mae_vit_tiny_patch16")
            .withGeometry(imageSize, patchSize, 3)
            .withTask(maskRatio, false)
            .withMaskSampling(maskSampling);
    double[] mask = MaeBatch.mask(config, sampleSeed);
    for (int i = 0; i < patches.length; i++) {
      patches[i] = mask[i / patchLength] == 0 ? patches[i] : GREY;
    }
  }

  /** Returns the patches of a view as RGB; of other images the first channels are drawn. */
  private static byte[] rgb(SourceImage image, View view, long sampleSeed, Normalisation pixels) {
    PixelFormat format = DataPixels.format(pixels);
    byte[] patches = ChannelPatches.of(image.bytes(), format, view, sampleSeed);
    return format.equals(PixelFormat.RGB)
        ? patches
        : ShownChannels.of(null, format.channels()).draw(patches, pixels);
  }

  private Cell cell(byte[] patches, String caption) {
    return new Cell(Patches.unpatchify(patches, imageSize, patchSize), caption);
  }

  private static String caption(SourceImage image, List<String> classes) {
    boolean named = image.label() >= 0 && image.label() < classes.size();
    String label = named ? classes.get(image.label()) : String.valueOf(image.label());
    return image.label() < 0 ? image.key() : label;
  }
}

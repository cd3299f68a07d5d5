package io.sparkmae.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.LocalSpark;
import io.sparkmae.data.Manifest;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.channels.ChannelDecoder;
import io.sparkmae.data.channels.ChannelFiles;
import io.sparkmae.data.channels.ChannelImage;
import io.sparkmae.data.channels.ChannelSums;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.layout.Inputs;
import io.sparkmae.data.layout.LayoutChoice;
import io.sparkmae.data.layout.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of images of other channels on their way into prepared data. */
class ChannelScreeningTest {
  private static final PixelFormat FORMAT = new PixelFormat(4, Type.UINT16);

  @TempDir Path dir;

  private static Sample screen(byte[] bytes, int shortSide) {
    PrepareSettings settings =
        new PrepareSettings(List.of("in"), "out", "auto", shortSide, 92, 0).of(FORMAT);
    try (var screening = new Screening(settings)) {
      return screening.screen(Sample.image("key", bytes, 3));
    }
  }

  @Test
  void smallImagesKeepTheirBytes() {
    ChannelImage image = ChannelFiles.image(1, 40, 30, FORMAT);
    byte[] npy = image.npy();
    for (int shortSide : new int[] {0, 30, 64}) {
      Sample screened = screen(npy, shortSide);
      assertThat(screened.bytes()).isEqualTo(npy);
      assertThat(screened.pixels()).isEqualTo(ChannelSums.of(image));
      assertThat(screened.label()).isEqualTo(3);
    }
  }

  @Test
  void largerOnesShrinkToArrays() throws Exception {
    Sample screened = screen(ChannelFiles.npy(2, 80, 50, FORMAT), 25);
    try (var decoder = new ChannelDecoder(FORMAT)) {
      ChannelImage small = decoder.decode(screened.bytes());
      assertThat(small.width()).isEqualTo(40);
      assertThat(small.height()).isEqualTo(25);
      assertThat(screened.pixels()).isEqualTo(ChannelSums.of(small));
    }
  }

  @Test
  void othersAreRejectsWithTheirReason() {
    Sample reject = screen(TestImages.jpeg(1), 0);
    assertThat(reject.reason()).isEqualTo(RejectReason.UNSUPPORTED);
    assertThat(reject.detail()).isEqualTo("JPEG of 3 × uint8 (the data set has 4 × uint16)");
    assertThat(screen(TestImages.text("no image"), 0).reason())
        .isEqualTo(RejectReason.NOT_AN_IMAGE);
  }

  @Test
  void meanAndDeviationDependOnNeitherTasksNorFiles() throws IOException {
    long[] sums = ChannelSums.none(FORMAT);
    for (int i = 0; i < 30; i++) {
      ChannelImage image = ChannelFiles.image(i, 30 + i, 40 - i, FORMAT);
      PixelSums.add(sums, ChannelSums.of(image));
      boolean array = i % 3 > 0;
      Path file = dir.resolve("folder/%02d.%s".formatted(i, array ? "npy" : "tif"));
      TestImages.write(file, array ? image.npy() : ChannelFiles.tiff(image));
      TestImages.tar(dir.resolve("tars/%02d.tar".formatted(i)), Map.of(i + ".npy", image.npy()));
    }
    for (int tasks = 1; tasks < 4; tasks += 2) {
      for (String input : List.of("folder", "tars")) {
        Manifest manifest = prepared(input, "%s/out-%s-%d".formatted(dir, input, tasks), tasks);
        assertThat(manifest.rows()).isEqualTo(30);
        assertThat(manifest.pixels()).isEqualTo(FORMAT);
        assertThat(manifest.mean()).isEqualTo(ChannelSums.mean(sums, FORMAT));
        assertThat(manifest.deviation()).isEqualTo(ChannelSums.deviation(sums, FORMAT));
      }
    }
  }

  private Manifest prepared(String input, String output, int tasks) {
    String from = dir.resolve(input).toString();
    try (var spark = LocalSpark.withTasks(tasks)) {
      PrepareSettings settings =
          new PrepareSettings(List.of(from), output, "auto", 0, 92, 1).of(FORMAT);
      PrepareJob.run(spark.session(), settings);
      PrepareJob.run(spark.session(), settings); // is done already
      assertThatThrownBy(
              () -> PrepareJob.run(spark.session(), settings.of(new PixelFormat(4, Type.UINT8))))
          .hasMessageContaining("it holds data prepared otherwise");
    }
    return PreparedData.open(output, new Configuration()).manifest();
  }

  @Test
  void theFirstImageThatHasTheChannelsTellsTheirType() throws IOException {
    var conf = new Configuration();
    TestImages.write(dir.resolve("in/a.npy"), TestImages.text("no array"));
    TestImages.write(dir.resolve("in/b.png"), TestImages.png(1));
    TestImages.write(dir.resolve("in/c.npy"), ChannelFiles.npy(1, 9, 9, FORMAT));
    List<String> in = List.of(dir + "/in");
    assertThat(FirstImage.format(in, "auto", 4, conf)).isEqualTo(FORMAT);
    assertThat(FirstImage.format(in, "auto", 3, conf)).isEqualTo(new PixelFormat(3, Type.UINT8));
    assertThatThrownBy(() -> FirstImage.format(in, "auto", 5, conf))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("none of the first 3 images has 5 channels; c.npy: UNSUPPORTED");
  }

  @Test
  void arraysWithoutChannelsAreToldOf() throws IOException {
    TestImages.write(dir.resolve("only/c.npy"), ChannelFiles.npy(1, 9, 9, FORMAT));
    var conf = new Configuration();
    var inputs = Inputs.list(List.of(dir + "/only"), conf);
    assertThatThrownBy(() -> LayoutChoice.of("auto", inputs, conf))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("arrays are images with --channels");
  }
}

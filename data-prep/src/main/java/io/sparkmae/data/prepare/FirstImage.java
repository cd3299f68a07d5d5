package io.sparkmae.data.prepare;

import io.sparkmae.data.channels.ChannelHeader;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.layout.Inputs;
import io.sparkmae.data.layout.LayoutChoice;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.layout.SourceUnit;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** The first image of some inputs, whose channels have the type that all others must have. */
public final class FirstImage {
  private static final int MOST_READ = 100; // damaged ones come before it

  private FirstImage() {}

  /**
   * Returns the format of the first image, in order of name, that has this number of channels.
   *
   * @throws BadData if none of the first images has them
   */
  public static PixelFormat format(
      List<String> inputs, String layout, int channels, Configuration conf) {
    var any = new PixelFormat(channels, Type.UINT8);
    LayoutChoice choice = LayoutChoice.of(layout, Inputs.list(inputs, conf), any, conf);
    String fault = "there is none";
    int read = 0;
    for (SourceUnit unit : choice.layout().units(choice.inputs())) {
      try (Stream<Sample> samples = unit.read(choice.layout(), conf)) {
        Iterator<Sample> images = samples.filter(Sample::isImage).iterator();
        while (read < MOST_READ && images.hasNext()) {
          Sample image = images.next();
          read++;
          try {
            ChannelHeader header = ChannelHeader.of(image.bytes(), channels);
            if (header.channels() == channels) {
              return new PixelFormat(channels, header.type());
            }
            fault = "%s has %d".formatted(image.key(), header.channels());
          } catch (Undecodable e) {
            fault = "%s: %s, %s".formatted(image.key(), e.reason(), e.getMessage());
          }
        }
      }
    }
    throw new BadData(
        "Cannot tell the channel type of %s: none of the first %d images has %d channels; %s (give --channels as the images have, or --channel-type)"
            .formatted(inputs, read, channels, fault));
  }
}

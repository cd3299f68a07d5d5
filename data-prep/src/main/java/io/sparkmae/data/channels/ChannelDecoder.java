package io.sparkmae.data.channels;

import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.ImageDecoder;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.RgbImage;
import io.sparkmae.data.image.Undecodable;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes NumPy arrays, TIFF, PNG and JPEG to the values that are stored, without any conversion of
 * colours. Not thread-safe: readers are reused.
 *
 * <p>A truncated image is refused.
 */
public final class ChannelDecoder implements AutoCloseable {
  private final PixelFormat format;
  private final ImageDecoder jpeg = new ImageDecoder();
  private ImageReader png; // null before the first PNG, and after a damaged one

  /** Makes a decoder of images that all have {@code format}; others are refused. */
  public ChannelDecoder(PixelFormat format) {
    this.format = format;
  }

  /** Decodes an image. */
  public ChannelImage decode(byte[] bytes) throws Undecodable {
    ChannelHeader header = ChannelHeader.of(bytes, format.channels());
    header.require(format);
    return switch (header.format()) {
      case "NPY" -> Npy.of(bytes).read(bytes, format.channels());
      case "TIFF" -> TiffReader.read(new Tiff(bytes));
      case "PNG" -> image(raster(bytes), header);
      default -> jpeg(bytes, header);
    };
  }

  private Raster raster(byte[] bytes) throws Undecodable {
    png = png == null ? reader() : png;
    try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      png.setInput(in, true, true);
      Raster raster = png.read(0).getRaster();
      png.setInput(null);
      return raster;
    } catch (IOException | RuntimeException e) {
      png.dispose(); // it may be in any state
      png = null;
      throw new Undecodable(RejectReason.CORRUPT, "PNG decoder: " + e.getMessage());
    }
  }

  private ChannelImage image(Raster raster, ChannelHeader header) throws Undecodable {
    int channels = format.channels();
    int bands = raster.getNumBands(); // one more if the PNG has a transparent colour
    requireSize(raster, header);
    ChannelImage image = ChannelImage.blank(header.width(), header.height(), format);
    int[] row = new int[raster.getWidth() * bands];
    int to = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, raster.getWidth(), 1, row);
      for (int x = 0; x < row.length; x += bands) {
        for (int c = 0; c < channels; c++) {
          image.put(to++, row[x + c]);
        }
      }
    }
    return image;
  }

  private void requireSize(Raster raster, ChannelHeader header) throws Undecodable {
    if (raster.getWidth() != header.width()
        || raster.getHeight() != header.height()
        || raster.getNumBands() < format.channels()
        || raster.getSampleModel().getSampleSize(0) != 8 * format.type().bytes()) {
      throw new Undecodable(RejectReason.CORRUPT, "PNG decoder: another size");
    }
  }

  /** Decodes a JPEG by the one decoder of JPEGs, which repeats grey three times. */
  private ChannelImage jpeg(byte[] bytes, ChannelHeader header) throws Undecodable {
    int channels = format.channels();
    if (channels != 1 && channels != 3) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED, "JPEG of %d channels (must be 1 or 3)".formatted(channels));
    }
    RgbImage rgb = jpeg.decode(EncodedImage.of(bytes));
    ChannelImage image = ChannelImage.blank(header.width(), header.height(), format);
    int pixels = header.width() * header.height();
    for (int i = 0; i < pixels * channels; i++) {
      image.values()[i] = rgb.rgb()[i / channels * 3 + i % channels];
    }
    return image;
  }

  /** Returns the JDK's own reader: others on the class path may give other values. */
  private static ImageReader reader() {
    Iterator<ImageReader> found = ImageIO.getImageReadersByFormatName("png");
    while (found.hasNext()) {
      ImageReader reader = found.next();
      if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
        return reader;
      }
      reader.dispose();
    }
    throw new IllegalStateException(
        "Cannot decode PNG: this Java runtime lacks its ImageIO reader (use a full JDK)");
  }

  @Override
  public void close() {
    jpeg.close();
    if (png != null) {
      png.dispose();
    }
  }
}

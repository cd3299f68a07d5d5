package io.sparkmae.data.image;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;
import java.util.Locale;

/**
 * What the pixels of a data set are: all of its images have it.
 *
 * @param channels values of a pixel, 1 to {@value #MOST_CHANNELS}
 * @param type of a value
 */
public record PixelFormat(int channels, Type type) implements Serializable {
  public static final int MOST_CHANNELS = 16;

  /** Red, green and blue, to which every image is converted. */
  public static final PixelFormat RGB = new PixelFormat(3, Type.RGB);

  /** The type of the values of a pixel. */
  public enum Type {
    /** Bytes of colours; grey and other colours are converted. */
    @JsonProperty("rgb")
    RGB(1),
    /** Numbers of 8 bits, as they are stored. */
    @JsonProperty("uint8")
    UINT8(1),
    /** Numbers of 16 bits, as they are stored. */
    @JsonProperty("uint16")
    UINT16(2);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    /** Returns the size of a value in bytes. */
    public int bytes() {
      return bytes;
    }

    /** Returns the largest value: 255 or 65535. */
    public int largest() {
      return (1 << 8 * bytes) - 1;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public PixelFormat {
    if (channels < 1 || channels > MOST_CHANNELS) {
      throw new IllegalArgumentException(
          "Invalid channels: %d (must be 1 to %d)".formatted(channels, MOST_CHANNELS));
    }
    if (type == Type.RGB && channels != 3) {
      throw new IllegalArgumentException(
          "Invalid channels: %d (must be 3 for red, green and blue)".formatted(channels));
    }
  }

  /** Returns the size of a pixel in bytes. */
  public int bytes() {
    return channels * type.bytes();
  }

  @Override
  public String toString() {
    return channels + " × " + type;
  }
}

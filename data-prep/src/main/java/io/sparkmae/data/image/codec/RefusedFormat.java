package io.sparkmae.data.image.codec;

import static io.sparkmae.data.image.codec.Bytes.startsWith;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Names the image formats that are known by their first bytes and not decoded. */
public final class RefusedFormat {
  private static final int SVG_BYTES = 1024; // an XML declaration and comments may come first

  private static final Map<String, String> MAGIC =
      Map.of(
          "\0\0\0\fjP  ", "JPEG 2000",
          "\u00ffO\u00ffQ", "JPEG 2000",
          "\u00ff\n", "JPEG XL",
          "\0\0\0\fJXL ", "JPEG XL",
          "8BPS", "Photoshop",
          "\0\0\1\0", "icon",
          "II+\0", "BigTIFF",
          "MM\0+", "BigTIFF");

  private RefusedFormat() {}

  /** Returns the name of a format that is not decoded; empty if the bytes are of none. */
  public static Optional<String> of(byte[] bytes) {
    if (startsWith(bytes, 4, "ftyp")) {
      return Optional.of(brand(bytes));
    }
    Optional<String> known =
        MAGIC.entrySet().stream()
            .filter(format -> startsWith(bytes, 0, format.getKey()))
            .map(Map.Entry::getValue)
            .findFirst();
    return known.isEmpty() && isSvg(bytes) ? Optional.of("SVG") : known;
  }

  /** Names a file of ISO's base format by its brand, which may be a general one. */
  private static String brand(byte[] bytes) {
    String brands =
        new String(bytes, 8, Math.min(bytes.length - 8, 56), StandardCharsets.ISO_8859_1);
    String brand = brands.substring(0, Math.min(4, brands.length()));
    if (brand.startsWith("avi") || brand.equals("mif1") && brands.contains("avif")) {
      return "AVIF";
    }
    if (brand.startsWith("he") || brand.equals("mif1") || brand.equals("msf1")) {
      return "HEIC";
    }
    return brand.startsWith("cr") ? "camera raw" : "video";
  }

  private static boolean isSvg(byte[] bytes) {
    String text =
        new String(bytes, 0, Math.min(bytes.length, SVG_BYTES), StandardCharsets.ISO_8859_1);
    return text.stripLeading().startsWith("<") && text.contains("<svg");
  }
}

package io.sparkmae.data.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Small pictures in many formats, and the SHA-256 of the pixels that Pillow decodes. */
public final class PillowFiles {
  private PillowFiles() {}

  /** Pillow's width, height and SHA-256 of the pixels as they are, and upright if that differs. */
  public record Golden(String file, List<String> stored, List<String> upright) {}

  public static Map<String, byte[]> files() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (var zip = new ZipInputStream(resource("files.zip"))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        files.put(entry.getName(), zip.readAllBytes());
      }
    }
    return files;
  }

  static List<Golden> golden() throws IOException {
    try (InputStream in = resource("golden.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
          .lines()
          .map(line -> Arrays.asList(line.split(" ")))
          .map(f -> new Golden(f.get(0), f.subList(1, 4), f.subList(f.size() - 3, f.size())))
          .toList();
    }
  }

  /** Prints the files whose pixels are not Pillow's, for another Java runtime to be asked. */
  public static void main(String[] args) throws IOException {
    differences().forEach(System.out::println);
    System.out.println("compared " + golden().size());
    System.out.println("encoded " + encoded());
  }

  /** Returns the SHA-256 of some pictures that are encoded again, as {@code prepare} does. */
  static String encoded() throws IOException {
    MessageDigest digest = sha256();
    Map<String, byte[]> files = files();
    try (var decoder = new ImageDecoder()) {
      for (String name : List.of("2x2-40x31-baseline.jpg", "grey-33x16-baseline.jpg", "rgb.png")) {
        RgbImage image = decoder.decode(EncodedImage.of(files.get(name)));
        digest.update(JpegEncoder.encode(image, 92));
      }
    } catch (Undecodable e) {
      throw new IllegalStateException(e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Returns the files whose pixels are not Pillow's, and what they are. */
  static List<String> differences() throws IOException {
    var differences = new ArrayList<String>();
    Map<String, byte[]> files = files();
    try (var decoder = new ImageDecoder()) {
      for (Golden golden : golden()) {
        try {
          EncodedImage image = EncodedImage.of(files.get(golden.file()));
          add(differences, golden.file(), golden.stored(), decoder.decode(image));
          add(differences, golden.file() + " upright", golden.upright(), decoder.upright(image));
        } catch (Undecodable e) {
          differences.add("%s: %s %s".formatted(golden.file(), e.reason(), e.getMessage()));
        }
      }
    }
    return differences;
  }

  private static void add(
      List<String> differences, String name, List<String> expected, RgbImage image) {
    List<String> is =
        List.of(Integer.toString(image.width()), Integer.toString(image.height()), sha256(image));
    if (!is.equals(expected)) {
      differences.add("%s: %s, not %s".formatted(name, is, expected));
    }
  }

  private static String sha256(RgbImage image) {
    MessageDigest digest = sha256();
    digest.update(image.rgb(), 0, image.length());
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InputStream resource(String name) {
    return PillowFiles.class.getResourceAsStream("/decode/" + name);
  }
}

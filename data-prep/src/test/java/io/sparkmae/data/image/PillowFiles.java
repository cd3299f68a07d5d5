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
  private static final List<String> CUT =
      List.of(
          "1x2-40x31-baseline.jpg",
          "2x2-40x31-baseline.jpg",
          "cmyk-440-adobe-2.jpg",
          "samplings-cmyk-440-restart.jpg",
          "samplings-cmyk-mixed-scans.jpg");

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
    boxDifferences().forEach(System.out::println);
    System.out.println("compared " + golden().size());
    System.out.println("encoded " + encoded());
    System.out.println("cut " + cut());
  }

  /** Returns the SHA-256 of what is left of cut pictures. */
  static String cut() throws IOException {
    MessageDigest digest = sha256();
    Map<String, byte[]> files = files();
    try (var decoder = new ImageDecoder()) {
      for (String name : CUT) {
        byte[] whole = files.get(name);
        for (int length = whole.length - 2; length > whole.length / 2; length -= 37) {
          EncodedImage image = EncodedImage.of(Arrays.copyOf(whole, length));
          RgbImage decoded = decoder.decode(image);
          digest.update(decoded.rgb(), 0, decoded.length());
        }
      }
    } catch (Undecodable e) {
      throw new IllegalStateException(e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Returns the boxes whose pixels are not those of the whole image. */
  static List<String> boxDifferences() throws IOException {
    var differences = new ArrayList<String>();
    try (var decoder = new ImageDecoder()) {
      for (var file : files().entrySet()) {
        try {
          addBoxes(differences, decoder, file.getKey(), EncodedImage.of(file.getValue()));
        } catch (Undecodable e) {
          differences.add("%s: box: %s".formatted(file.getKey(), e.reason()));
        }
      }
    }
    return differences;
  }

  private static void addBoxes(
      List<String> differences, ImageDecoder decoder, String name, EncodedImage image)
      throws Undecodable {
    byte[] whole = decoder.decode(image).rgb().clone();
    int width = (image.width() + 1) / 2;
    int height = (image.height() + 2) / 3;
    for (int left : new int[] {0, image.width() - width}) {
      for (int top : new int[] {0, (image.height() - height) / 2, image.height() - height}) {
        RgbImage part = decoder.decode(image, new Box(left, top, width, height));
        boolean same = part.width() == width && part.height() == height;
        for (int y = 0; y < height && same; y++) {
          int from = ((top + y) * image.width() + left) * 3;
          int to = y * width * 3;
          same = Arrays.equals(part.rgb(), to, to + width * 3, whole, from, from + width * 3);
        }
        if (!same) {
          differences.add("%s: box at %d, %d differs".formatted(name, left, top));
        }
      }
    }
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

package io.sparkmae.job.demo;

import io.sparkmae.job.store.Directory;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Draws labelled sample images, one directory for each class. */
public final class DemoImages {

  /** Side of an image in pixels. */
  public static final int SIZE = 64;

  private DemoImages() {}

  /**
   * Writes {@code circles/0000.png} and so on; the same arguments give the same files.
   *
   * @param perClass images of each of the eight classes
   * @param seed decides every image
   */
  public static void render(Directory directory, int perClass, long seed) throws IOException {
    for (Pattern pattern : Pattern.values()) {
      for (int i = 0; i < perClass; i++) {
        Drawing drawing = new Drawing(pattern, seed + (long) pattern.ordinal() * perClass + i);
        String name = "%s/%04d.png".formatted(pattern.name().toLowerCase(Locale.ROOT), i);
        directory.file(name, out -> writePng(drawing, out));
      }
    }
  }

  private static void writePng(Drawing drawing, OutputStream out) throws IOException {
    try (var stream = new MemoryCacheImageOutputStream(out)) {
      ImageIO.write(drawing.render(SIZE), "png", stream);
    }
  }
}

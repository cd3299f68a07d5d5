package io.sparkmae.job.picture;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Draws text from a built-in 5 by 7 raster font: without installed fonts a headless JDK throws at
 * the first string.
 */
final class Lettering {

  /** Pixels from one character to the next, at size 1. */
  static final int ADVANCE = 6;

  /** Pixels of a line without the gap below, at size 1. */
  static final int HEIGHT = 7;

  private static final Map<Character, String[]> GLYPHS = read();

  private Lettering() {}

  /** Returns the width of {@code text} in pixels. */
  static int width(String text, int size) {
    return text.length() * ADVANCE * size;
  }

  /**
   * Draws one line of text; a character that the font lacks becomes a question mark.
   *
   * @param x left edge
   * @param y upper edge
   * @param size pixels for one dot of the raster
   */
  static void draw(BufferedImage image, String text, int x, int y, int size, int rgb) {
    for (int i = 0; i < text.length(); i++) {
      draw(image, glyph(text.charAt(i)), x + i * ADVANCE * size, y, size, rgb);
    }
  }

  /**
   * Draws one line of text that reads from below.
   *
   * @param x left edge
   * @param y lower edge
   */
  static void drawUpward(BufferedImage image, String text, int x, int y, int size, int rgb) {
    for (int i = 0; i < text.length(); i++) {
      String[] glyph = glyph(text.charAt(i));
      for (int row = 0; row < glyph.length; row++) {
        for (int column = 0; column < glyph[row].length(); column++) {
          if (glyph[row].charAt(column) == '#') {
            int up = (i * ADVANCE + column + 1) * size;
            Canvas.fill(image, x + row * size, y - up, size, size, rgb);
          }
        }
      }
    }
  }

  static boolean has(char character) {
    return character == ' ' || GLYPHS.containsKey(character);
  }

  private static String[] glyph(char character) {
    return character == ' ' ? new String[0] : GLYPHS.getOrDefault(character, GLYPHS.get('?'));
  }

  private static void draw(BufferedImage image, String[] glyph, int x, int y, int size, int rgb) {
    for (int row = 0; row < glyph.length; row++) {
      for (int column = 0; column < glyph[row].length(); column++) {
        if (glyph[row].charAt(column) == '#') {
          Canvas.fill(image, x + column * size, y + row * size, size, size, rgb);
        }
      }
    }
  }

  /**
   * Reads the font, in bands of glyphs side by side: a line with the characters, {@value #HEIGHT}
   * lines of dots, an empty line.
   */
  private static Map<Character, String[]> read() {
    List<String> lines = lines();
    Map<Character, String[]> glyphs = new HashMap<>();
    for (int band = 0; band < lines.size(); band += HEIGHT + 2) {
      String heads = lines.get(band);
      for (int column = 0; column < heads.length(); column += ADVANCE) {
        String[] glyph = new String[HEIGHT];
        for (int row = 0; row < HEIGHT; row++) {
          glyph[row] = lines.get(band + 1 + row).substring(column, column + ADVANCE - 1);
        }
        glyphs.put(heads.charAt(column), glyph);
      }
    }
    return Map.copyOf(glyphs);
  }

  private static List<String> lines() {
    try (InputStream in = Lettering.class.getResourceAsStream("font.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.sparkmae.model.config;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Base64;

/**
 * A position table that was trained, as text: its fp32 numbers, little-endian, in Base64. The text
 * is a part of the model's configuration, and so goes wherever the model goes.
 */
public final class TrainedPositions {

  private TrainedPositions() {}

  /** Returns the text of a table [tokens + 1, dim], row-major. */
  public static String text(float[] table) {
    ByteBuffer bytes =
        ByteBuffer.allocate(table.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(table);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /** Returns the table that {@link #text} wrote. */
  static float[] floats(String text) {
    FloatBuffer numbers =
        ByteBuffer.wrap(Base64.getDecoder().decode(text))
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    float[] table = new float[numbers.remaining()];
    numbers.get(table);
    return table;
  }

  static double[] read(String text) {
    float[] table = floats(text);
    double[] wide = new double[table.length];
    Arrays.setAll(wide, i -> table[i]);
    return wide;
  }
}

package io.sparkmae.model.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class WideningTest {

  private static final int ALL = 1 << 16;

  @Test
  void everyHalfWidensExactly() {
    float[] wide = widenAll(Widening.F16);
    for (int bits = 0; bits < ALL; bits++) {
      int exponent = bits >> 10 & 0x1f;
      int fraction = bits & 0x3ff;
      double sign = bits < ALL / 2 ? 1 : -1;
      double value =
          exponent == 0
              ? Math.scalb((double) fraction, -24)
              : Math.scalb(1 + fraction / 1024.0, exponent - 15);
      if (exponent == 0x1f) {
        value = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
      }
      assertThat(Float.compare(wide[bits], (float) (sign * value))).as("bits %x", bits).isZero();
    }
  }

  @Test
  void everyBfloat16IsTheUpperHalfOfItsFloat() {
    float[] wide = widenAll(Widening.BF16);
    for (int bits = 0; bits < ALL; bits++) {
      assertThat(Float.floatToRawIntBits(wide[bits])).as("bits %x", bits).isEqualTo(bits << 16);
    }
  }

  private static float[] widenAll(Widening format) {
    ByteBuffer stored = ByteBuffer.allocate(2 * ALL).order(ByteOrder.LITTLE_ENDIAN);
    for (int bits = 0; bits < ALL; bits++) {
      stored.putShort((short) bits);
    }
    FloatBuffer wide = FloatBuffer.allocate(ALL);
    format.widen(stored.flip(), wide);
    return wide.array();
  }
}

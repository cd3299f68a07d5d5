package io.sparkmae.data.image;

import io.sparkmae.data.image.SampleSeed.Draws;
import java.util.Arrays;

/** Damages files, from a seed. */
public final class Mutation {
  private Mutation() {}

  /** Flips, runs, cuts and insertions; half of them near the beginning, where the headers are. */
  public static byte[] of(byte[] original, int number) {
    Draws draws = SampleSeed.stream(number, 9);
    byte[] bytes = original.clone();
    for (int n = 1 + draws.below(8); n > 0; n--) {
      int range = draws.below(2) == 0 ? bytes.length : Math.min(bytes.length, 700);
      int at = draws.below(range);
      switch (draws.below(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << draws.below(8));
        case 1 -> bytes[at] = (byte) draws.bits();
        case 2 -> bytes[at] = (byte) 0xff;
        case 3 ->
            Arrays.fill(
                bytes, at, Math.min(bytes.length, at + draws.below(64)), (byte) draws.bits());
        case 4 ->
            System.arraycopy(
                bytes, at, bytes, draws.below(range), Math.min(16, bytes.length - range));
        default -> {
          if (draws.below(4) == 0) {
            bytes = Arrays.copyOf(bytes, 1 + Math.max(at, draws.below(bytes.length)));
          }
        }
      }
    }
    return bytes;
  }
}

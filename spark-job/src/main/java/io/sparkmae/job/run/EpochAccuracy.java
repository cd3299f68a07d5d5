package io.sparkmae.job.run;

import io.sparkmae.job.store.Content;
import io.sparkmae.job.store.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of {@code accuracy.jsonl}: the model after an epoch on the test set.
 *
 * @param epoch from 1
 * @param top1 share of the images whose class came first
 * @param top5 share of the images whose class was among the first five
 * @param version name of the version with this model; null if it was not better than those before
 */
record EpochAccuracy(int epoch, double top1, double top5, String version) {

  static final String FILE = "accuracy.jsonl";

  static Content lines(List<EpochAccuracy> accuracies) {
    return out -> {
      for (EpochAccuracy accuracy : accuracies) {
        out.write((Json.line(accuracy) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    };
  }

  /** Reads what {@link #lines} wrote; does not close {@code in}. */
  static List<EpochAccuracy> read(InputStream in) throws IOException {
    List<EpochAccuracy> accuracies = new ArrayList<>();
    for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
      accuracies.add(Json.parse(line, EpochAccuracy.class));
    }
    return accuracies;
  }
}

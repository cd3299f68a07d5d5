package io.sparkmae.job.run;

import io.sparkmae.job.store.Content;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.track.Scalars;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * One line of {@code accuracy.jsonl}: the model after an epoch on the test set.
 *
 * @param epoch from 1
 * @param top1 share of the images whose class came first
 * @param top5 share of the images whose class was among the first five
 * @param version name of the version with this model; null if it was not better than those before
 * @param step local steps of each worker by then; 0 where an older version wrote the file
 * @param time in seconds since 1970, likewise
 */
record EpochAccuracy(int epoch, double top1, double top5, String version, long step, double time) {

  static final String FILE = "accuracy.jsonl";

  static Content lines(List<EpochAccuracy> accuracies) {
    return Json.lines(accuracies);
  }

  EpochAccuracy keptAs(String name) {
    return new EpochAccuracy(epoch, top1, top5, name, step, time);
  }

  Scalars scalars() {
    return Scalars.accuracy(step, time, top1, top5);
  }

  /** Reads what {@link #lines} wrote; does not close {@code in}. */
  static List<EpochAccuracy> read(InputStream in) throws IOException {
    return Json.readLines(in, EpochAccuracy.class);
  }
}

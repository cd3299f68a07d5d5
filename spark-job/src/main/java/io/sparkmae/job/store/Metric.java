package io.sparkmae.job.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * One line of {@code metrics.jsonl}: the state of training after a round.
 *
 * @param step local steps of each worker so far
 * @param epoch passes over the data so far, with fraction
 * @param loss mean over the images of the round
 * @param learningRate of the round's last step
 * @param images images trained so far, by all workers
 * @param imagesPerSecond of the round, by all workers
 * @param secondsWaiting seconds of the round in which a worker waited for images, mean over workers
 * @param secondsComputing seconds in which a worker computed, mean over workers
 * @param secondsExchanging seconds in which a worker exchanged parameters and moments, mean over
 *     workers, plus the averaging
 * @param gradientNorm mean over the steps of all workers, before clipping; 0 where an older version
 *     wrote the file
 * @param time end of the round in seconds since 1970; 0 where an older version wrote the file
 */
public record Metric(
    long step,
    double epoch,
    double loss,
    double learningRate,
    long images,
    double imagesPerSecond,
    double secondsWaiting,
    double secondsComputing,
    double secondsExchanging,
    double gradientNorm,
    double time) {

  /** The name of the file in a version. */
  public static final String FILE = "metrics.jsonl";

  /** Returns the file's content, for {@link VersionWriter#file}. */
  public static Content lines(List<Metric> metrics) {
    return Json.lines(metrics);
  }

  /** Reads metrics that {@link #lines} wrote; does not close {@code in}. */
  public static List<Metric> read(InputStream in) throws IOException {
    return Json.readLines(in, Metric.class);
  }
}

package io.sparkmae.job.track;

import io.sparkmae.job.store.Metric;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Figures of one moment of a run, under the names that other tools show.
 *
 * @param step local steps of each worker so far
 * @param time seconds since 1970
 * @param values name → figure; those that are not finite are left out
 */
public record Scalars(long step, double time, Map<String, Double> values) {

  /** Returns the figures of a round. */
  public static Scalars of(Metric metric) {
    Map<String, Double> values = new LinkedHashMap<>();
    put(values, "loss", metric.loss());
    put(values, "learning_rate", metric.learningRate());
    put(values, "gradient_norm", metric.gradientNorm());
    put(values, "images_per_second", metric.imagesPerSecond());
    put(values, "epoch", metric.epoch());
    put(values, "seconds/waiting", metric.secondsWaiting());
    put(values, "seconds/computing", metric.secondsComputing());
    put(values, "seconds/exchanging", metric.secondsExchanging());
    return new Scalars(metric.step(), metric.time(), values);
  }

  /** Returns the accuracy on the test set after an epoch. */
  public static Scalars accuracy(long step, double time, double top1, double top5) {
    Map<String, Double> values = new LinkedHashMap<>();
    put(values, "accuracy/top1", top1);
    put(values, "accuracy/top5", top5);
    return new Scalars(step, time, values);
  }

  private static void put(Map<String, Double> values, String name, double value) {
    if (Double.isFinite(value)) {
      values.put(name, value);
    }
  }
}

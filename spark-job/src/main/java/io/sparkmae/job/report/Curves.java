package io.sparkmae.job.report;

import io.sparkmae.job.store.Metric;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A run's metrics as columns of equal length, thinned so that a page of a long run stays small.
 *
 * @param rounds in all
 * @param roundsPerPoint rounds that a point is the mean of; the last point may have fewer
 * @param epoch at the end of the point's last round
 * @param gradientNorm null for points without one
 * @param waiting seconds of a round, mean over workers, as the next two
 */
public record Curves(
    int rounds,
    int roundsPerPoint,
    List<Double> epoch,
    List<Double> loss,
    List<Double> learningRate,
    List<Double> gradientNorm,
    List<Double> imagesPerSecond,
    List<Double> waiting,
    List<Double> computing,
    List<Double> exchanging) {

  static final int MOST_POINTS = 1500;

  private static final MathContext DIGITS = new MathContext(5);

  /** Returns the columns of {@code metrics}, at most {@value #MOST_POINTS} points. */
  public static Curves of(List<Metric> metrics) {
    int size = Math.max(1, (metrics.size() + MOST_POINTS - 1) / MOST_POINTS);
    List<List<Metric>> points = new ArrayList<>();
    for (int from = 0; from < metrics.size(); from += size) {
      points.add(metrics.subList(from, Math.min(from + size, metrics.size())));
    }
    return new Curves(
        metrics.size(),
        size,
        points.stream().map(point -> shorter(point.get(point.size() - 1).epoch())).toList(),
        column(points, Metric::loss),
        column(points, Metric::learningRate),
        column(points, metric -> metric.gradientNorm() > 0 ? metric.gradientNorm() : Double.NaN),
        column(points, Metric::imagesPerSecond),
        column(points, Metric::secondsWaiting),
        column(points, Metric::secondsComputing),
        column(points, Metric::secondsExchanging));
  }

  private static List<Double> column(List<List<Metric>> points, ToDoubleFunction<Metric> figure) {
    List<Double> column = new ArrayList<>();
    for (List<Metric> point : points) {
      column.add(shorter(point.stream().mapToDouble(figure).average().orElse(Double.NaN)));
    }
    return column;
  }

  private static Double shorter(double value) {
    return Double.isFinite(value) ? new BigDecimal(value).round(DIGITS).doubleValue() : null;
  }
}

package io.sparkmae.job.picture;

import io.sparkmae.job.store.Metric;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The curve of loss by epoch as an SVG element. */
final class LossCurve {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 240;
  private static final int MARGIN = 48;

  private final double epochs;
  private final double lowest;
  private final double highest;

  private LossCurve(List<Metric> metrics) {
    this.epochs = metrics.get(metrics.size() - 1).epoch();
    this.lowest = metrics.stream().mapToDouble(Metric::loss).min().orElseThrow();
    this.highest = metrics.stream().mapToDouble(Metric::loss).max().orElseThrow();
  }

  static String svg(List<Metric> metrics) {
    return new LossCurve(metrics).draw(metrics);
  }

  private String draw(List<Metric> metrics) {
    String points = metrics.stream().map(this::point).collect(Collectors.joining(" "));
    return """
        <svg viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
        <polyline fill="none" stroke="#1f6feb" stroke-width="1.5" points="%s"/>
        %s%s%s</svg>"""
        .formatted(
            WIDTH,
            HEIGHT,
            points,
            label(4, y(highest), "%.3f", highest),
            label(4, y(lowest), "%.3f", lowest),
            label(WIDTH - 2 * MARGIN, HEIGHT - 8, "epoch %.1f", epochs));
  }

  private String point(Metric metric) {
    return String.format(Locale.ROOT, "%.1f,%.1f", x(metric.epoch()), y(metric.loss()));
  }

  private static String label(double x, double y, String format, double value) {
    return String.format(
        Locale.ROOT, "<text x=\"%.0f\" y=\"%.0f\">" + format + "</text>%n", x, y, value);
  }

  private double x(double epoch) {
    return MARGIN + (WIDTH - 2 * MARGIN) * (epochs > 0 ? epoch / epochs : 0);
  }

  private double y(double loss) {
    double share = highest > lowest ? (loss - lowest) / (highest - lowest) : 0.5;
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share;
  }
}

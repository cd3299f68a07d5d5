package io.sparkmae.job.train;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sparkmae.job.spark.Metrics;
import io.sparkmae.job.store.Metric;
import java.util.function.ToDoubleFunction;

/** Publishes the last round's figures as Spark metrics, for its sinks: Prometheus, Graphite, … */
final class TrainingMetrics {

  private final MetricRegistry registry = new MetricRegistry();

  private TrainingMetrics() {}

  static Metrics register(Progress progress) {
    TrainingMetrics metrics = new TrainingMetrics();
    metrics.gauge("step", progress, Metric::step);
    metrics.gauge("epoch", progress, Metric::epoch);
    metrics.gauge("loss", progress, Metric::loss);
    metrics.gauge("learning_rate", progress, Metric::learningRate);
    metrics.gauge("gradient_norm", progress, Metric::gradientNorm);
    metrics.gauge("images", progress, Metric::images);
    metrics.gauge("images_per_second", progress, Metric::imagesPerSecond);
    metrics.gauge("seconds_waiting", progress, Metric::secondsWaiting);
    metrics.gauge("seconds_computing", progress, Metric::secondsComputing);
    metrics.gauge("seconds_exchanging", progress, Metric::secondsExchanging);
    return Metrics.register("spark_mae", metrics.registry);
  }

  private void gauge(String name, Progress progress, ToDoubleFunction<Metric> figure) {
    Gauge<Double> gauge = () -> progress.last().map(figure::applyAsDouble).orElse(0.0);
    registry.register(name, gauge);
  }
}

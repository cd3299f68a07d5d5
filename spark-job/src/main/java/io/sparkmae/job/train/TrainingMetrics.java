package io.sparkmae.job.train;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sparkmae.job.store.Metric;
import java.util.function.ToDoubleFunction;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;

/** Publishes the last round's figures as Spark metrics, for its sinks: Prometheus, Graphite, … */
final class TrainingMetrics implements Source, AutoCloseable {

  private final MetricRegistry registry = new MetricRegistry();

  private TrainingMetrics() {}

  static TrainingMetrics register(Progress progress) {
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
    SparkEnv.get().metricsSystem().registerSource(metrics);
    return metrics;
  }

  private void gauge(String name, Progress progress, ToDoubleFunction<Metric> figure) {
    Gauge<Double> gauge = () -> progress.last().map(figure::applyAsDouble).orElse(0.0);
    registry.register(name, gauge);
  }

  @Override
  public String sourceName() {
    return "spark_mae";
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }

  @Override
  public void close() {
    SparkEnv.get().metricsSystem().removeSource(this);
  }
}

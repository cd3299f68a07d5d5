package io.sparkmae.job.spark;

import com.codahale.metrics.MetricRegistry;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;

/** A set of gauges among this process's Spark metrics, until it is closed. */
public final class Metrics implements Source, AutoCloseable {

  private final String name;
  private final MetricRegistry registry;

  private Metrics(String name, MetricRegistry registry) {
    this.name = name;
    this.registry = registry;
  }

  /** Adds a set of gauges to Spark's metrics under a name. */
  public static Metrics register(String name, MetricRegistry registry) {
    Metrics metrics = new Metrics(name, registry);
    SparkEnv.get().metricsSystem().registerSource(metrics);
    return metrics;
  }

  @Override
  public String sourceName() {
    return name;
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

package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.averaging.RoundReport;
import io.sparkmae.job.spark.Metrics;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class TrainingMetricsIT {

  @Test
  void sparksPrometheusPageShowsTheLastRound() throws Exception {
    try (SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.port", 0)
            .config("spark.metrics.namespace", "mae")
            .config("spark.driver.host", "127.0.0.1")
            .config(
                "spark.metrics.conf.driver.sink.prometheusServlet.class",
                "org.apache.spark.metrics.sink.PrometheusServlet")
            .config("spark.metrics.conf.driver.sink.prometheusServlet.path", "/metrics/prometheus")
            .getOrCreate()) {
      Progress progress = new Progress(1, 64, List.of(), List.of());
      Metrics metrics = TrainingMetrics.register(progress);
      Round round = new Round(0, 0, List.of(List.of(new Minibatch(0, 0, 16))));
      progress.completed(
          round, new RoundReport(1, 16, 16 * 0.75, 5, 0.1, 2, 0.3, 0.2, 4, List.of()), 1e-3);
      String page = get(spark.sparkContext().uiWebUrl().get() + "/metrics/prometheus/");
      assertThat(page)
          .containsPattern("spark_mae_loss_Value\\{[^}]*} 0.75")
          .containsPattern("spark_mae_gradient_norm_Value\\{[^}]*} 5.0")
          .containsPattern("spark_mae_images_Value\\{[^}]*} 16.0")
          .containsPattern("spark_mae_seconds_exchanging_Value\\{[^}]*} 0.5");
      assertThat(namesOfDashboard())
          .hasSizeGreaterThan(10)
          .allSatisfy(name -> assertThat(page).contains("\n" + name + "{"));
      metrics.close();
      assertThat(get(spark.sparkContext().uiWebUrl().get() + "/metrics/prometheus/"))
          .doesNotContain("spark_mae_loss");
    }
  }

  private static List<String> namesOfDashboard() throws Exception {
    String json = Files.readString(Path.of("../deploy/grafana/spark-mae.json"));
    return Pattern.compile("\"expr\": \"([^\"]+)\"")
        .matcher(json)
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  private static String get(String url) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }
}

package io.sparkmae.job.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricTest {

  @Test
  void linesAreReadBack() throws Exception {
    List<Metric> metrics =
        List.of(
            new Metric(1, 0.5, 1.25, 1e-4, 32, 50.5, 0.1, 2, 0.3, 4, 5),
            new Metric(2, 1, 1, 2e-4, 64, 51, 0, 2, 0, 4.5, 6));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Metric.lines(metrics).writeTo(out);
    assertThat(out.toString())
        .startsWith("{\"step\":1,\"epoch\":0.5,\"loss\":1.25,\"learning_rate\":1.0E-4,");
    assertThat(Metric.read(new ByteArrayInputStream(out.toByteArray()))).isEqualTo(metrics);
  }
}

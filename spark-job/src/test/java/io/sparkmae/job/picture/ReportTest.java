package io.sparkmae.job.picture;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.store.Metric;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {

  @Test
  void pageHasCurvePictureAndSettings() throws IOException {
    List<Metric> metrics =
        List.of(new Metric(1, 1, 2, 0, 10, 5, 0, 1, 0), new Metric(2, 2, 1, 0, 20, 5, 0, 1, 0));
    assertThat(page(metrics, new byte[] {1}))
        .contains("<h1>a &amp; b</h1>")
        .contains("points=\"320.0,48.0 592.0,192.0\"")
        .contains("data:image/png;base64,AQ==")
        .contains("<h2>Data</h2>\n<p>3 rows &amp; 1 reject</p>")
        .contains("<pre>x &lt; 1</pre>");
  }

  @Test
  void pageWorksWithoutMetricsAndPicture() throws IOException {
    assertThat(page(List.of(), new byte[0])).doesNotContain("<svg").doesNotContain("<img");
  }

  private static String page(List<Metric> metrics, byte[] picture) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Report.page("a & b", "x < 1", "3 rows & 1 reject", metrics, picture).writeTo(out);
    return out.toString(StandardCharsets.UTF_8);
  }
}

package io.sparkmae.job.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DemoReportTest {

  @Test
  void pageHasPictureRunAndWhatTheFeaturesAreWorth() throws IOException {
    assertThat(page(new DemoReport.Knn(0.625, 0.5, 20, 2048, 256)))
        .contains("<img alt=\"reconstructions\" src=\"p.png\">")
        .contains("17.4 dB")
        .contains("256 new images of eight classes", "the 20 most similar of 2,048 known")
        .contains("<td>trained<td>62.5 %", "<td>untrained<td>50.0 %")
        .contains("<a href=\"model/v000001/report.html\">");
  }

  @Test
  void imagesOfTheUserAreNotJudged() throws IOException {
    assertThat(page(null)).doesNotContain("<table>").contains("17.4 dB");
  }

  private static String page(DemoReport.Knn knn) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DemoReport.page("p.png", 17.42, knn, "model/v000001/report.html").writeTo(out);
    return out.toString(StandardCharsets.UTF_8);
  }
}

package io.sparkmae.job.report;

import io.sparkmae.job.store.Content;
import io.sparkmae.job.store.Json;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A page about runs that needs no other file: the template, its style and script, Apache ECharts
 * (Apache-2.0) and the data are one HTML file, whose policy lets it load nothing.
 */
public final class Report {

  /** The name of the file in a version. */
  public static final String FILE = "report.html";

  /** Where the WebJar has the library; the version is the build's. */
  static final String CHARTS = "/META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";

  private Report() {}

  /** Everything on a page, as the script gets it. */
  record Data(String title, List<RunView> runs) {}

  /**
   * Returns the page.
   *
   * @param title for example the model's name and version
   * @param runs at least one; of several, the curves are laid over each other
   */
  public static Content page(String title, List<RunView> runs) {
    return out -> {
      String rest = text("report.html");
      for (String part : List.of("title", "style", "data", "charts", "script")) {
        String mark = "{{" + part + "}}";
        int at = rest.indexOf(mark);
        write(out, rest.substring(0, at));
        write(out, part(part, title, runs));
        rest = rest.substring(at + mark.length());
      }
      write(out, rest);
    };
  }

  private static String part(String name, String title, List<RunView> runs) {
    return switch (name) {
      case "title" -> title.replace("&", "&amp;").replace("<", "&lt;");
      case "style" -> text("report.css");
      case "data" -> Json.line(new Data(title, runs)).replace("<", "\\u003c"); // no </script>
      case "charts" -> text(CHARTS);
      default -> text("report.js");
    };
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(String resource) {
    try (InputStream in = Report.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new FileNotFoundException(resource + " is not in the job's jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

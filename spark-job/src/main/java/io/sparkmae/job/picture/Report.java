package io.sparkmae.job.picture;

import io.sparkmae.job.store.Content;
import io.sparkmae.job.store.Metric;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** A page about one run that needs no other file: loss curve, reconstructions, settings. */
public final class Report {

  /** The name of the file in a version. */
  public static final String FILE = "report.html";

  private Report() {}

  /**
   * Returns the page.
   *
   * @param title for example the model's name and version
   * @param settings the run's configuration as text
   * @param data a sentence on what became of the files of the data set
   * @param metrics in order of training; may be empty
   * @param picture PNG; empty if there is none
   */
  public static Content page(
      String title, String settings, String data, List<Metric> metrics, byte[] picture) {
    String image =
        picture.length == 0
            ? ""
            : "<h2>Reconstructions</h2>\n<img alt=\"reconstructions\" src=\"data:image/png;base64,%s\">"
                .formatted(Base64.getEncoder().encodeToString(picture));
    String html =
        """
        <!DOCTYPE html>
        <html lang="en">
        <meta charset="utf-8">
        <title>%1$s</title>
        <style>body { font: 15px sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
        img { max-width: 100%% } pre { background: #f4f4f4; padding: 1em; overflow: auto }</style>
        <h1>%1$s</h1>
        %2$s
        %3$s
        <h2>Data</h2>
        <p>%4$s</p>
        <h2>Settings</h2>
        <pre>%5$s</pre>
        </html>
        """
            .formatted(escape(title), curve(metrics), image, escape(data), escape(settings));
    return out -> out.write(html.getBytes(StandardCharsets.UTF_8));
  }

  private static String curve(List<Metric> metrics) {
    if (metrics.isEmpty()) {
      return "";
    }
    Metric last = metrics.get(metrics.size() - 1);
    return String.format(
        Locale.ROOT,
        "<h2>Loss</h2>\n<p>%.4f after %.1f epochs, %,d images, %.1f images/s in the last round</p>\n%s",
        last.loss(),
        last.epoch(),
        last.images(),
        last.imagesPerSecond(),
        LossCurve.svg(metrics));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}

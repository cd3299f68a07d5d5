package io.sparkmae.job.demo;

import io.sparkmae.job.store.Content;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The demo's page: what the model makes of images that it never saw, and how well it knows them.
 */
public final class DemoReport {

  private DemoReport() {}

  /**
   * Returns the page.
   *
   * @param picture the reconstructions, as a path from the page's directory
   * @param psnr decibels over the removed patches of the picture
   * @param knn what the features are worth; null if the images were the user's
   * @param run the training run's own report, as a path from the page's directory
   */
  public static Content page(String picture, double psnr, Knn knn, String run) {
    String html =
        String.format(
            Locale.ROOT,
            """
        <!DOCTYPE html>
        <html lang="en">
        <meta charset="utf-8">
        <title>spark-mae demo</title>
        <style>body { font: 15px sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
        img { max-width: 100%% } td, th { text-align: left; padding: 0.2em 1em 0.2em 0 }</style>
        <h1>spark-mae demo</h1>
        <p>Original, masked, reconstruction, reconstruction with the visible patches; %.1f dB on the removed patches.</p>
        <img alt="reconstructions" src="%s">
        %s<p><a href="%s">The training run</a>: loss, settings, data.</p>
        </html>
        """,
            psnr,
            picture,
            knn == null ? "" : table(knn),
            run);
    return out -> out.write(html.getBytes(StandardCharsets.UTF_8));
  }

  private static String table(Knn knn) {
    return String.format(
        Locale.ROOT,
        """
        <h2>What the features are worth</h2>
        <p>%,d new images of eight classes, each judged by the %d most similar of %,d known ones; no labels were used in training.</p>
        <table>
        <tr><th>encoder<th>right
        <tr><td>trained<td>%.1f %%
        <tr><td>untrained<td>%.1f %%
        </table>
        """,
        knn.test(),
        knn.neighbours(),
        knn.train(),
        100 * knn.trained(),
        100 * knn.untrained());
  }

  /**
   * The top-1 of nearest neighbours.
   *
   * @param trained share that is right by the trained encoder's features
   * @param untrained the same by an encoder of equal geometry that saw nothing
   * @param neighbours that vote
   * @param train images that are known
   * @param test images that are judged
   */
  public record Knn(double trained, double untrained, int neighbours, long train, long test) {}
}

package io.sparkmae.job.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of {@code metrics.jsonl}: where training stood after a round.
 *
 * @param step averaged updates so far
 * @param epoch passes over the data so far, with their fraction
 * @param loss mean over the images of the round
 * @param learningRate of the round's last step
 * @param images trained so far
 * @param imagesPerSecond over the round
 * @param secondsWaiting for images, of a worker in the round on average
 * @param secondsComputing likewise
 * @param secondsExchanging parameters and moments, likewise, with the averaging
 */
public record Metric(
    long step,
    double epoch,
    double loss,
    double learningRate,
    long images,
    double imagesPerSecond,
    double secondsWaiting,
    double secondsComputing,
    double secondsExchanging) {

  /** The name of the file in a version. */
  public static final String FILE = "metrics.jsonl";

  /** The file's content, for {@link VersionWriter#file}. */
  public static Content lines(List<Metric> metrics) {
    return out -> {
      for (Metric metric : metrics) {
        out.write((Json.line(metric) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    };
  }

  /** Reads what {@link #lines} wrote; {@code in} stays the caller's to close. */
  public static List<Metric> read(InputStream in) throws IOException {
    List<Metric> metrics = new ArrayList<>();
    for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
      metrics.add(Json.parse(line, Metric.class));
    }
    return metrics;
  }
}

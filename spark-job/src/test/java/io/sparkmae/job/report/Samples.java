package io.sparkmae.job.report;

import io.sparkmae.job.picture.Strip;
import io.sparkmae.job.probe.Confusion;
import io.sparkmae.job.report.RunView.Gallery;
import io.sparkmae.job.report.RunView.Judged;
import io.sparkmae.job.report.RunView.Shown;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.WorkerTotal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Runs that never were, with everything that a page may show. */
final class Samples {

  /** A class name that would be markup, were it not escaped. */
  static final String HOSTILE = "</script><img src=x onerror=\"window.harmed=1\">";

  private static final List<String> CLASSES =
      List.of("airplane", "automobile", "bird", "cat", "deer", "dog", HOSTILE, "horse", "ship");

  private Samples() {}

  static List<Metric> metrics(int rounds, double scale) {
    Random random = new Random(1);
    List<Metric> metrics = new ArrayList<>();
    for (int i = 1; i <= rounds; i++) {
      double epoch = 100.0 * i / rounds;
      double loss = scale * (0.3 + 0.7 * Math.exp(-epoch / 20)) + 0.02 * random.nextGaussian();
      double rate = 1.5e-4 * Math.min(1, epoch / 5) * (1 + Math.cos(Math.PI * epoch / 100)) / 2;
      double waiting = 0.2 + 0.1 * random.nextDouble();
      metrics.add(
          new Metric(
              8L * i,
              epoch,
              loss,
              rate,
              4096L * i,
              480 + 20 * random.nextGaussian(),
              waiting,
              8 + random.nextDouble(),
              0.6,
              1 + random.nextDouble(),
              1.7e9 + 10 * i));
    }
    return metrics;
  }

  static RunView pretraining(String name, int rounds, double scale) throws IOException {
    List<WorkerTotal> workers = new ArrayList<>();
    for (int worker = 0; worker < 4; worker++) {
      workers.add(
          new WorkerTotal(
              worker,
              "executor_host-" + worker + ".example_" + worker,
              "AMD EPYC 7B13, 16 cores",
              102_400 + worker,
              30 + 5 * worker,
              900 - 9 * worker,
              60));
    }
    return new RunView(
        name,
        facts(),
        settings("1.5e-4"),
        Curves.of(metrics(rounds, scale)),
        workers,
        List.of(),
        null,
        List.of(
            new Gallery("Reconstructions", "Images of the training set.", false, pictures(1, 8)),
            new Gallery(
                "Reconstructions from checkpoints", "The same images.", true, pictures(8, 4))));
  }

  static RunView fineTuning() throws IOException {
    List<Judged> accuracy = new ArrayList<>();
    for (int epoch = 1; epoch <= 30; epoch++) {
      double top1 = 0.8 - 0.6 * Math.exp(-epoch / 8.0);
      accuracy.add(new Judged(epoch, top1, Math.min(1, top1 + 0.18)));
    }
    List<long[]> cells = new ArrayList<>();
    for (int row = 0; row < CLASSES.size(); row++) {
      for (int column = 0; column < CLASSES.size(); column++) {
        cells.add(new long[] {row, column, row == column ? 700 : (row * 7 + column * 5) % 60});
      }
    }
    return new RunView(
        "fine-tuned " + HOSTILE,
        facts(),
        settings(HOSTILE),
        Curves.of(metrics(40, 2)),
        List.of(),
        accuracy,
        ConfusionMap.of(CLASSES, confusion(cells)),
        List.of(new Gallery("Most confidently wrong", "", false, pictures(12, 1))));
  }

  /** Counts images by true class, predicted class and number. */
  static Confusion confusion(List<long[]> cells) {
    Confusion confusion = new Confusion();
    for (long[] cell : cells) {
      for (long image = 0; image < cell[2]; image++) {
        confusion.add(new int[] {(int) cell[0], (int) cell[1], cell[0] == cell[1] ? 0 : 1});
      }
    }
    return confusion;
  }

  private static Map<String, String> facts() {
    Map<String, String> facts = new TreeMap<>();
    facts.put(
        "data set", "hdfs://namenode.example:8020/user/somebody/datasets/a-long-name/" + HOSTILE);
    facts.put("geometry", "mae_vit_base_patch16: image 224 px, patch 16 px, 3 channels");
    facts.put("parameters", "111,907,840");
    return facts;
  }

  private static Map<String, String> settings(String rate) {
    return new TreeMap<>(Map.of("train.base-lr", rate, "train.epochs", "100", "model.depth", "12"));
  }

  private static List<Shown> pictures(int count, int squares) throws IOException {
    List<Shown> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<byte[]> column = new ArrayList<>();
      for (int square = 0; square < squares; square++) {
        byte[] rgb = new byte[3 * 64 * 64];
        for (int pixel = 0; pixel < 64 * 64; pixel++) {
          rgb[3 * pixel] = (byte) (4 * (pixel % 64));
          rgb[3 * pixel + 1] = (byte) (4 * (pixel / 64));
          rgb[3 * pixel + 2] = (byte) (30 * i + 60 * square);
        }
        column.add(rgb);
      }
      String caption =
          count == 12 ? "cat, taken for " + HOSTILE + " (99.1 %)" : "epoch " + 12.5 * i;
      pictures.add(new Shown(caption, Strip.png(column, 64)));
    }
    return pictures;
  }
}

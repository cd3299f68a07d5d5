package io.sparkmae.job.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.Commands;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** Fifteen drawings and a file that is none, and a model that trains on them in seconds. */
public final class SmallData {

  /** Rows of the prepared data; the workers cannot share them evenly. */
  public static final int ROWS = 15;

  /** Files that {@code prepare} must reject. */
  public static final int REJECTS = 1;

  /** Images that {@link #pretrain} trains. */
  public static final int TRAINED = 2 * ROWS;

  /** Tensors of the model's encoder: twelve for each block, six around them. */
  public static final int ENCODER_TENSORS = 2 * 12 + 6;

  private static String prepared;
  private static String params;

  private SmallData() {}

  /** Returns the directory of the prepared data, the same for all tests: they only read it. */
  public static synchronized String prepared() throws Exception {
    if (prepared == null) {
      Path directory = Files.createTempDirectory("small-data-");
      String images = directory.resolve("images").toString();
      draw(images, new Configuration());
      String data = directory.resolve("data").toString();
      here("local[2]", prepare(images, data));
      FileUtils.forceDeleteOnExit(directory.toFile());
      prepared = data;
    }
    return prepared;
  }

  /** Returns the hash of the parameters that this process trains. */
  public static synchronized String params() throws Exception {
    if (params == null) {
      String model = Files.createTempDirectory("small-model-").toString();
      params = here("local[2]", pretrain(prepared(), model)).get("params_sha256").asText();
      FileUtils.deleteDirectory(new File(model));
    }
    return params;
  }

  /**
   * Runs a command in this process, where its own would only take time to start, and returns its
   * result line.
   *
   * @param master where no session is running
   */
  static JsonNode here(String master, String... command) throws Exception {
    boolean started = SparkSession.getDefaultSession().isEmpty();
    SparkSession spark = LocalSpark.on(master);
    try {
      return Commands.result(command);
    } finally {
      if (started) { // else it is the suite's own
        spark.stop();
      }
    }
  }

  /** Draws the images below {@code uri}. */
  public static void draw(String uri, Configuration hadoop) throws IOException {
    Directory directory = Directory.at(uri, hadoop);
    DemoImages.render(directory, 2, 0);
    byte[] text = "no image".getBytes(StandardCharsets.UTF_8);
    directory.file("rings/0001.png", out -> out.write(text));
  }

  /** The arguments of {@code prepare}. */
  public static String[] prepare(String images, String data) {
    return new String[] {"prepare", "--input", images, "--output", data};
  }

  /** The arguments of {@code reconstruct}. */
  public static String[] reconstruct(String model, String images, String picture, int count) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("reconstruct", "--model", model, "--images", images));
    arguments.addAll(List.of("--output", picture, "--count", Integer.toString(count)));
    return arguments.toArray(String[]::new);
  }

  /** The arguments of {@code pretrain}, for two workers that average every other step. */
  public static String[] pretrain(String data, String model) {
    return pretrain(data, model, "train.base-lr=0.01");
  }

  /** The same with settings of one's own. */
  public static String[] pretrain(String data, String model, String... settings) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("pretrain", "--data", data, "--output", model));
    arguments.addAll(List.of("--model", "mae_vit_tiny_patch16", "--image-size", "32"));
    arguments.addAll(List.of("--epochs", "2", "--batch-size", "2", "--workers", "2"));
    arguments.addAll(List.of("--averaging-frequency", "2", "--set"));
    arguments.addAll(List.of("model.patch-size=8", "model.embed-dim=48"));
    arguments.addAll(List.of("model.depth=2", "model.num-heads=3", "model.decoder-embed-dim=32"));
    arguments.addAll(List.of("model.decoder-depth=1", "model.decoder-num-heads=4"));
    arguments.addAll(List.of(settings));
    return arguments.toArray(String[]::new);
  }
}

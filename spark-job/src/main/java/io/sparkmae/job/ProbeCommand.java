package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.embed.Embedding;
import io.sparkmae.job.probe.Accuracy;
import io.sparkmae.job.probe.ClassNames;
import io.sparkmae.job.probe.Confusion;
import io.sparkmae.job.probe.LinearProbe;
import io.sparkmae.job.probe.NearestNeighbours;
import io.sparkmae.job.probe.PaperProbe;
import io.sparkmae.job.probe.PaperRecipe;
import io.sparkmae.job.probe.ProbeFiles;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.store.Directory;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mae probe}: measures how well frozen features tell the classes apart. */
@Command(name = "probe", description = "Measures how well frozen features tell classes apart.")
final class ProbeCommand implements Callable<Outcome> {

  /** The ways to predict the classes from the features. */
  enum Method {
    LINEAR,
    KNN;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Mixin private ProbedFeatures probed;

  @Option(
      names = "--train",
      required = true,
      paramLabel = "URI",
      description = "Prepared data with labels.")
  private String train;

  @Option(
      names = "--test",
      required = true,
      paramLabel = "URI",
      description = "Prepared data with labels.")
  private String test;

  @Option(
      names = "--output",
      paramLabel = "URI",
      description =
          "A directory for the accuracy of each class and the confusion matrix, as JSON and as a picture.")
  private String output;

  @Option(
      names = "--method",
      defaultValue = "linear",
      paramLabel = "linear|knn",
      description = "The classifier.")
  private Method method;

  @Option(
      names = "--k",
      defaultValue = "" + NearestNeighbours.USUAL_K,
      paramLabel = "N",
      description = "Neighbours of knn.")
  private int k;

  @Option(
      names = "--temperature",
      defaultValue = "" + NearestNeighbours.USUAL_TEMPERATURE,
      paramLabel = "T",
      description = "A neighbour of knn votes with exp(cosine / T).")
  private double temperature;

  @Mixin private ProbeRecipe recipe;

  /**
   * The command's result line.
   *
   * @param recipe null for knn
   * @param top1 share of the test images whose class came first
   * @param top5 share whose class was among the first five
   * @param meanClassTop1 mean over the classes of the test images' top-1
   * @param rows test images
   * @param files what {@code --output} got; empty without it
   */
  record Result(
      String model,
      String method,
      String recipe,
      double top1,
      double top5,
      double meanClassTop1,
      long rows,
      List<String> files) {}

  @Override
  public Outcome call() throws IOException {
    Configuration hadoop = Sessions.hadoop();
    PaperRecipe settings = recipe.settings(method);
    Function<SparkSession, Embedding> features = probed.read(train, hadoop);
    ClassNames names =
        new ClassNames(
            PreparedData.open(train, hadoop).classes(), PreparedData.open(test, hadoop).classes());
    Embedding embedding = features.apply(Sessions.open("probe"));
    // refused before any feature is computed; counted and used, so computed once
    Dataset<Row> unseen = names.asTrained(embedding.features(test)).cache();
    try {
      Confusion confusion = judge(embedding, Accuracy.labelled(unseen, "test"), settings);
      return Outcome.done(result(confusion, names.train(), hadoop));
    } finally {
      unseen.unpersist();
    }
  }

  private Confusion judge(Embedding embedding, Dataset<Row> unseen, PaperRecipe settings) {
    if (method == Method.LINEAR && recipe.isPaper()) {
      return PaperProbe.probe(
          epoch -> embedding.crops(train, settings.seed(), epoch, settings.cropScaleMin()),
          unseen,
          settings);
    }
    Dataset<Row> seen = embedding.features(train).cache();
    try {
      Dataset<Row> labelled = Accuracy.labelled(seen, "train");
      return switch (method) {
        case KNN -> NearestNeighbours.probe(labelled, unseen, k, temperature);
        case LINEAR -> LinearProbe.probe(labelled, unseen);
      };
    } finally {
      seen.unpersist();
    }
  }

  private Result result(Confusion confusion, List<String> classes, Configuration hadoop)
      throws IOException {
    List<String> files =
        output == null
            ? List.of()
            : ProbeFiles.write(Directory.at(output, hadoop), confusion, classes).stream()
                .map(file -> output + "/" + file)
                .toList();
    Accuracy all = confusion.accuracy();
    return new Result(
        probed.model(),
        method.toString(),
        recipe.name(method),
        all.top1(),
        all.top5(),
        confusion.meanClassTop1(),
        all.rows(),
        files);
  }
}

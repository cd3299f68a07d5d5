package io.sparkmae.job.run;

import static org.apache.spark.sql.functions.col;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.Patches;
import io.sparkmae.job.classify.Judgement.Mistake;
import io.sparkmae.job.picture.Strip;
import io.sparkmae.job.report.RunView.Gallery;
import io.sparkmae.job.report.RunView.Shown;
import io.sparkmae.model.config.MaeConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Shows the test images whose class a classifier was most confidently wrong about. */
final class MistakenImages {

  private static final int KEY = 60; // characters of it that are shown

  private MistakenImages() {}

  /** Returns the pictures; none if they cannot be read, which must not lose the trained model. */
  static List<Gallery> of(
      SparkSession spark,
      PreparedData test,
      MaeConfig model,
      List<String> classes,
      List<Mistake> mistakes) {
    List<Shown> pictures = new ArrayList<>();
    try {
      Map<String, byte[]> images = images(spark, test, mistakes);
      for (Mistake mistake : mistakes) {
        if (images.containsKey(mistake.key())) {
          pictures.add(new Shown(caption(mistake, classes), png(images.get(mistake.key()), model)));
        }
      }
    } catch (Exception e) { // Spark's are checked, though nothing says that they are thrown
      System.err.println("mae: the mistaken images are not drawn: " + e);
    }
    return pictures.isEmpty() ? List.of() : List.of(gallery(pictures));
  }

  private static Gallery gallery(List<Shown> pictures) {
    return new Gallery(
        "Most confidently wrong",
        "Test images after the last epoch, as the network sees them.",
        false,
        pictures);
  }

  private static Map<String, byte[]> images(
      SparkSession spark, PreparedData test, List<Mistake> mistakes) {
    Object[] keys = mistakes.stream().map(Mistake::key).toArray();
    Map<String, byte[]> images = new HashMap<>();
    for (Row row :
        spark
            .read()
            .parquet(files(test))
            .where(col("image.path").isin(keys))
            .select("image.path", "image.bytes")
            .limit(2 * keys.length)
            .collectAsList()) {
      images.put(row.getString(0), row.getAs(1));
    }
    return images;
  }

  private static String[] files(PreparedData test) {
    return IntStream.range(0, test.manifest().files().size())
        .mapToObj(file -> test.path(file).toString())
        .toArray(String[]::new);
  }

  private static byte[] png(byte[] encoded, MaeConfig model) throws IOException {
    CentreCrop view = new CentreCrop(model.imageSize(), model.patchSize());
    byte[] patches = ImagePatches.of(encoded, view, 0);
    return Strip.png(
        List.of(Patches.unpatchify(patches, model.imageSize(), model.patchSize())),
        model.imageSize());
  }

  private static String caption(Mistake mistake, List<String> classes) {
    String key = mistake.key();
    return String.format(
        Locale.ROOT,
        "%s, taken for %s (%.1f %%): %s",
        name(mistake.label(), classes),
        name(mistake.predicted(), classes),
        100 * mistake.probability(),
        key.length() > KEY ? "…" + key.substring(key.length() - KEY) : key);
  }

  private static String name(int label, List<String> classes) {
    return label < classes.size() ? classes.get(label) : "class " + label;
  }
}

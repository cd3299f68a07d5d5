package io.sparkmae.job.probe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.sparkmae.job.picture.ConfusionPicture;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Writes what a probe found, class by class. */
public final class ProbeFiles {

  static final String ACCURACY = "accuracy.json";
  static final String CONFUSION = "confusion.json";
  static final String PICTURE = "confusion.png";

  private static final int MOST_DRAWN = 100;

  /** The content of {@value #ACCURACY}. */
  record PerClass(double top1, double top5, long rows, List<ClassAccuracy> classes) {}

  private ProbeFiles() {}

  /**
   * Writes {@value #ACCURACY}, {@value #CONFUSION} and {@value #PICTURE}, and returns their names.
   * The picture has the {@value #MOST_DRAWN} classes with the most mistakes if there are more.
   *
   * @param names of the classes by label; may be empty
   */
  public static List<String> write(Directory directory, Confusion confusion, List<String> names)
      throws IOException {
    Accuracy all = confusion.accuracy();
    List<ClassAccuracy> classes = confusion.perClass(names);
    PerClass perClass = new PerClass(all.top1(), all.top5(), all.rows(), classes);
    directory.file(ACCURACY, out -> out.write(Json.pretty(perClass)));
    directory.file(CONFUSION, out -> writeCounts(confusion, classes, out));
    directory.file(PICTURE, out -> draw(confusion, classes, out));
    return List.of(ACCURACY, CONFUSION, PICTURE);
  }

  /** Writes row by row: the matrix of thousands of classes is larger than all that is counted. */
  private static void writeCounts(
      Confusion confusion, List<ClassAccuracy> classes, OutputStream out) throws IOException {
    JsonFactory json = new JsonFactory().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    try (JsonGenerator to = json.createGenerator(out)) {
      to.writeStartObject();
      to.writeArrayFieldStart("classes");
      for (ClassAccuracy label : classes) {
        to.writeString(label.name());
      }
      to.writeEndArray();
      to.writeArrayFieldStart("counts");
      for (int label = 0; label < classes.size(); label++) {
        writeRow(confusion, label, classes.size(), to);
      }
      to.writeEndArray();
      to.writeEndObject();
    }
  }

  private static void writeRow(Confusion confusion, int label, int classes, JsonGenerator to)
      throws IOException {
    to.writeStartArray();
    for (int predicted = 0; predicted < classes; predicted++) {
      to.writeNumber(confusion.rows(label, predicted));
    }
    to.writeEndArray();
  }

  private static void draw(Confusion confusion, List<ClassAccuracy> classes, OutputStream out)
      throws IOException {
    List<Integer> drawn = confusion.mostMistaken(MOST_DRAWN, classes.size());
    double[][] shares = new double[drawn.size()][drawn.size()];
    for (int row = 0; row < shares.length; row++) {
      long rows = Math.max(1, classes.get(drawn.get(row)).rows());
      for (int column = 0; column < shares.length; column++) {
        shares[row][column] = (double) confusion.rows(drawn.get(row), drawn.get(column)) / rows;
      }
    }
    List<String> names = drawn.stream().map(label -> classes.get(label).name()).toList();
    String below =
        drawn.size() == classes.size()
            ? "all %d classes".formatted(classes.size())
            : "the %d of %d classes with most errors".formatted(drawn.size(), classes.size());
    ConfusionPicture.write(names, shares, below, out);
  }
}

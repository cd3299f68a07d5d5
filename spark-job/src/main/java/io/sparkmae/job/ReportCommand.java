package io.sparkmae.job;

import io.sparkmae.job.report.Report;
import io.sparkmae.job.report.RunView;
import io.sparkmae.job.run.RunPage;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.store.ModelStore;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae report}: a page about runs, finished or not, their curves laid over each other. */
@Command(
    name = "report",
    description = "Writes a page about runs, finished or not, with their curves over each other.")
final class ReportCommand implements Callable<Outcome> {

  @Option(
      names = "--model",
      required = true,
      arity = "1..*",
      paramLabel = "URI",
      description = "Model directories, or versions in them.")
  private List<String> models;

  @Option(names = "--output", required = true, paramLabel = "FILE.html", description = "The page.")
  private String output;

  /**
   * The command's result line.
   *
   * @param report path of the page
   * @param rounds of all runs together
   */
  record Result(String report, int runs, int rounds) {}

  @Override
  public Outcome call() throws IOException {
    Configuration hadoop = Sessions.hadoop();
    List<String> names = names(models);
    List<RunView> runs = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      String name = names.get(i);
      runs.add(
          ModelStore.read(
              models.get(i), hadoop, version -> RunPage.of(name, version, models.size() == 1)));
    }
    Path path = new Path(output);
    try (OutputStream out = path.getFileSystem(hadoop).create(path, true)) {
      Report.page(names.size() == 1 ? names.get(0) : names.size() + " runs", runs).writeTo(out);
    }
    int rounds = runs.stream().mapToInt(run -> run.curves().rounds()).sum();
    return Outcome.done(new Result(output, runs.size(), rounds));
  }

  /** Returns the last parts of the URIs, as many as tell them apart; numbered if none do. */
  static List<String> names(List<String> uris) {
    List<String[]> parts = uris.stream().map(uri -> uri.replaceAll("/+$", "").split("/")).toList();
    for (int take = 1; take <= 8; take++) {
      int last = take;
      List<String> names = parts.stream().map(path -> tail(path, last)).toList();
      if (names.stream().distinct().count() == names.size()) {
        return names;
      }
    }
    List<String> numbered = new ArrayList<>();
    uris.forEach(uri -> numbered.add(numbered.size() + 1 + ": " + uri));
    return numbered;
  }

  private static String tail(String[] path, int parts) {
    int from = Math.max(0, path.length - parts);
    return String.join("/", List.of(path).subList(from, path.length));
  }
}

package io.sparkmae.job;

import io.sparkmae.job.failure.ExitCode;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.model.Conformance;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.file.Safetensors;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code mae conformance}: compares this build with reference numbers; exit code 1 beyond the
 * tolerance.
 */
@Command(name = "conformance", description = "Compares this build's numbers with the reference's.")
final class ConformanceCommand implements Callable<Outcome> {

  @Parameters(
      arity = "0..*",
      paramLabel = "FILE.safetensors",
      description = "Reference files; without any, those that this build carries.")
  private List<String> files = List.of();

  @Option(
      names = "--engine",
      defaultValue = "auto",
      paramLabel = "auto|graph|onednn|cuda",
      description = "What computes a step.")
  private Engine engine;

  @Option(
      names = "--precision",
      defaultValue = "fp32",
      paramLabel = "fp32|tf32|bf16",
      description = "Number format of the products.")
  private Precision precision;

  /**
   * The command's result line.
   *
   * @param passed whether every difference is within its limit
   * @param files file → differences and limits by quantity
   */
  record Result(boolean passed, Map<String, Conformance> files) {}

  @Override
  public Outcome call() throws IOException {
    Engine used = Engines.resolve(engine, precision, true);
    System.err.println("engine " + used + ", " + precision);
    Map<String, Conformance> results = new LinkedHashMap<>();
    if (files.isEmpty()) {
      for (String name : Conformance.CARRIED) {
        results.put(name, Conformance.ofCarried(name, used, precision));
      }
    }
    for (String file : files) {
      results.put(file, Conformance.of(read(file, Sessions.hadoop()), used, precision));
    }
    boolean passed = results.values().stream().allMatch(Conformance::passed);
    return new Outcome(new Result(passed, results), passed ? ExitCode.DONE : ExitCode.FAILED);
  }

  private static Safetensors read(String file, Configuration hadoop) throws IOException {
    Path path = new Path(file);
    try (InputStream in = new BufferedInputStream(path.getFileSystem(hadoop).open(path), 1 << 16)) {
      return Safetensors.read(in);
    }
  }
}

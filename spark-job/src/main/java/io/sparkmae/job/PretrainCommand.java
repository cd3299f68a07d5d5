package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.Flags;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.PretrainRun;
import io.sparkmae.job.run.RunRecord;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code mae pretrain}: trains a masked autoencoder on a prepared data set and writes a model
 * version.
 */
@Command(
    name = "pretrain",
    description = "Trains a masked autoencoder on a prepared data set.",
    modelTransformer = Flags.class)
final class PretrainCommand implements Callable<Outcome> {

  /** What becomes of an earlier call's work. */
  enum Resume {
    /** A finished run is the result, at once; an unfinished one goes on from its checkpoint. */
    AUTO,
    /** Training starts at the beginning. */
    NEVER
  }

  @Spec private CommandSpec command;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "The model directory.")
  private String output;

  @Option(names = "--config", paramLabel = "URI", description = "A HOCON file; flags override it.")
  private String config;

  @Option(names = "--force", description = "Runs bf16 also where the processor is slow at it.")
  private boolean force;

  @Option(
      names = "--resume",
      paramLabel = "auto|never",
      defaultValue = "auto",
      description =
          "auto goes on from the last checkpoint, and answers at once if the run is finished.")
  private Resume resume;

  @Option(
      names = "--set",
      arity = "1..*",
      paramLabel = "KEY=VALUE",
      description = "Any setting by its key, such as model.embed-dim=192.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Override
  public Outcome call() throws IOException {
    Configuration hadoop = Sessions.hadoop();
    RunConfig run =
        ConfigLayers.runConfig(
            new Flags().given(command, settings),
            config,
            hadoop,
            data -> PreparedData.pixels(data, hadoop).channels());
    if (run.train().engine() != Engine.CUDA) { // whose GPUs the driver need not have
      Engines.resolve(run.train().engine(), run.train().precision(), force);
    }
    System.err.println(run.text());
    Optional<Object> finished = resume == Resume.AUTO ? finished(run, hadoop) : Optional.empty();
    return Outcome.done(finished.isPresent() ? finished.get() : train(run));
  }

  private Optional<Object> finished(RunConfig run, Configuration hadoop) throws IOException {
    return ModelStore.at(output, hadoop)
        .read(version -> RunRecord.resultOf(version, run).orElse(null));
  }

  private Object train(RunConfig run) throws IOException {
    return new PretrainRun(Sessions.open("pretrain"), run, output).train(resume == Resume.AUTO);
  }
}

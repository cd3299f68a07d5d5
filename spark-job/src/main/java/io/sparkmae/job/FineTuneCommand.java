package io.sparkmae.job;

import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.Flags;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.run.FineTuneRun;
import io.sparkmae.job.run.RunRecord;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.model.ClassifierGraph;
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

/** {@code mae finetune}: trains a classifier from a pre-trained encoder, on labelled images. */
@Command(
    name = "finetune",
    description = "Trains a classifier on labelled images, from a pre-trained encoder.",
    modelTransformer = Flags.OfFineTuning.class)
final class FineTuneCommand implements Callable<Outcome> {

  @Spec private CommandSpec command;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "The model directory; not the pre-trained model's.")
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
  private PretrainCommand.Resume resume;

  @Option(
      names = "--set",
      arity = "1..*",
      paramLabel = "KEY=VALUE",
      description = "Any setting by its key, such as finetune.rand-augment-operations=3.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Override
  public Outcome call() throws IOException {
    Configuration hadoop = Sessions.hadoop();
    RunConfig run =
        ConfigLayers.fineTuning(
            new Flags.OfFineTuning().given(command, settings),
            config,
            hadoop,
            uri -> ModelStore.read(uri, hadoop, EncoderModel::description));
    Engine engine = ClassifierGraph.requireEngine(run.train().engine());
    Engines.resolve(engine, run.train().precision(), force);
    System.err.println(run.text());
    boolean goesOn = resume == PretrainCommand.Resume.AUTO;
    Optional<Object> finished = goesOn ? finished(run, hadoop) : Optional.empty();
    return Outcome.done(
        finished.isPresent()
            ? finished.get()
            : new FineTuneRun(Sessions.open("finetune"), run, output).train(goesOn));
  }

  private Optional<Object> finished(RunConfig run, Configuration hadoop) throws IOException {
    return ModelStore.at(output, hadoop)
        .read(version -> RunRecord.resultOf(version, run).orElse(null));
  }
}

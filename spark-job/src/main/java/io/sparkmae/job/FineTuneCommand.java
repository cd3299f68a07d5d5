package io.sparkmae.job;

import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.Flags;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.run.FineTuneRun;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.model.ClassifierGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Mixin private RunOptions options;

  @Override
  public Outcome call() throws IOException {
    Configuration hadoop = Sessions.hadoop();
    RunConfig run =
        ConfigLayers.fineTuning(
            new Flags.OfFineTuning().given(command, options.settings().values()),
            options.settings().config(),
            hadoop,
            uri -> EncoderModel.description(uri, hadoop));
    Engine engine = ClassifierGraph.requireEngine(run.train().engine());
    Engines.resolve(engine, run.train().precision(), options.force());
    System.err.println(run.text());
    Optional<Object> finished = options.finished(output, run, hadoop);
    return Outcome.done(finished.isPresent() ? finished.get() : train(run));
  }

  private Object train(RunConfig run) throws IOException {
    return options.tracked(
        output,
        run,
        tracker ->
            new FineTuneRun(Sessions.open("finetune"), run, output, tracker)
                .train(options.goesOn()));
  }
}

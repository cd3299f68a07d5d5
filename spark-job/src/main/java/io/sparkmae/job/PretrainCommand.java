package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.Flags;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.PretrainRun;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.train.WorkersEngine;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Engine;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Spec private CommandSpec command;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "The model directory.")
  private String output;

  @Mixin private RunOptions options;

  @Override
  public Outcome call() throws IOException {
    Configuration hadoop = Sessions.hadoop();
    RunConfig run =
        ConfigLayers.runConfig(
            new Flags().given(command, options.settings().values()),
            options.settings().config(),
            hadoop,
            data -> PreparedData.pixels(data, hadoop).channels());
    requireEngine(run);
    System.err.println(run.text());
    Optional<Object> finished = options.finished(output, run, hadoop);
    return Outcome.done(finished.isPresent() ? finished.get() : train(run));
  }

  private void requireEngine(RunConfig run) {
    Engine engine = MaeGraph.requireEngine(run.model(), run.train().engine());
    WorkersEngine.of(engine, run.train().precision(), options.force(), new SparkConf());
  }

  private Object train(RunConfig run) throws IOException {
    return options.tracked(
        output,
        run,
        tracker ->
            new PretrainRun(Sessions.open("pretrain"), run, output, tracker)
                .train(options.goesOn()));
  }
}

package io.sparkmae.job;

import picocli.CommandLine.Command;

/** {@code mae benchmark}: measurements that anyone can repeat. */
@Command(
    name = "benchmark",
    description = "Measures a part of the job.",
    synopsisSubcommandLabel = "PART",
    subcommands = {
      BenchmarkStepCommand.class,
      BenchmarkDataCommand.class,
      BenchmarkAveragingCommand.class
    })
final class BenchmarkCommand {}

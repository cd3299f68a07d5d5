package io.sparkmae.job;

import picocli.CommandLine.Command;

/** {@code mae benchmark}: measures one part of the job. */
@Command(
    name = "benchmark",
    description = "Measures one part of the job.",
    synopsisSubcommandLabel = "PART",
    subcommands = BenchmarkAveragingCommand.class)
final class BenchmarkCommand {}

package io.sparkmae.job;

import picocli.CommandLine.Command;

/** {@code mae benchmark}: measures a part of the job by itself. */
@Command(
    name = "benchmark",
    description = "Measures a part of the job by itself.",
    synopsisSubcommandLabel = "PART",
    subcommands = BenchmarkDataCommand.class)
final class BenchmarkCommand {}

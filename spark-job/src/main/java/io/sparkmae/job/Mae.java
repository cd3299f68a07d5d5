package io.sparkmae.job;

import io.sparkmae.job.config.UserInfo;
import io.sparkmae.job.failure.ExitCode;
import io.sparkmae.job.failure.Failure;
import io.sparkmae.job.run.Versions;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.store.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/**
 * The one entry point: {@code spark-submit --class io.sparkmae.job.Mae spark-mae.jar COMMAND …}.
 *
 * <p>Progress goes to stderr. The last line on stdout is one JSON object with the command's result.
 * Exit codes are those of {@link ExitCode}.
 */
@Command(
    name = "mae",
    description = "Pre-trains masked autoencoders from images, on Spark.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Versions.class,
    subcommands = {
      DemoCommand.class,
      PrepareCommand.class,
      InspectCommand.class,
      PlanCommand.class,
      PretrainCommand.class,
      FineTuneCommand.class,
      ReconstructCommand.class,
      AttentionCommand.class,
      ReportCommand.class,
      EmbedCommand.class,
      PredictCommand.class,
      ProbeCommand.class,
      ExportCommand.class,
      VerifyCommand.class,
      ConformanceCommand.class,
      BenchmarkCommand.class
    })
public final class Mae {

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Shows the options and stops.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Shows the commit, and the versions of Spark, Java and the native libraries.")
  private boolean version;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description =
          "Prints the stack trace of a failure too; so does the environment variable MAE_TRACE.")
  private boolean verbose;

  @Option(
      names = ResultFile.OPTION,
      scope = ScopeType.INHERIT,
      paramLabel = "URI",
      description =
          "Writes the result line to this file too, or the exit code and the error of a failure.")
  private String result;

  /**
   * Runs one command; if it failed, ends the JVM with its exit code, or on Databricks, whose tasks
   * share a JVM, throws.
   */
  public static void main(String[] args) {
    System.setProperty("java.awt.headless", "true");
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream())); // SameDiff prints there
    int code;
    try {
      AwaitedSession.open(args);
      code = run(args, out);
    } finally {
      System.setOut(out); // for the next task in this JVM
    }
    out.flush();
    Sessions.stop(code);
    if (code != ExitCode.DONE && Sessions.ARE_SHARED) {
      throw new IllegalStateException(
          "Failed with exit code %d (the log has the reason)".formatted(code));
    }
    if (code != ExitCode.DONE) {
      System.exit(code);
    }
  }

  /**
   * Runs one command in this JVM and does not stop Spark.
   *
   * @param out receives the result line, or the usage text for {@code --help}
   * @return one of {@link ExitCode}
   */
  static int run(String[] args, PrintStream out) {
    CommandLine line = commandLine();
    Mae mae = line.getCommand();
    ResultFile file;
    try {
      for (String word : args) {
        UserInfo.refuse("option", word);
      }
      file = ResultFile.among(args);
    } catch (IOException | RuntimeException e) {
      return Failure.of(e).report(System.err, mae.traced());
    }
    return line.setOut(new PrintWriter(out, true))
        .setParameterExceptionHandler((e, given) -> mae.failed(e, file))
        .setExecutionExceptionHandler((e, command, parsed) -> mae.failed(e, file))
        .setExecutionStrategy(parsed -> runLast(parsed, out, file))
        .execute(args);
  }

  /**
   * Returns the commands and options, for templates and their tests; enum values are accepted in
   * any case.
   */
  public static CommandLine commandLine() {
    return new CommandLine(new Mae()).setCaseInsensitiveEnumValuesAllowed(true);
  }

  private int failed(Exception thrown, ResultFile file) {
    Failure failure = Failure.of(thrown);
    file.write(failure.exitCode(), failure.result());
    return failure.report(System.err, traced());
  }

  private static int runLast(ParseResult parsed, PrintStream out, ResultFile file) {
    List<CommandLine> commands = parsed.asCommandLineList();
    commands.forEach(Mae::refuseEmptyValues);
    int code = new CommandLine.RunLast().execute(parsed);
    Object result = commands.get(commands.size() - 1).getExecutionResult();
    if (result instanceof Outcome outcome) {
      out.println(Json.line(outcome.result()));
      file.write(outcome.exitCode(), outcome.result());
      return outcome.exitCode();
    }
    return code; // --help, --version
  }

  // As a script's variable that is not set leaves them.
  private static void refuseEmptyValues(CommandLine command) {
    for (OptionSpec option : command.getParseResult().matchedOptions()) {
      if (option.originalStringValues().contains("")) {
        throw new ParameterException(
            command,
            "Invalid %s: '' (must not be empty: give a value, or leave the option out)"
                .formatted(option.longestName()));
      }
    }
  }

  private boolean traced() {
    return verbose || System.getenv("MAE_TRACE") != null;
  }
}

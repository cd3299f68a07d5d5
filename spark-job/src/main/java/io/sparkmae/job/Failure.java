package io.sparkmae.job;

import com.typesafe.config.ConfigException;
import io.sparkmae.data.image.BadData;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.InUse;
import io.sparkmae.job.train.NonFiniteLoss;
import io.sparkmae.job.train.SlotsMissing;
import io.sparkmae.job.train.Stopped;
import io.sparkmae.model.engine.cuda.UnusableGpu;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.mapred.InvalidInputException;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import picocli.CommandLine.ParameterException;

/**
 * The failure of a command, as reported to the user.
 *
 * @param exitCode one of {@link ExitCode}
 * @param reason the exception with the best description; Spark and DL4J wrap it in their own
 * @param thrown what the command threw
 */
record Failure(int exitCode, Throwable reason, Throwable thrown) {

  private static final Pattern SPARKS_OWN =
      Pattern.compile("/(blockmgr|spark|executor)-[0-9a-f]{8}-[0-9a-f-]{27}/");

  private static final List<String> OUR_CODE =
      List.of("io.sparkmae.", "org.nd4j.", "org.deeplearning4j.", "org.bytedeco.");

  static Failure of(Throwable thrown) {
    return first(thrown, NonFiniteLoss.class::isInstance, ExitCode.NON_FINITE_LOSS)
        .or(() -> first(thrown, Failure::isBadData, ExitCode.BAD_DATA))
        .or(() -> first(thrown, cause -> isBadOption(cause, thrown), ExitCode.BAD_OPTIONS))
        .or(() -> faultOfATask(thrown))
        .or(() -> first(thrown, Failure::mayPass, ExitCode.RETRY))
        .orElseGet(() -> new Failure(ExitCode.FAILED, thrown, thrown));
  }

  /** Prints one sentence, then one line for each cause that adds to it; returns the exit code. */
  int report(PrintStream err, boolean traced) {
    err.println("mae: " + sentence(reason));
    chain(reason)
        .skip(1)
        .map(Failure::sentence)
        .distinct()
        .forEach(cause -> err.println("  because: " + cause));
    if (traced) {
      thrown.printStackTrace(err);
    }
    return exitCode;
  }

  private static Optional<Failure> first(Throwable thrown, Predicate<Throwable> is, int exitCode) {
    return chain(thrown)
        .filter(is)
        .findFirst()
        .map(reason -> new Failure(exitCode, reason, thrown));
  }

  private static Stream<Throwable> chain(Throwable thrown) {
    return Stream.iterate(thrown, cause -> cause != null, Throwable::getCause).limit(20);
  }

  /**
   * Returns a fault of the program in a task, which a retry would repeat: a scheduler should not
   * retry it.
   */
  private static Optional<Failure> faultOfATask(Throwable thrown) {
    return chain(thrown).anyMatch(SparkException.class::isInstance)
        ? first(thrown, cause -> isFault(cause) && cause != thrown, ExitCode.FAILED)
        : Optional.empty();
  }

  private static boolean isFault(Throwable cause) {
    boolean unchecked = cause instanceof RuntimeException || cause instanceof Error;
    // an OutOfMemoryError ends the executor and is not counted as a fault of the program
    boolean plain = chain(cause).noneMatch(c -> mayPass(c) || c instanceof OutOfMemoryError);
    boolean sparks = cause.getClass().getName().startsWith("org.apache.spark.");
    return unchecked && plain && !sparks && isOfOurCode(cause);
  }

  // Spark and storage clients throw the same types when a connection is lost. Java's own frames do
  // not show the caller, and the JVM omits the traces of exceptions that it throws often.
  private static boolean isOfOurCode(Throwable cause) {
    return Stream.of(cause.getStackTrace())
        .map(StackTraceElement::getClassName)
        .filter(type -> !type.startsWith("java.") && !type.startsWith("jdk."))
        .findFirst()
        .map(type -> OUR_CODE.stream().anyMatch(type::startsWith))
        .orElse(true);
  }

  private static boolean isBadData(Throwable cause) {
    return cause instanceof BadData
        || cause instanceof BadModel
        || isMissing(cause)
        || cause instanceof InvalidInputException
        || cause instanceof AnalysisException;
  }

  /**
   * Returns whether a file that the user named is missing; a missing file of Spark's own may
   * reappear with its executor.
   */
  private static boolean isMissing(Throwable cause) {
    boolean missing =
        cause instanceof FileNotFoundException || cause instanceof NoSuchFileException;
    return missing && !SPARKS_OWN.matcher(String.valueOf(cause.getMessage())).find();
  }

  // Deeper down, an IllegalArgumentException is a fault of the program and not of its options.
  private static boolean isBadOption(Throwable cause, Throwable thrown) {
    return cause instanceof ParameterException
        || cause instanceof ConfigException
        || cause instanceof UnsupportedFileSystemException
        || cause instanceof UnusableGpu
        || cause == thrown && cause instanceof IllegalArgumentException;
  }

  private static boolean mayPass(Throwable cause) {
    return cause instanceof SparkException
        || cause instanceof IOException
        || cause instanceof UncheckedIOException
        || cause instanceof InUse
        || cause instanceof SlotsMissing
        || cause instanceof Stopped
        || cause instanceof StateLost;
  }

  private static String sentence(Throwable cause) {
    String message =
        cause.getMessage() == null ? "" : cause.getMessage().strip().lines().findFirst().orElse("");
    boolean speaks = message.contains(" ") && !(cause instanceof NullPointerException);
    return speaks
        ? message
        : cause.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
  }
}

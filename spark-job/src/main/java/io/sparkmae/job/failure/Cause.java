package io.sparkmae.job.failure;

import com.typesafe.config.ConfigException;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.storage.MissingCodec;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.InUse;
import io.sparkmae.job.train.NonFiniteLoss;
import io.sparkmae.job.train.SlotsMissing;
import io.sparkmae.job.train.Stopped;
import io.sparkmae.model.engine.cuda.UnusableGpu;
import io.sparkmae.model.file.BadWeights;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.mapred.InvalidInputException;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import picocli.CommandLine.ParameterException;

/**
 * The causes of failures, and the exit code and cure of each. The first constant that an exception
 * or one of its causes is decides.
 *
 * <p>Storage clients wrap each other's exceptions and send them over the network as text, so a
 * cause is known by the names of classes and the words of messages, not by one type.
 */
enum Cause {
  NON_FINITE(ExitCode.NON_FINITE_LOSS, NonFiniteLoss.class::isInstance),
  BAD_DATA(
      ExitCode.BAD_DATA,
      thrown ->
          thrown instanceof BadData || thrown instanceof BadModel || thrown instanceof BadWeights),
  NO_CODEC(ExitCode.BAD_OPTIONS, MissingCodec.class::isInstance),
  NO_CREDENTIALS( // before DENIED: the client's exception for both has one type
      ExitCode.BAD_OPTIONS,
      says("NoAuthWithAWSException|CredentialInitializationException|No AWS Credentials provided"),
      "give the job credentials, such as a role of the cluster or spark.hadoop.fs.s3a.* settings"),
  DENIED(
      ExitCode.BAD_OPTIONS,
      says(
          "AccessControlException|AccessDeniedException|Permission denied|Operation not permitted"
              + "|Mkdirs failed to create|Read-only file system|Status Code: 40[13]\\b|ExpiredToken|InvalidAccessKeyId"),
      "give the job's user this right, or another URI"),
  NO_BUCKET(
      ExitCode.BAD_OPTIONS,
      says("UnknownStoreException|NoSuchBucket|bucket does not exist"),
      "make the bucket, or correct its name"),
  NOT_A_DIRECTORY(
      ExitCode.BAD_OPTIONS,
      says(
          "ParentNotDirectoryException|FileAlreadyExistsException|NotDirectoryException"
              + "|Not a directory|Is a directory|File name too long"),
      "give a URI below directories"),
  QUOTA(
      ExitCode.BAD_OPTIONS,
      says("QuotaExceededException|Disk quota exceeded"),
      "raise the quota, or give another URI"),
  CLASS_MISSING(
      ExitCode.BAD_OPTIONS,
      says("ClassNotFoundException|NoClassDefFoundError|UnsatisfiedLinkError"),
      "add its jar by --jars or --packages"),
  MISSING(ExitCode.BAD_DATA, Cause::isMissing),
  BAD_OPTION(
      ExitCode.BAD_OPTIONS,
      thrown ->
          thrown instanceof ParameterException
              || thrown instanceof ConfigException
              || thrown instanceof UnsupportedFileSystemException
              || thrown instanceof UnusableGpu),
  STATE_LOST(
      ExitCode.RETRY,
      StateLost.class::isInstance,
      "the same command goes on from the last checkpoint"),
  /** Connections, time-outs, throttling, servers' faults, lost executors, a stop. */
  PASSES(
      ExitCode.RETRY,
      thrown ->
          thrown instanceof SparkException
              || thrown instanceof IOException
              || thrown instanceof UncheckedIOException
              || thrown instanceof InUse
              || thrown instanceof SlotsMissing
              || thrown instanceof Stopped);

  private static final Pattern SPARKS_OWN =
      Pattern.compile("/(blockmgr|spark|executor)-[0-9a-f]{8}-[0-9a-f-]{27}/");

  private final int exitCode;
  private final Predicate<Throwable> is;
  private final String cure;

  Cause(int exitCode, Predicate<Throwable> is) {
    this(exitCode, is, "");
  }

  Cause(int exitCode, Predicate<Throwable> is, String cure) {
    this.exitCode = exitCode;
    this.is = is;
    this.cure = cure;
  }

  /** Returns one of {@link ExitCode}. */
  int exitCode() {
    return exitCode;
  }

  /** Returns what the user can do; empty where the exception's message says it. */
  String cure() {
    return cure;
  }

  /** Returns whether an exception, without its causes, is of this kind. */
  boolean is(Throwable thrown) {
    return is.test(thrown);
  }

  /**
   * Returns a test for words in the class names of an exception or in its message; a
   * RemoteException tells the server's class in toString alone.
   */
  private static Predicate<Throwable> says(String words) {
    Pattern pattern = Pattern.compile(words);
    return thrown ->
        !isProse(thrown)
            && Stream.concat(types(thrown), Stream.of(thrown.toString()))
                .anyMatch(text -> pattern.matcher(text).find());
  }

  // Our own sentences name files, whose names may be any words; Spark's hold whole stack traces.
  private static boolean isProse(Throwable thrown) {
    return thrown.getClass().getName().startsWith("io.sparkmae.")
        || thrown instanceof ParameterException
        || thrown instanceof ConfigException
        || thrown instanceof SparkException;
  }

  private static Stream<String> types(Throwable thrown) {
    return Stream.<Class<?>>iterate(
            thrown.getClass(), type -> type != Throwable.class, Class::getSuperclass)
        .map(Class::getSimpleName);
  }

  /**
   * Returns whether a file that the user named is missing; a missing file of Spark's own may
   * reappear with its executor.
   */
  private static boolean isMissing(Throwable thrown) {
    boolean missing =
        thrown instanceof FileNotFoundException
            || thrown instanceof NoSuchFileException
            || thrown instanceof InvalidInputException
            || thrown instanceof AnalysisException;
    return missing && !SPARKS_OWN.matcher(String.valueOf(thrown.getMessage())).find();
  }
}

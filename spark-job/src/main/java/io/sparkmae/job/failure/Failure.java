package io.sparkmae.job.failure;

import io.sparkmae.job.config.UserInfo;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.SparkException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The failure of a command, as reported to the user.
 *
 * @param exitCode one of {@link ExitCode}
 * @param reason the exception with the best description; Spark and DL4J wrap it in their own
 * @param cure what the user can do; empty where the reason says it
 * @param thrown what the command threw
 */
public record Failure(int exitCode, Throwable reason, String cure, Throwable thrown) {

  private static final int LONGEST = 300;
  private static final int MOST = 3;

  /** What storage, its clients and Spark say of causes that may pass, in any exception. */
  private static final Pattern PASSING =
      Pattern.compile(
          "connect|time.?d? ?out|throttl|slow ?down|unavailable|refused|reset|shut ?down|closed"
              + "|interrupt|too many requests|\\b(429|500|502|503|504)\\b|retry|retries|expired"
              + "|temporar|overload|busy|amazonaws|azure|google.cloud",
          Pattern.CASE_INSENSITIVE);

  /** What a task threw, in Spark's message, where the exception itself could not be sent. */
  private static final Pattern THROWN =
      Pattern.compile(
          "most recent failure: Lost task [^\\n]*?\\): ([\\w.$]+(?:Exception|Error))\\b(.*)");

  private static final Pattern SPARKS_FAULT =
      Pattern.compile("Task not serializable|Kryo serialization failed|spark.driver.maxResultSize");

  private static final List<String> OUR_CODE =
      List.of("io.sparkmae.", "org.nd4j.", "org.deeplearning4j.", "org.bytedeco.");

  /** Returns the failure that {@code thrown} or one of its causes tells. */
  public static Failure of(Throwable thrown) {
    return Stream.of(Cause.values())
        .filter(cause -> cause != Cause.PASSES)
        .flatMap(cause -> of(cause, thrown).stream())
        .findFirst()
        .or(() -> badArgument(thrown))
        .or(() -> faultOfATask(thrown))
        .or(() -> of(Cause.PASSES, thrown))
        .orElseGet(() -> new Failure(ExitCode.FAILED, thrown, "", thrown));
  }

  /** Prints one sentence, then one line for each cause that adds to it; returns the exit code. */
  public int report(PrintStream err, boolean traced) {
    List<String> sentences = sentences();
    err.println("mae: " + sentences.get(0));
    sentences.stream().skip(1).forEach(cause -> err.println("  because: " + cause));
    if (traced) {
      thrown.printStackTrace(err);
    }
    return exitCode;
  }

  /** Returns the failure as the object that {@code --result} writes. */
  public Map<String, Object> result() {
    List<String> sentences = sentences();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("error", sentences.get(0));
    result.put("because", sentences.subList(1, sentences.size()));
    return result;
  }

  /** Returns the reason's sentence with the cure, then those of its causes that add to it. */
  private List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    chain(reason)
        .map(Failure::sentence)
        .filter(text -> sentences.stream().noneMatch(said -> said.contains(text)))
        .limit(MOST)
        .forEach(sentences::add);
    sentences.replaceAll(Failure::shortened);
    if (!cure.isEmpty()) {
      sentences.set(0, sentences.get(0) + " (" + cure + ")");
    }
    return sentences;
  }

  private static Optional<Failure> of(Cause cause, Throwable thrown) {
    return first(thrown, cause::is, cause.exitCode(), cause.cure());
  }

  private static Optional<Failure> first(
      Throwable thrown, Predicate<Throwable> is, int exitCode, String cure) {
    return chain(thrown)
        .filter(is)
        .findFirst()
        .map(reason -> new Failure(exitCode, reason, cure, thrown));
  }

  private static Stream<Throwable> chain(Throwable thrown) {
    return Stream.iterate(thrown, cause -> cause != null, Throwable::getCause).limit(20);
  }

  // Deeper down, an IllegalArgumentException is a fault of the program and not of its options.
  private static Optional<Failure> badArgument(Throwable thrown) {
    return thrown instanceof IllegalArgumentException
        ? Optional.of(new Failure(ExitCode.BAD_OPTIONS, thrown, "", thrown))
        : Optional.empty();
  }

  /**
   * Returns a fault of the program in a task, which a retry would repeat: a scheduler should not
   * retry it.
   */
  private static Optional<Failure> faultOfATask(Throwable thrown) {
    return chain(thrown).anyMatch(SparkException.class::isInstance)
        ? first(thrown, cause -> isFault(cause) && cause != thrown, ExitCode.FAILED, "")
            .or(() -> first(thrown, Failure::tellsOfAFault, ExitCode.FAILED, ""))
        : Optional.empty();
  }

  /** Returns whether Spark's message alone names a fault, since no cause came with it. */
  private static boolean tellsOfAFault(Throwable cause) {
    if (!(cause instanceof SparkException) || cause.getCause() != null) {
      return false;
    }
    String message = String.valueOf(cause.getMessage());
    Matcher thrown = THROWN.matcher(message);
    boolean fault = thrown.find() && isUnchecked(thrown.group(1));
    return SPARKS_FAULT.matcher(message).find()
        || fault && !PASSING.matcher(thrown.group(2)).find();
  }

  private static boolean isUnchecked(String type) {
    try {
      Class<?> thrown = Class.forName(type, false, Failure.class.getClassLoader());
      boolean unchecked =
          RuntimeException.class.isAssignableFrom(thrown) || Error.class.isAssignableFrom(thrown);
      boolean mayPass =
          UncheckedIOException.class.isAssignableFrom(thrown)
              || OutOfMemoryError.class.isAssignableFrom(thrown)
              || type.startsWith("org.apache.spark.");
      return unchecked && !mayPass;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static boolean isFault(Throwable cause) {
    boolean unchecked = cause instanceof RuntimeException || cause instanceof Error;
    // an OutOfMemoryError ends the executor and is not counted as a fault of the program
    boolean plain =
        chain(cause).noneMatch(c -> Cause.PASSES.is(c) || c instanceof OutOfMemoryError);
    boolean sparks = cause.getClass().getName().startsWith("org.apache.spark.");
    return unchecked && plain && !sparks && (isOfOurCode(cause) || !isPassing(cause));
  }

  private static boolean isPassing(Throwable thrown) {
    return chain(thrown).anyMatch(cause -> PASSING.matcher(cause.toString()).find());
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

  private static String sentence(Throwable cause) {
    String message = firstLine(cause);
    boolean speaks = message.contains(" ") && !(cause instanceof NullPointerException);
    String sentence =
        speaks
            ? message + nearest(cause)
            : cause.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
    return UserInfo.masked(sentence);
  }

  /**
   * Returns the first line of a message, for others' hold whole traces. A sentence of our own is
   * one line, and what breaks it is a name.
   */
  private static String firstLine(Throwable cause) {
    String message = Objects.requireNonNullElse(cause.getMessage(), "").strip();
    message = message.split("\\R\\s+at ", 2)[0];
    boolean ours =
        cause instanceof IllegalArgumentException
            || cause.getClass().getName().startsWith("io.sparkmae.");
    return ours ? message.replaceAll("\\R", "\\\\n") : message.lines().findFirst().orElse("");
  }

  private static String shortened(String text) {
    return text.length() > LONGEST ? text.substring(0, LONGEST - 1) + "…" : text;
  }

  private static String nearest(Throwable cause) {
    return cause instanceof UnmatchedArgumentException unmatched
            && !unmatched.getSuggestions().isEmpty()
        ? " (did you mean %s?)".formatted(unmatched.getSuggestions().get(0))
        : "";
  }
}

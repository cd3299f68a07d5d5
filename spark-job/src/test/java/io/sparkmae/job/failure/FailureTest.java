package io.sparkmae.job.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.storage.MissingCodec;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.model.engine.cuda.UnusableGpu;
import io.sparkmae.model.file.BadWeights;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.List;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.hdfs.protocol.DSQuotaExceededException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FailureTest {

  @Test
  void executorsReasonsAreFoundBelowSparks() {
    assertThat(behindSpark(new BadData("Cannot decode a.jpg: cut off")))
        .isEqualTo(ExitCode.BAD_DATA);
    assertThat(Failure.of(new BadWeights("Not a safetensors file")).exitCode())
        .isEqualTo(ExitCode.BAD_DATA);
    assertThat(behindSpark(new FileNotFoundException("File /a does not exist")))
        .isEqualTo(ExitCode.BAD_DATA);
  }

  @Test
  void sparkAndStorageMayPass() {
    assertThat(behindSpark(new IOException("connection reset"))).isEqualTo(ExitCode.RETRY);
    assertThat(Failure.of(new IOException("disk full")).exitCode()).isEqualTo(ExitCode.RETRY);
  }

  @Test
  void onlyTheCommandsOwnArgumentsAreBadOptions() {
    assertThat(Failure.of(new IllegalArgumentException("Invalid k: 0")).exitCode())
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(behindSpark(new IllegalArgumentException("within"))).isEqualTo(ExitCode.FAILED);
    assertThat(Failure.of(new IllegalStateException("a fault")).exitCode())
        .isEqualTo(ExitCode.FAILED);
  }

  @Test
  void whatATaskWouldThrowAgainIsNotTriedAgain() {
    for (Exception fault :
        List.of(
            new NullPointerException(),
            new IllegalStateException("a fault"),
            new ArrayIndexOutOfBoundsException(9),
            new ClassCastException("a is no b"))) {
      assertThat(behindSpark(fault)).as("%s", fault).isEqualTo(ExitCode.FAILED);
    }
  }

  @Test
  void codeThatIsMissingIsAMatterOfSettings() {
    for (Throwable missing :
        List.of(
            new NoClassDefFoundError("a/B"),
            new UnsatisfiedLinkError("no zstd in java.library.path"),
            new ClassNotFoundException("a.B"),
            new MissingCodec("Cannot read a.parquet: it is compressed with LZO"))) {
      assertThat(behindSpark(new Exception(missing)))
          .as("%s", missing)
          .isEqualTo(ExitCode.BAD_OPTIONS);
    }
  }

  @Test
  void whatATaskThrewIsToldBySparksMessageWhereItDidNotCome() {
    String lost =
        "Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times, most recent failure: Lost task 0.3 in stage 0.0 (TID 3) (10.0.0.1 executor 2): ";
    assertThat(ofSpark(lost + "java.lang.IllegalStateException: a fault\n\tat a.B.c"))
        .isEqualTo(ExitCode.FAILED);
    assertThat(ofSpark(lost + "java.lang.IllegalStateException: Connection pool shut down"))
        .isEqualTo(ExitCode.RETRY);
    assertThat(ofSpark(lost + "java.io.IOException: No space left on device"))
        .isEqualTo(ExitCode.RETRY);
    assertThat(ofSpark(lost + "ExecutorLostFailure (executor 2 exited caused by one of the tasks)"))
        .isEqualTo(ExitCode.RETRY);
    assertThat(ofSpark(lost + "FetchFailed(BlockManagerId(1, a, 7), shuffleId=0, message=\n..."))
        .isEqualTo(ExitCode.RETRY);
    assertThat(ofSpark("Kryo serialization failed: Buffer overflow")).isEqualTo(ExitCode.FAILED);
  }

  private static int ofSpark(String message) {
    return Failure.of(new SparkException(message)).exitCode();
  }

  @Test
  void whatStorageOrLostExecutorsDidMayPass() {
    String block = "/tmp/blockmgr-0b3e2f8a-1c9d-4f5e-8a7b-6c5d4e3f2a1b/0c/shuffle_0_1_0.data";
    for (Exception passing :
        List.of(
            new FileNotFoundException(block + " (No such file or directory)"),
            new java.nio.file.NoSuchFileException(block),
            new UncheckedIOException(new IOException("connection reset")),
            new IllegalStateException("while reading", new IOException("connection reset")),
            new TaskKilledException("another attempt succeeded"))) {
      assertThat(behindSpark(passing)).as("%s", passing).isEqualTo(ExitCode.RETRY);
    }
    assertThat(Failure.of(new SparkException("Job aborted: ExecutorLostFailure")).exitCode())
        .isEqualTo(ExitCode.RETRY);
  }

  /** What storage says when a setting is wrong: each again at every try. */
  static List<Exception> settings() {
    return List.of(
        new AccessControlException("Permission denied: user=mae, access=WRITE, inode=\"/out\""),
        new RemoteException(AccessControlException.class.getName(), "user=mae, access=WRITE"),
        new FileNotFoundException("/out/data (Permission denied)"),
        new java.nio.file.AccessDeniedException("s3a://b/k", null, "Forbidden (Status Code: 403)"),
        new IOException("mkdir of /out: Read-only file system"),
        new IOException("Mkdirs failed to create file:/root/out (exists=false, cwd=file:/home)"),
        new IOException("NoAuthWithAWSException: No AWS Credentials provided by Temporary"),
        new IOException("s3a://b/k: 404 Not Found: NoSuchBucket"),
        new ParentNotDirectoryException("/out is not a directory"),
        new FileAlreadyExistsException("/out exists"),
        new FileSystemException("/out/a", null, "Not a directory"),
        new FileSystemException("/out/aaa", null, "File name too long"),
        new RemoteException(DSQuotaExceededException.class.getName(), "quota of /out is exceeded"),
        new RuntimeException(new ClassNotFoundException("Class a.S3AFileSystem not found")),
        new Exception(new NoClassDefFoundError("a/B")));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void settingsAreNotTriedAgain(Exception cause) {
    assertThat(Failure.of(cause).exitCode()).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(behindSpark(cause)).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(Failure.of(cause).cure()).isNotEmpty();
    assertThat(Failure.of(new UncheckedIOException(new IOException(cause))).exitCode())
        .isEqualTo(ExitCode.BAD_OPTIONS);
  }

  /** What storage and networks say while they are busy, slow or away. */
  static List<Exception> passing() {
    return List.of(
        new ConnectException("Connection refused"),
        new SocketTimeoutException("Read timed out"),
        new SocketException("Connection reset"),
        new UnknownHostException("namenode"),
        new NoRouteToHostException("No route to host"),
        new IOException("Server error on s3a://b/k (Status Code: 503; Error Code: SlowDown)"),
        new IOException("Status Code: 500; Error Code: InternalError"),
        new RemoteException("org.apache.hadoop.ipc.StandbyException", "state standby"),
        new RemoteException(
            "org.apache.hadoop.hdfs.server.namenode.SafeModeException", "safe mode"),
        new EOFException("the connection ended"));
  }

  @ParameterizedTest
  @MethodSource("passing")
  void connectionsTimeOutsAndServersFaultsMayPass(Exception cause) {
    assertThat(Failure.of(cause).exitCode()).isEqualTo(ExitCode.RETRY);
    assertThat(behindSpark(cause)).isEqualTo(ExitCode.RETRY);
  }

  @Test
  void wordsOfAFilesNameAreNoCause() {
    assertThat(behindSpark(new BadData("Cannot decode Permission denied.jpg: cut off")))
        .isEqualTo(ExitCode.BAD_DATA);
    assertThat(behindSpark(new StateLost(3))).isEqualTo(ExitCode.RETRY);
  }

  @Test
  void reportsAreShortSayNothingTwiceAndShowNoPassword() {
    String long400 = "b".repeat(400);
    IOException inner = new IOException("cannot open hdfs://mae:pass@nn:8020/in " + long400);
    IOException same = new IOException("reading failed: " + inner.getMessage(), inner);
    assertThat(report(new IOException("outer " + same.getMessage(), same)))
        .singleElement()
        .asString()
        .hasSizeLessThan(310)
        .startsWith("mae: outer reading failed: cannot open hdfs://***@nn:8020/in bbb")
        .endsWith("…");
  }

  @Test
  void aNameOfSeveralLinesHidesNoCure() {
    assertThat(report(new BadData("Cannot read a\nb.jpg: it is empty (name another)")))
        .containsExactly("mae: Cannot read a\\nb.jpg: it is empty (name another)");
    assertThat(report(new SparkException("Job aborted\n\tat a.B.c")))
        .containsExactly("mae: Job aborted");
  }

  @Test
  void missingCredentialsAreNoMissingRight() {
    Exception none =
        new java.nio.file.AccessDeniedException(
            "s3a://b/k", null, "NoAuthWithAWSException: No AWS Credentials provided by Temporary");
    assertThat(Failure.of(none).cure()).startsWith("give the job credentials");
  }

  @Test
  void whatOthersCodeThrowsInATaskMayPassIfItSaysSo() {
    RuntimeException closed = new IllegalStateException("Connection pool shut down");
    assertThat(behindSpark(thrownBy("org.apache.http.impl.conn.Pool", closed)))
        .isEqualTo(ExitCode.RETRY);
    for (Exception passing :
        List.of(
            new RuntimeException("Read timed out"),
            new IllegalStateException("SlowDown: please reduce your request rate"),
            new RuntimeException("Status Code: 503; Service Unavailable"))) {
      assertThat(behindSpark(thrownBy("com.storage.Client", passing)))
          .as("%s", passing)
          .isEqualTo(ExitCode.RETRY);
    }
    for (Exception fault :
        List.of(
            new IllegalArgumentException("Illegal character in a name"),
            new IllegalStateException("not a map"),
            new IndexOutOfBoundsException("Index 9 out of bounds for length 3"))) {
      assertThat(behindSpark(thrownBy("org.apache.parquet.Reader", fault)))
          .as("%s", fault)
          .isEqualTo(ExitCode.FAILED);
    }
    RuntimeException shapes = new IllegalStateException("Shapes differ");
    assertThat(behindSpark(thrownBy("org.nd4j.linalg.Shape", shapes))).isEqualTo(ExitCode.FAILED);
  }

  @Test
  void memoryThatIsShortMayBeThereLater() {
    assertThat(behindSpark(new IllegalStateException("loading", new OutOfMemoryError("heap"))))
        .isEqualTo(ExitCode.RETRY);
  }

  @Test
  void aTasksExceptionOfAJobIsTheFault() {
    try (JavaSparkContext spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local[1]")
                .setAppName("fault")
                .set("spark.ui.enabled", "false")
                .set("spark.driver.host", "127.0.0.1"))) {
      Throwable thrown =
          catchThrowable(() -> spark.parallelize(List.of(1)).map(one -> "".charAt(one)).collect());
      Failure failure = Failure.of(thrown);
      assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(failure.reason()).isInstanceOf(StringIndexOutOfBoundsException.class);
    }
  }

  @Test
  void aGpuThatCannotDoItIsAMatterOfSettingsAlsoOnAnExecutor() {
    assertThat(behindSpark(new UnusableGpu("Cannot take 9 MiB of the GPU's memory")))
        .isEqualTo(ExitCode.BAD_OPTIONS);
  }

  @Test
  void reportIsTheReasonAndWhatIsBehindIt() {
    Throwable thrown =
        new SparkException(
            "Job aborted", new BadData("Cannot read b.tar", new IOException("b.tar ends early")));
    assertThat(report(thrown))
        .containsExactly("mae: Cannot read b.tar", "  because: b.tar ends early");
  }

  private static List<String> report(Throwable thrown) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Failure.of(thrown).report(new PrintStream(err, true, StandardCharsets.UTF_8), false);
    return err.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static Exception thrownBy(String type, Exception thrown) {
    StackTraceElement javas = new StackTraceElement("java.util.Objects", "check", "", 1);
    thrown.setStackTrace(
        new StackTraceElement[] {javas, new StackTraceElement(type, "call", "", 1)});
    return thrown;
  }

  private static int behindSpark(Exception reason) {
    return Failure.of(new RuntimeException(new SparkException("Job aborted", reason))).exitCode();
  }
}

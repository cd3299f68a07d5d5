package io.sparkmae.job.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RunLeaseTest {

  private static final Duration BEAT = Duration.ofMillis(300);
  private static final Duration NO_BEAT_IN_A_TEST = Duration.ofSeconds(6);
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final long NO_PROCESS = 1L << 40;

  @TempDir Path root;

  @AfterEach
  void resetStore() {
    SlowStore.reset();
  }

  @Test
  void aSecondRunIsRefusedWhileTheFirstIsAlive() throws IOException {
    try (RunLease first = take(BEAT)) {
      assertThatThrownBy(() -> take(BEAT))
          .isInstanceOf(InUse.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid() + " on ")
          .hasMessageContaining("is training there (wait for it, or give another --output)");
      first.check();
    }
    assertThat(file()).doesNotExist();
    take(BEAT).close();
  }

  @Test
  void theFileOfADeadProcessThatCanBeSeenFromHereIsTakenOverAtOnce() throws IOException {
    Holder here = Holder.newRun();
    leave(old(here.host(), NO_PROCESS, here.pidNamespace(), here.bootId(), "1"));
    assertThat(timeToTake()).isLessThan(SOON);
    leave(old(here.host(), here.pid(), here.pidNamespace(), here.bootId(), "1")); // a reused pid
    assertThat(timeToTake()).isLessThan(SOON);
  }

  @Test
  void theFileOfADeadHostIsTakenOverAfterSomeSilence() throws IOException {
    leave(old("a host that is gone", 1, null, null, null));
    try (RunLease lease = take(BEAT)) {
      lease.check();
    }
  }

  @Test
  void aFileOfAnOlderVersionIsReadAndWaitedFor() throws IOException {
    String host = Holder.newRun().host();
    leave("{\"host\": \"%s\", \"pid\": %d, \"token\": \"old\", \"beat\": 7}", host, NO_PROCESS);
    long start = System.nanoTime();
    take(BEAT).close();
    assertThat(System.nanoTime() - start).isGreaterThan(3 * BEAT.toNanos());
  }

  @Test
  void theOneWhoWasOvertakenIsTold() throws IOException {
    RunLease first = take(BEAT);
    leave(new Holder("another host", 1, "new", 1, null, null, null));
    assertThatThrownBy(first::check)
        .isInstanceOf(InUse.class)
        .hasMessageContaining("process 1 on another host");
    first.close();
    assertThat(file()).exists(); // it is not the first one's any more
  }

  @Test
  void anotherMayHaveComeAndGoneWhereTheFileIsGone() throws IOException {
    try (RunLease first = take(NO_BEAT_IN_A_TEST)) {
      Files.delete(file());
      assertThatThrownBy(first::check).isInstanceOf(InUse.class).hasMessageContaining("is gone");
    }
  }

  @Test
  void aFileThatIsEmptyOrHalfWrittenForAWhileEndsNoRun() throws Exception {
    for (Duration beat : new Duration[] {BEAT, NO_BEAT_IN_A_TEST}) {
      for (boolean half : new boolean[] {false, true}) {
        try (RunLease lease = takeSlow(beat)) {
          byte[] whole = Files.readAllBytes(file());
          String cut = new String(whole).substring(0, half ? whole.length / 2 : 0);
          leave(cut);
          Thread restorer = after(500, () -> restore(cut, whole));
          Thread.sleep(2 * BEAT.toMillis() / 3);
          lease.check();
          restorer.join();
          lease.check();
        }
      }
    }
  }

  @Test
  void aFileThatStaysHalfWrittenIsTakenOverAfterSomeSilence() throws IOException {
    leave("{\"host\":");
    takeSlow(BEAT).close();
  }

  @Test
  void theHeartGoesOnAfterFaultsOfStorageAndOfCode() throws Exception {
    try (RunLease lease = takeSlow(BEAT)) {
      SlowStore.writing =
          () -> {
            throw new IllegalStateException("a fault of a file system");
          };
      Thread.sleep(2 * BEAT.toMillis());
      SlowStore.reset();
      long before = beat();
      Thread.sleep(3 * BEAT.toMillis());
      assertThat(beat()).isGreaterThan(before);
      lease.check();
    }
  }

  @Test
  void aRunWhoseBeatsFailedSoLongThatAnotherMayBeThereTakesHoldAgainOrEnds() throws Exception {
    try (RunLease lease = takeSlow(BEAT)) {
      SlowStore.writing =
          () -> {
            throw new IOException("no space left");
          };
      lease.check(); // its last beat is young enough
      Thread.sleep(4 * BEAT.toMillis());
      assertThatThrownBy(lease::check).isInstanceOf(IOException.class).hasMessage("no space left");
      SlowStore.reset();
      assertThatCode(lease::check).doesNotThrowAnyException();
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private static Thread after(long millis, Step step) {
    Thread thread =
        new Thread(
            () -> {
              try {
                Thread.sleep(millis);
                step.run();
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.start();
    return thread;
  }

  /** Unless the run has written meanwhile. */
  private void restore(String cut, byte[] whole) throws IOException {
    if (Files.readString(file()).equals(cut)) {
      Files.write(file(), whole);
    }
  }

  private long beat() throws IOException {
    return Json.parse(Files.readString(file()), Holder.class).beat();
  }

  private Duration timeToTake() throws IOException {
    long start = System.nanoTime();
    take(NO_BEAT_IN_A_TEST).close();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private RunLease take(Duration beat) throws IOException {
    return RunLease.take(root.toUri().toString(), new Configuration(), beat);
  }

  private RunLease takeSlow(Duration beat) throws IOException {
    return RunLease.take("slow://" + root, SlowStore.configuration(), beat);
  }

  private Path file() {
    return root.resolve(LeaseFile.NAME);
  }

  private static Holder old(
      String host, long pid, String pidNamespace, String bootId, String started) {
    return new Holder(host, pid, "old", 7, pidNamespace, bootId, started);
  }

  private void leave(Holder holder) throws IOException {
    new LeaseFile(Directory.at(root.toUri().toString(), new Configuration())).write(holder);
  }

  private void leave(String text, Object... values) throws IOException {
    Files.writeString(file(), values.length == 0 ? text : text.formatted(values));
  }
}

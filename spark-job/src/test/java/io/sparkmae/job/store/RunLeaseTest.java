package io.sparkmae.job.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.job.store.RunLease.Holder;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLeaseTest {

  private static final Duration BEAT = Duration.ofMillis(300);
  private static final long NO_PROCESS = 1L << 40;

  @TempDir Path root;

  @Test
  void aSecondRunIsRefusedWhileTheFirstIsAlive() throws IOException {
    try (RunLease first = take()) {
      assertThatThrownBy(this::take)
          .isInstanceOf(InUse.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid() + " on ")
          .hasMessageContaining("is training there (wait for it, or give another --output)");
      first.check();
    }
    assertThat(root.resolve(RunLease.FILE)).doesNotExist();
    take().close();
  }

  @Test
  void theFileOfADeadProcessOfThisHostIsTakenOverAtOnce() throws IOException {
    leave(new Holder(InetAddress.getLocalHost().getHostName(), NO_PROCESS, "old", 7));
    long start = System.nanoTime();
    take().close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void theFileOfADeadHostIsTakenOverAfterSomeSilence() throws IOException {
    leave(new Holder("a host that is gone", 1, "old", 7));
    try (RunLease lease = take()) {
      lease.check();
    }
  }

  @Test
  void theOneWhoWasOvertakenIsTold() throws IOException {
    RunLease first = take();
    leave(new Holder("another host", 1, "new", 0));
    assertThatThrownBy(first::check)
        .isInstanceOf(InUse.class)
        .hasMessageContaining("process 1 on another host");
    first.close();
    assertThat(root.resolve(RunLease.FILE)).exists(); // it is not the first one's any more
  }

  private RunLease take() throws IOException {
    return RunLease.take(root.toUri().toString(), new Configuration(), BEAT);
  }

  private void leave(Holder holder) throws IOException {
    Files.createDirectories(root);
    Directory.at(root.toUri().toString(), new Configuration())
        .file(RunLease.FILE, out -> out.write(Json.pretty(holder)));
  }
}

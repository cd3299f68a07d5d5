package io.sparkmae.job.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that begin at the same time where the last writer wins. */
class RivalsTest {

  private static final int PAIRS = 60;
  private static final Duration BEAT = Duration.ofSeconds(1);

  @TempDir Path root;

  @AfterEach
  void resetStore() {
    SlowStore.reset();
  }

  @Test
  void oneOfTwoHoldsTheDirectoryHoweverTheirRequestsInterleave() throws Exception {
    // Longer than a candidate waits for its rival, at times
    SlowStore.reading = new RandomDelay(0, 60);
    SlowStore.writing = new RandomDelay(1, 300);
    ExecutorService threads = Executors.newFixedThreadPool(2 * PAIRS);
    try {
      List<Future<RunLease>> takers = new ArrayList<>();
      for (int taker = 0; taker < 2 * PAIRS; taker++) {
        String directory = "slow://" + root.resolve("pair-" + taker / 2);
        Callable<RunLease> take = () -> RunLease.take(directory, SlowStore.configuration(), BEAT);
        takers.add(threads.submit(take));
      }
      for (int pair = 0; pair < PAIRS; pair++) {
        List<RunLease> holders = holders(takers.subList(2 * pair, 2 * pair + 2));
        assertThat(holders).as("pair " + pair).hasSize(1);
        holders.get(0).check();
        holders.get(0).close();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<RunLease> holders(List<Future<RunLease>> takers) throws Exception {
    List<RunLease> holders = new ArrayList<>();
    for (Future<RunLease> taker : takers) {
      try {
        holders.add(taker.get());
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(InUse.class);
      }
    }
    return holders;
  }

  /** Up to so many milliseconds. */
  private record RandomDelay(Random random, int millis) implements SlowStore.Delay {

    RandomDelay(long seed, int millis) {
      this(new Random(seed), millis);
    }

    @Override
    public void await() throws IOException {
      LeaseFile.sleep(Duration.ofMillis(random.nextInt(1 + millis)));
    }
  }
}

package io.sparkmae.job.averaging;

import static java.util.Collections.synchronizedList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.image.BadData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nd4j.common.loader.Source;
import org.nd4j.linalg.dataset.MultiDataSet;

@Timeout(20)
class PrefetchTest {

  private final List<String> loaded = synchronizedList(new ArrayList<>());
  private final List<String> threads = synchronizedList(new ArrayList<>());
  private final Prefetch prefetch = new Prefetch("mae-loader-test", Gpu.NONE);
  private final MultiDataSetLoader loader =
      source -> {
        loaded.add(source.getPath());
        threads.add(Thread.currentThread().getName());
        if (source.getPath().equals("bad")) {
          throw new BadData("Cannot read shard-3.parquet: cut off");
        }
        return new MultiDataSet();
      };

  @AfterEach
  void close() {
    prefetch.close();
  }

  @Test
  void theNextMinibatchesAreLoadedBeforeTheyAreTakenAndNoMore() throws Exception {
    prefetch.expect(List.of("a", "b", "c", "d", "e"), loader);
    prefetch.take("a");
    while (loaded.size() < 1 + Prefetch.AHEAD) {
      Thread.sleep(5);
    }
    Thread.sleep(100);
    assertThat(loaded).containsExactly("a", "b", "c");
    assertThat(threads).containsOnly("mae-loader-test");
  }

  @Test
  void whatIsLoadedCanBeSeenBeforeItIsTakenAndErrorsCannot() throws Exception {
    prefetch.expect(List.of("a", "bad"), loader);
    assertThat(prefetch.peek("c")).isEmpty();
    while (prefetch.peek("a").isEmpty()) {
      Thread.sleep(5);
    }
    var seen = prefetch.peek("a").orElseThrow();
    assertThat(prefetch.take("a")).isSameAs(seen);
    assertThatThrownBy(() -> prefetch.take("bad")).isInstanceOf(BadData.class);
    prefetch.expect(List.of("bad"), loader);
    while (loaded.size() < 3) {
      Thread.sleep(5);
    }
    assertThat(prefetch.peek("bad")).isEmpty();
  }

  @Test
  void aMinibatchIsLoadedOnce() throws Exception {
    List<String> paths = List.of("a", "b", "c", "d");
    for (int i = 0; i < paths.size(); i++) {
      prefetch.expect(paths.subList(i, paths.size()), loader);
      prefetch.take(paths.get(i));
    }
    assertThat(loaded).containsExactly("a", "b", "c", "d");
  }

  @Test
  void aLoadersErrorIsThrownByTheTakerAtOnce() throws Exception {
    prefetch.expect(List.of("a", "bad"), loader);
    prefetch.take("a");
    long start = System.nanoTime();
    assertThatThrownBy(() -> prefetch.take("bad"))
        .isInstanceOf(BadData.class)
        .hasMessage("Cannot read shard-3.parquet: cut off");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    prefetch.expect(List.of("c"), loader); // the thread lives on
    assertThat(prefetch.take("c")).isNotNull();
  }

  @Test
  void theThreadEndsAndLetsGoOfWhatItsLoaderKept() throws Exception {
    var keeper = new Keeper();
    prefetch.expect(List.of("a", "b"), keeper);
    prefetch.take("a");
    prefetch.take("b");
    assertThat(keeper.released).isEmpty();
    prefetch.close();
    Thread thread = keeper.loaded.get(0);
    thread.join(10_000);
    assertThat(thread.isAlive()).isFalse();
    assertThat(keeper.released).containsExactly(thread);
  }

  @Test
  void aLoadIsInterruptedByTheEndAndItsThreadLetsGoToo() throws Exception {
    var keeper = new Keeper();
    prefetch.expect(List.of("slow", "b"), keeper);
    while (keeper.loaded.isEmpty()) {
      Thread.sleep(5);
    }
    prefetch.close();
    Thread thread = keeper.loaded.get(0);
    thread.join(10_000);
    assertThat(keeper.loaded).containsExactly(thread);
    assertThat(keeper.released).containsExactly(thread);
  }

  @Test
  void whatIsNoLongerExpectedIsForgotten() throws Exception {
    prefetch.expect(List.of("a", "b"), loader);
    prefetch.expect(List.of("c"), loader);
    prefetch.take("c");
    prefetch.expect(List.of("b"), loader);
    prefetch.take("b");
    assertThat(loaded.stream().filter("b"::equals).count()).isBetween(1L, 2L);
  }

  /** Counts threads that load and that let go. */
  private static final class Keeper implements ResidentLoader {
    private static final long serialVersionUID = 1;

    private final transient List<Thread> loaded = synchronizedList(new ArrayList<>());
    private final transient List<Thread> released = synchronizedList(new ArrayList<>());

    @Override
    public MultiDataSet load(Source source) {
      loaded.add(Thread.currentThread());
      if (source.getPath().equals("slow")) {
        try {
          Thread.sleep(60_000);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return new MultiDataSet();
    }

    @Override
    public void release() {
      released.add(Thread.currentThread());
    }
  }
}

package io.sparkmae.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerUnpersistRDD;
import org.apache.spark.status.api.v1.ExecutorSummary;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.RDDBlockId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BlocksIT {

  private static JavaSparkContext spark;

  @BeforeAll
  static void startSpark() {
    SparkConf conf = new SparkConf().setMaster("local[2]").setAppName("blocks");
    conf.set("spark.ui.enabled", "false").set("spark.driver.host", "127.0.0.1");
    conf.set("spark.ui.liveUpdate.period", "0");
    spark = new JavaSparkContext(conf);
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void namesOfSlicesDiffer() {
    int most = 200;
    Set<BlockId> names = new HashSet<>();
    for (int slice = 0; slice < most; slice++) {
      names.add(SparkBlocks.of(1, slice));
      for (int worker = 0; worker < most; worker++) {
        names.add(SparkBlocks.of(1, slice, worker));
      }
    }
    assertThat(names).hasSize(most * (most + 1));
    assertThat(((RDDBlockId) SparkBlocks.of(1, 65_534)).splitIndex()).isPositive();
    assertThatThrownBy(() -> SparkBlocks.of(1, 500, 65_100))
        .hasMessageContaining("Cannot name slice 500 of worker 65100");
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void sparksListenersHearWhatIsReleased() throws InterruptedException {
    long before = stored();
    int id = SparkBlocks.newId();
    for (int worker = 0; worker < 3; worker++) {
      SparkBlocks.put(SparkBlocks.of(id, 1, worker), FloatBuffer.allocate(1000));
    }
    while (stored() != before + 3 * 1000 * Float.BYTES) {
      Thread.sleep(10);
    }
    Set<Integer> unpersisted = ConcurrentHashMap.newKeySet();
    spark.sc().addSparkListener(new Unpersisted(unpersisted));
    SparkBlocks.release(id);
    while (stored() != before || !unpersisted.contains(id)) {
      Thread.sleep(10);
    }
  }

  /** Dynamic allocation keeps an executor with blocks of an RDD until it hears this. */
  private static final class Unpersisted extends SparkListener {

    private final Set<Integer> ids;

    Unpersisted(Set<Integer> ids) {
      this.ids = ids;
    }

    @Override
    public void onUnpersistRDD(SparkListenerUnpersistRDD event) {
      ids.add(event.rddId());
    }
  }

  /** The bytes of blocks that Spark's pages show. */
  private static long stored() {
    return ScalaLists.<ExecutorSummary>toJava(spark.sc().statusStore().executorList(true)).stream()
        .mapToLong(ExecutorSummary::memoryUsed)
        .sum();
  }

  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aReaderThatThrowsKeepsNoLock() {
    BlockId block = SparkBlocks.of(SparkBlocks.newId(), 0);
    SparkBlocks.put(block, FloatBuffer.wrap(new float[] {1, 2}));
    assertThatThrownBy(
            () ->
                SparkBlocks.read(
                    block,
                    numbers -> {
                      throw new IllegalStateException("a reader's");
                    }))
        .hasMessage("a reader's");
    SparkEnv.get().blockManager().removeBlock(block, true);
    assertThat(SparkBlocks.read(block, numbers -> {})).isFalse();
  }
}

package io.sparkmae.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.BlockId;
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
    spark = new JavaSparkContext(conf);
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
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

package io.sparkmae.job.spark;

import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BroadcastBlockId;
import scala.runtime.AbstractFunction1;

/** Loses blocks of slices in this process's block manager, as a broken disk would. */
public final class LostBlocks {

  private LostBlocks() {}

  /** Waits until a worker has left its result, and loses a slice of it. */
  public static void ofWorker(int worker) throws InterruptedException {
    List<BlockId> found = blocks("_worker_" + worker);
    while (found.isEmpty()) {
      Thread.sleep(20);
      found = blocks("_worker_" + worker);
    }
    lose(found);
  }

  /** Loses all averages that are here. */
  public static void ofAverages() {
    lose(blocks("slice_\\d+"));
  }

  /** Blocks of slices that are here. */
  public static int count() {
    return blocks("").size();
  }

  private static void lose(List<BlockId> blocks) {
    if (blocks.isEmpty()) {
      throw new AssertionError("There is no block to lose");
    }
    blocks.forEach(block -> manager().removeBlock(block, true));
  }

  private static List<BlockId> blocks(String end) {
    var matching =
        new AbstractFunction1<BlockId, Object>() {
          @Override
          public Object apply(BlockId block) {
            return block instanceof BroadcastBlockId slice
                && slice.field().startsWith("slice_")
                && slice.field().matches(".*" + end);
          }
        };
    return ScalaLists.toJava(manager().getMatchingBlockIds(matching));
  }

  private static BlockManager manager() {
    return SparkEnv.get().blockManager();
  }
}

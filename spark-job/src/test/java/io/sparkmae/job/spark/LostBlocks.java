package io.sparkmae.job.spark;

import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.RDDBlockId;
import scala.runtime.AbstractFunction1;

/** Loses blocks of slices in this process's block manager, as a broken disk would. */
public final class LostBlocks {

  private static final int SLICES = 10; // more than any test has

  private LostBlocks() {}

  /** Waits until a worker has left its result, and loses a slice of it. */
  public static void ofWorker(int worker) throws InterruptedException {
    List<RDDBlockId> found = blocks(block -> is(block, slice -> at(block, slice, worker)));
    while (found.isEmpty()) {
      Thread.sleep(20);
      found = blocks(block -> is(block, slice -> at(block, slice, worker)));
    }
    lose(found);
  }

  /** Loses all averages that are here. */
  public static void ofAverages() {
    lose(blocks(block -> is(block, slice -> SparkBlocks.of(block.rddId(), slice))));
  }

  /** Blocks of slices that are here. */
  public static int count() {
    return blocks(block -> true).size();
  }

  private static BlockId at(RDDBlockId block, int slice, int worker) {
    return SparkBlocks.of(block.rddId(), slice, worker);
  }

  private static boolean is(RDDBlockId block, IntFunction<BlockId> ofSlice) {
    return IntStream.range(0, SLICES).mapToObj(ofSlice).anyMatch(block::equals);
  }

  private static void lose(List<RDDBlockId> blocks) {
    if (blocks.isEmpty()) {
      throw new AssertionError("There is no block to lose");
    }
    blocks.forEach(block -> manager().removeBlock(block, true));
  }

  private static List<RDDBlockId> blocks(Predicate<RDDBlockId> which) {
    var matching =
        new AbstractFunction1<BlockId, Object>() {
          @Override
          public Object apply(BlockId block) {
            return block instanceof RDDBlockId slice && which.test(slice);
          }
        };
    return ScalaLists.<BlockId>toJava(manager().getMatchingBlockIds(matching)).stream()
        .map(RDDBlockId.class::cast)
        .toList();
  }

  private static BlockManager manager() {
    return SparkEnv.get().blockManager();
  }
}

package io.sparkmae.job.spark;

import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListenerBlockUpdated;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManagerMaster;
import org.apache.spark.storage.BlockStatus;
import org.apache.spark.storage.BlockUpdatedInfo;
import org.apache.spark.storage.RDDBlockId;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.storage.StorageStatus;
import scala.Tuple2;

/** Removes a set of blocks on every executor. */
final class Removal {

  private Removal() {}

  /** Starts the removal, and tells Spark's listeners of it. */
  static void of(SparkContext spark, BlockManagerMaster master, int id) {
    // Listeners add every block to its executor's storage, and subtract those of known RDDs alone.
    for (StorageStatus executor : master.getStorageStatus()) {
      subtract(spark, executor, id);
    }
    spark.unpersistRDD(id, false);
  }

  private static void subtract(SparkContext spark, StorageStatus executor, int id) {
    long memory = 0;
    long disk = 0;
    for (var blocks = executor.rddBlocks().iterator(); blocks.hasNext(); ) {
      Tuple2<BlockId, BlockStatus> block = blocks.next();
      boolean removed = ((RDDBlockId) block._1()).rddId() == id;
      memory += removed ? block._2().memSize() : 0;
      disk += removed ? block._2().diskSize() : 0;
    }
    if (memory + disk > 0) {
      RDDBlockId all = new RDDBlockId(id, 0);
      spark
          .listenerBus()
          .post(
              new SparkListenerBlockUpdated(
                  new BlockUpdatedInfo(
                      executor.blockManagerId(), all, StorageLevel.NONE(), memory, disk)));
    }
  }
}

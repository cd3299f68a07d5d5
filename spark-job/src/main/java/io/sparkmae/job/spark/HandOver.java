package io.sparkmae.job.spark;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BlockManagerId;

/**
 * Stores a block on another executor, since this one was told to go.
 *
 * <p>Spark moves the blocks that an executor has when it is told so; it refuses those that come
 * later.
 */
final class HandOver {

  private HandOver() {}

  /** Returns whether this executor was told to go. */
  static boolean isDue(BlockManager here) {
    return here.decommissioner().isDefined();
  }

  /** Stores a block on any executor that takes it; if none does, it is lost. */
  static void of(BlockManager here, BlockId block, ByteBuffer bytes) {
    List<BlockManagerId> peers = ScalaLists.toJava(here.getPeers(true));
    Collections.rotate(peers, block.hashCode()); // so that not one of them has all
    boolean taken = false;
    for (int i = 0; i < peers.size() && !taken; i++) {
      taken = takes(here, peers.get(i), block, bytes);
    }
  }

  private static boolean takes(
      BlockManager here, BlockManagerId peer, BlockId block, ByteBuffer bytes) {
    try {
      here.blockTransferService()
          .uploadBlockSync(
              peer.host(),
              peer.port(),
              peer.executorId(),
              block,
              new NioManagedBuffer(bytes.duplicate()),
              SparkBlocks.LEVEL,
              SparkBlocks.BYTES);
      return true;
    } catch (Exception e) { // Spark throws checked exceptions too; the peer may also be told to go
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return false;
    }
  }
}

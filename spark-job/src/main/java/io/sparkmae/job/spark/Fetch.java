package io.sparkmae.job.spark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.shuffle.BlockFetchingListener;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BlockManagerId;

/**
 * Fetches a block from another executor with a single copy, from the network's buffers to the
 * caller's.
 *
 * <p>{@code BlockManager.getRemoteBytes} makes three copies, each into newly allocated memory.
 */
final class Fetch implements BlockFetchingListener {

  private static final AtomicLong BYTES = new AtomicLong(); // to compare with Traffic

  private final CompletableFuture<ManagedBuffer> arrival = new CompletableFuture<>();

  Fetch() {}

  /** Returns the bytes of blocks that this process fetched from others so far. */
  static long bytes() {
    return BYTES.get();
  }

  /**
   * Returns the block's bytes from the first executor that delivers them; empty if none does.
   *
   * <p>An executor that goes hands its blocks to others: one that has no block any more may have
   * had it when it was named.
   *
   * @param allocate returns a buffer of at least the given number of bytes
   */
  static Optional<ByteBuffer> from(
      BlockManager here, BlockId block, IntFunction<ByteBuffer> allocate) {
    Set<BlockManagerId> tried = new HashSet<>(Set.of(here.blockManagerId()));
    Optional<BlockManagerId> there = another(here, block, tried);
    while (there.isPresent()) {
      Optional<ByteBuffer> bytes = from(here, there.get(), block, allocate);
      if (bytes.isPresent()) {
        return bytes;
      }
      there = another(here, block, tried);
    }
    return Optional.empty();
  }

  private static Optional<BlockManagerId> another(
      BlockManager here, BlockId block, Set<BlockManagerId> tried) {
    return ScalaLists.<BlockManagerId>toJava(here.master().getLocations(block)).stream()
        .filter(tried::add)
        .findFirst();
  }

  private static Optional<ByteBuffer> from(
      BlockManager here, BlockManagerId there, BlockId block, IntFunction<ByteBuffer> allocate) {
    Fetch fetch = new Fetch();
    here.blockTransferService()
        .fetchBlocks(
            there.host(),
            there.port(),
            there.executorId(),
            new String[] {block.name()},
            fetch,
            null);
    return fetch.await(block, allocate);
  }

  /** Waits for the block's bytes and returns them; empty if they do not arrive completely. */
  Optional<ByteBuffer> await(BlockId block, IntFunction<ByteBuffer> allocate) {
    try {
      ManagedBuffer arrived = arrival.get();
      try {
        return Optional.of(copy(arrived, allocate));
      } finally {
        arrived.release();
      }
    } catch (ExecutionException | IOException e) {
      return Optional.empty(); // the executor was lost, or its block: another may have it
    } catch (InterruptedException e) {
      arrival.thenAccept(ManagedBuffer::release); // it may still arrive
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while fetching " + block, e);
    }
  }

  private static ByteBuffer copy(ManagedBuffer arrived, IntFunction<ByteBuffer> allocate)
      throws IOException {
    int size = (int) arrived.size();
    try (InputStream in = arrived.createInputStream()) {
      ByteBuffer bytes = allocate.apply(size);
      int read = in.readNBytes(bytes.array(), 0, size);
      if (read < size) {
        throw new EOFException("A block of %d bytes ended after %d".formatted(size, read));
      }
      BYTES.addAndGet(size);
      return bytes.limit(size);
    }
  }

  @Override
  public void onBlockFetchSuccess(String block, ManagedBuffer buffer) {
    arrival.complete(buffer.retain());
  }

  @Override
  public void onBlockFetchFailure(String block, Throwable reason) {
    arrival.completeExceptionally(reason);
  }
}

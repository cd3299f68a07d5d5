package io.sparkmae.job.averaging.exchange;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockData;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BroadcastBlockId;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.io.ChunkedByteBuffer;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.reflect.ClassTag;

/**
 * Slices as blocks of Spark's block manager: an executor keeps what it made, others fetch it.
 *
 * <p>SparkBlocks come in sets with an id that is used once. They are named as blocks of a
 * broadcast, since Spark forgets those everywhere with one message; Spark's own broadcasts count
 * from 0.
 */
public final class SparkBlocks {

  private static final int PIECE = 1 << 20;
  private static final AtomicLong NEXT_ID = new AtomicLong(1L << 40);

  // A fetched slice is used up at once; new memory for each would be most of the cost.
  private static final ThreadLocal<ByteBuffer> SCRATCH =
      ThreadLocal.withInitial(() -> ByteBuffer.allocate(0));

  private SparkBlocks() {}

  /** An id for a set of blocks; for the driver. */
  public static long newId() {
    return NEXT_ID.getAndIncrement();
  }

  /** The block of a slice that all workers share. */
  public static BlockId of(long id, int slice) {
    return new BroadcastBlockId(id, "slice_" + slice);
  }

  /** The block of a slice that is one worker's. */
  public static BlockId of(long id, int slice, int worker) {
    return new BroadcastBlockId(id, "slice_" + slice + "_worker_" + worker);
  }

  /**
   * Keeps {@code numbers} as a block; it may not change afterwards. A block that is here already
   * stays: equal names mean equal bits, whichever attempt of a task made them.
   */
  public static void put(BlockId block, FloatBuffer numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.remaining() * Float.BYTES).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(numbers);
    put(block, bytes);
  }

  // In memory as long as there is room: page cache is not free, and disks less so.
  /** The same for bytes, which become the block. */
  public static void put(BlockId block, ByteBuffer bytes) {
    StorageLevel level = StorageLevel.MEMORY_AND_DISK_SER();
    manager()
        .putBytes(
            block, new ChunkedByteBuffer(bytes), level, true, ClassTag.apply(ByteBuffer.class));
  }

  /**
   * Hands the block's numbers to {@code reader}, from here or from whoever has them.
   *
   * @return false if nobody has
   */
  public static boolean read(BlockId block, Consumer<FloatBuffer> reader) {
    return read(block, false, reader);
  }

  /** The same; a block that was elsewhere is here too afterwards, if it shall be kept. */
  public static boolean read(BlockId block, boolean keep, Consumer<FloatBuffer> reader) {
    return readBytes(block, keep, bytes -> reader.accept(bytes.asFloatBuffer()));
  }

  /** The same for the block's bytes. */
  static boolean readBytes(BlockId block, boolean keep, Consumer<ByteBuffer> reader) {
    Option<BlockData> here = manager().getLocalBytes(block);
    if (here.isDefined()) {
      try {
        reader.accept(here.get().toByteBuffer().order(ByteOrder.nativeOrder()));
      } finally { // outside of tasks nobody else does, and who forgets the block waits for it
        manager().releaseLockAndDispose(block, here.get(), Option.empty());
      }
      return true;
    }
    Optional<ByteBuffer> fetched =
        Fetch.from(manager(), block, keep ? ByteBuffer::allocate : SparkBlocks::scratch);
    if (fetched.isPresent()) {
      reader.accept(fetched.get().order(ByteOrder.nativeOrder()));
      if (keep) {
        put(block, fetched.get());
      }
    }
    return fetched.isPresent();
  }

  /** Writes all of {@code bytes}. */
  static void copy(ByteBuffer bytes, OutputStream out) throws IOException {
    if (bytes.hasArray()) {
      out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      return;
    }
    byte[] piece = new byte[PIECE]; // a block on disk is mapped
    while (bytes.hasRemaining()) {
      int length = Math.min(piece.length, bytes.remaining());
      bytes.get(piece, 0, length);
      out.write(piece, 0, length);
    }
  }

  private static ByteBuffer scratch(int length) {
    ByteBuffer scratch = SCRATCH.get();
    if (scratch.capacity() < length) {
      scratch = ByteBuffer.allocate(length);
      SCRATCH.set(scratch);
    }
    return scratch.clear();
  }

  /** Whether somebody has every one of these blocks. */
  static boolean areThere(List<BlockId> blocks) {
    var locations = manager().master().getLocations(blocks.toArray(BlockId[]::new));
    return JavaConverters.seqAsJavaList(locations).stream().noneMatch(Seq::isEmpty);
  }

  /** Forgets a block that is here, if it is. */
  static void forget(BlockId block) {
    if (manager().getStatus(block).isDefined()) {
      manager().removeBlock(block, true);
    }
  }

  /** Forgets a set of blocks on every executor, soon; for the driver. */
  public static void release(long id) {
    manager().master().removeBroadcast(id, true, false);
  }

  private static BlockManager manager() {
    return SparkEnv.get().blockManager();
  }
}

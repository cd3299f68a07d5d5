package io.sparkmae.job.spark;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.SparkContext$;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockData;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.RDDBlockId;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.io.ChunkedByteBuffer;
import scala.Option;
import scala.collection.Seq;
import scala.reflect.ClassTag;

/**
 * Stores slices as blocks of Spark's block manager: an executor keeps the blocks it made, others
 * fetch them.
 *
 * <p>Blocks come in sets, whose id is used once. They have the names of an RDD's blocks, though
 * there is no such RDD: Spark removes them with one message, and an executor that is told to go
 * hands them to others.
 */
public final class SparkBlocks {

  private static final int PIECE = 1 << 20;
  // in memory while there is room: reading from disk costs time even with the page cache
  static final StorageLevel LEVEL = StorageLevel.MEMORY_AND_DISK_SER();
  static final ClassTag<ByteBuffer> BYTES = ClassTag.apply(ByteBuffer.class);
  private static final int MOST_NAMES = 65_534; // the last diagonal that fits an int

  // Reused, since a fetched slice is read at once; allocating memory for each would take most of
  // the time.
  private static final ThreadLocal<ByteBuffer> SCRATCH =
      ThreadLocal.withInitial(() -> ByteBuffer.allocate(0));

  private SparkBlocks() {}

  /** Returns a new id for a set of blocks. Call it on the driver. */
  public static int newId() {
    return SparkContext$.MODULE$.getActive().get().newRddId();
  }

  /** Returns the name of a slice's block that all workers share. */
  public static BlockId of(int id, int slice) {
    return new RDDBlockId(id, pair(slice, 0));
  }

  /** Returns the name of a slice's block that belongs to one worker. */
  public static BlockId of(int id, int slice, int worker) {
    return new RDDBlockId(id, pair(slice, 1 + worker));
  }

  /**
   * Counts pairs by diagonals, as Cantor did: small numbers have small ones, and Spark's dynamic
   * allocation keeps a bit for each below the largest.
   */
  private static int pair(int slice, int owner) {
    int sum = slice + owner;
    if (sum > MOST_NAMES) {
      throw new IllegalArgumentException(
          "Cannot name slice %d of worker %d: their sum must be below %d: train with fewer workers"
              .formatted(slice, owner - 1, MOST_NAMES));
    }
    return (int) ((long) sum * (sum + 1) / 2) + slice;
  }

  /**
   * Stores a copy of {@code numbers} as a block on this executor. If the block exists, it is kept:
   * a block name is never reused, so a retried task may keep the block it finds.
   */
  public static void put(BlockId block, FloatBuffer numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.remaining() * Float.BYTES).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(numbers);
    put(block, bytes);
  }

  /**
   * Stores {@code bytes} as a block on this executor, without a copy: do not change them
   * afterwards. If the block exists, it is kept. An executor that was told to go stores nothing any
   * more: another has the block then.
   */
  public static void put(BlockId block, ByteBuffer bytes) {
    try {
      manager().putBytes(block, new ChunkedByteBuffer(bytes), LEVEL, true, BYTES);
    } catch (Exception e) { // Scala's are checked, though nothing says that they are thrown
      if (!HandOver.isDue(manager())) {
        throw e;
      }
      HandOver.of(manager(), block, bytes);
    }
  }

  /**
   * Passes the block's numbers to {@code reader}, from this executor or from any that has them.
   *
   * @return false if no executor has the block
   */
  public static boolean read(BlockId block, Consumer<FloatBuffer> reader) {
    return read(block, false, reader);
  }

  /**
   * Passes the block's numbers to {@code reader}, as {@link #read(BlockId, Consumer)}. If {@code
   * keep}, a block fetched from another executor is also stored here.
   */
  public static boolean read(BlockId block, boolean keep, Consumer<FloatBuffer> reader) {
    return readBytes(block, keep, bytes -> reader.accept(bytes.asFloatBuffer()));
  }

  /**
   * Passes the block's bytes to {@code reader}; returns false if no executor has the block. If
   * {@code keep}, a block fetched from another executor is also stored here.
   */
  public static boolean readBytes(BlockId block, boolean keep, Consumer<ByteBuffer> reader) {
    return readHere(block, reader)
        || readThere(block, keep, reader)
        || readHere(block, reader); // it came from an executor that goes
  }

  private static boolean readHere(BlockId block, Consumer<ByteBuffer> reader) {
    Option<BlockData> here = manager().getLocalBytes(block);
    if (here.isDefined()) {
      try {
        reader.accept(here.get().toByteBuffer().order(ByteOrder.nativeOrder()));
      } finally { // outside a task Spark never unlocks the block, and removal would wait
        manager().releaseLockAndDispose(block, here.get(), Option.empty());
      }
    }
    return here.isDefined();
  }

  private static boolean readThere(BlockId block, boolean keep, Consumer<ByteBuffer> reader) {
    Optional<ByteBuffer> fetched =
        Fetch.from(manager(), block, keep ? ByteBuffer::allocate : SparkBlocks::scratch);
    if (fetched.isPresent()) {
      reader.accept(fetched.get().order(ByteOrder.nativeOrder()));
      if (keep && !HandOver.isDue(manager())) {
        put(block, fetched.get());
      }
    }
    return fetched.isPresent();
  }

  /** Writes all of {@code bytes} to {@code out}. */
  public static void copy(ByteBuffer bytes, OutputStream out) throws IOException {
    if (bytes.hasArray()) {
      out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      return;
    }
    byte[] piece = new byte[PIECE]; // a mapped block has no array
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

  /** Returns the bytes of blocks that this process fetched from others so far. */
  public static long fetchedBytes() {
    return Fetch.bytes();
  }

  /** Returns whether each of these blocks is on some executor. */
  public static boolean areThere(List<BlockId> blocks) {
    var locations = manager().master().getLocations(blocks.toArray(BlockId[]::new));
    return ScalaLists.<Seq<?>>toJava(locations).stream().noneMatch(Seq::isEmpty);
  }

  /** Returns whether the block is on this executor. */
  public static boolean isHere(BlockId block) {
    return manager().getStatus(block).isDefined();
  }

  /** Removes a block from this executor; does nothing if it is not here. */
  public static void forget(BlockId block) {
    if (isHere(block)) {
      manager().removeBlock(block, true);
    }
  }

  /** Removes a set of blocks on every executor. Call it on the driver; it does not wait. */
  public static void release(int id) {
    Removal.of(SparkContext$.MODULE$.getActive().get(), manager().master(), id);
  }

  private static BlockManager manager() {
    return SparkEnv.get().blockManager();
  }
}

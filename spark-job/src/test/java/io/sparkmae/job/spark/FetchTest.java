package io.sparkmae.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.storage.BlockId;
import org.junit.jupiter.api.Test;

class FetchTest {

  private static final BlockId BLOCK = SparkBlocks.of(1, 0);
  private static final byte[] BYTES = {1, 2, 3, 4};

  private final Fetch fetch = new Fetch();

  @Test
  void aBlockThatArrivesIsCopiedAndItsBufferReleased() {
    Buffer buffer = new Buffer(BYTES.length);
    arrive(buffer);
    assertThat(fetch.await(BLOCK, size -> ByteBuffer.allocate(size + 1)))
        .hasValue(ByteBuffer.wrap(BYTES));
    assertThat(buffer.references).isZero();
  }

  @Test
  void aStreamThatEndsEarlyIsNoBlock() {
    Buffer buffer = new Buffer(BYTES.length + 1);
    arrive(buffer);
    assertThat(fetch.await(BLOCK, ByteBuffer::allocate)).isEmpty();
    assertThat(buffer.references).isZero();
  }

  @Test
  void aBlockThatArrivesAfterAnInterruptIsReleased() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> fetch.await(BLOCK, ByteBuffer::allocate))
        .hasMessageContaining("Interrupted while fetching " + BLOCK);
    assertThat(Thread.interrupted()).isTrue();
    Buffer buffer = new Buffer(BYTES.length);
    arrive(buffer);
    assertThat(buffer.references).isZero();
  }

  /** As Spark does, which releases its own reference when the listener returns. */
  private void arrive(Buffer buffer) {
    fetch.onBlockFetchSuccess(BLOCK.name(), buffer);
    buffer.release();
  }

  /** Counts its references; {@code size} is what it says. */
  private static final class Buffer extends ManagedBuffer {

    private final long size;
    private int references = 1;

    Buffer(long size) {
      this.size = size;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public InputStream createInputStream() {
      return new ByteArrayInputStream(BYTES);
    }

    @Override
    public ManagedBuffer retain() {
      references++;
      return this;
    }

    @Override
    public ManagedBuffer release() {
      references--;
      return this;
    }

    @Override
    public ByteBuffer nioByteBuffer() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Object convertToNetty() {
      throw new UnsupportedOperationException();
    }

    // Spark 4's; Spark 3.5 has nothing to override.
    public Object convertToNettyForSsl() {
      throw new UnsupportedOperationException();
    }
  }
}

package io.sparkmae.data.image.codec;

import javax.imageio.stream.ImageInputStreamImpl;

/** An ImageIO stream over bytes in memory; ImageIO's own streams would copy them into a cache. */
public final class ByteArrayImageInput extends ImageInputStreamImpl {
  private final byte[] bytes;
  private boolean exhausted;

  public ByteArrayImageInput(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public int read() {
    bitOffset = 0;
    exhausted |= streamPos >= bytes.length;
    return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    bitOffset = 0;
    int count = (int) Math.min(length, bytes.length - streamPos);
    if (count <= 0) {
      exhausted |= length > 0;
      return length == 0 ? 0 : -1;
    }
    System.arraycopy(bytes, (int) streamPos, target, offset, count);
    streamPos += count;
    return count;
  }

  /** Returns whether a reader has tried to read beyond the end. */
  boolean isExhausted() {
    return exhausted;
  }

  @Override
  public long length() {
    return bytes.length;
  }
}

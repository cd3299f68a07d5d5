package io.sparkmae.job.store;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.Progressable;

/**
 * Files of {@code slow:} as an object store has them: each is there whole when it is closed, and
 * the last writer wins. Reading and writing take as long as the test likes.
 */
public final class SlowStore extends RawLocalFileSystem {

  /** What a request does before it takes effect. */
  interface Delay {
    void await() throws IOException;
  }

  static volatile Delay reading = () -> {};
  static volatile Delay writing = () -> {};

  /** A configuration that knows the scheme. */
  static Configuration configuration() {
    Configuration hadoop = new Configuration();
    hadoop.setClass("fs.slow.impl", SlowStore.class, org.apache.hadoop.fs.FileSystem.class);
    return hadoop;
  }

  static void reset() {
    reading = () -> {};
    writing = () -> {};
  }

  @Override
  public URI getUri() {
    return URI.create("slow:///");
  }

  @Override
  public FSDataInputStream open(Path path, int buffer) throws IOException {
    reading.await();
    return super.open(path, buffer);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress) {
    return new FSDataOutputStream(
        new ByteArrayOutputStream() {
          @Override
          public void close() throws IOException {
            writing.await();
            replace(path, toByteArray());
          }
        },
        null);
  }

  private void replace(Path path, byte[] bytes) throws IOException {
    java.nio.file.Path target = pathToFile(path).toPath();
    Files.createDirectories(target.getParent());
    java.nio.file.Path whole = Files.createTempFile(target.getParent().getParent(), "put", "");
    try (FileOutputStream out = new FileOutputStream(whole.toFile())) {
      out.write(bytes);
    }
    Files.move(whole, target, StandardCopyOption.ATOMIC_MOVE);
  }
}

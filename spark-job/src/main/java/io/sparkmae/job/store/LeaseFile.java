package io.sparkmae.job.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumException;

/** The file that names the holder of a model directory. */
record LeaseFile(Directory directory) {

  static final String NAME = "_RUN";

  private static final Duration PAUSE = Duration.ofMillis(10);

  /**
   * Reads the holder from the file; empty if there is no file.
   *
   * <p>During a rewrite the file may be empty (HDFS), half-written, or newer than its checksum
   * (local disks). So it is read again until it is clear; the result is {@link Holder#UNCLEAR} if
   * it does not become so, for example when its writer died.
   *
   * @throws IOException if the storage still fails when {@code patience} ends
   */
  Optional<Holder> read(Duration patience) throws IOException {
    long start = System.nanoTime();
    while (true) {
      boolean last = System.nanoTime() - start > patience.toNanos();
      try {
        Optional<Holder> now = readOnce();
        if (last || now.isEmpty() || now.get().isClear()) {
          return now;
        }
      } catch (IOException e) {
        if (last) {
          throw e;
        }
      }
      sleep(PAUSE);
    }
  }

  private Optional<Holder> readOnce() throws IOException {
    try (InputStream in = directory.open(NAME)) {
      String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of(json.isEmpty() ? Holder.UNCLEAR : Json.parse(json, Holder.class));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (JsonProcessingException | ChecksumException e) {
      return Optional.of(Holder.UNCLEAR);
    }
  }

  void write(Holder holder) throws IOException {
    directory.file(NAME, out -> out.write(Json.pretty(holder)));
  }

  void delete() throws IOException {
    directory.delete(NAME);
  }

  static void sleep(Duration time) throws IOException {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while waiting for another run", e);
    }
  }

  /** Returns the path of the directory. */
  @Override
  public String toString() {
    return directory.toString();
  }
}

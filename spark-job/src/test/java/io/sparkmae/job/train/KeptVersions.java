package io.sparkmae.job.train;

import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.averaging.exchange.StoredState.Part;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.VersionWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Keeps every state of a run, the last one too, in a store of its own on the local disk. */
final class KeptVersions implements Checkpoints {

  private final ModelStore store;
  private final List<ResumePoint> all = new ArrayList<>();

  KeptVersions(Path directory) throws IOException {
    String root = Files.createTempDirectory(directory, "kept").toUri().toString();
    store = ModelStore.at(root, new Configuration());
  }

  @Override
  public ResumePoint keep(Trained soFar) throws IOException {
    VersionWriter version = store.begin();
    StoredState state = soFar.vectors().write(version, () -> {});
    version.commit();
    all.add(new ResumePoint(version.uri(), state, soFar.metrics(), soFar.workers()));
    return all.get(all.size() - 1);
  }

  /** Those of the unfinished run. */
  List<ResumePoint> points() {
    return all.subList(0, all.size() - 1);
  }

  /** The last one. */
  ResumePoint newest() {
    return all.get(all.size() - 1);
  }

  /** A vector of the finished run. */
  INDArray last(Vector vector) throws IOException {
    ResumePoint point = all.get(all.size() - 1);
    List<Float> numbers = new ArrayList<>();
    for (Part part : point.state().parts(vector)) {
      ByteBuffer bytes =
          ByteBuffer.wrap(Files.readAllBytes(file(point, part))).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining()) {
        numbers.add(bytes.getFloat());
      }
    }
    return Nd4j.createFromArray(numbers.toArray(Float[]::new));
  }

  /** Changes a byte of a part, and the local file system's own checksum with it. */
  void changeAByte(ResumePoint point) throws IOException {
    Path file = file(point, point.state().parts().get(0));

    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(100);
      int before = bytes.read();
      bytes.seek(100);
      bytes.write(before ^ 1);
    }
  }

  private static Path file(ResumePoint point, Part part) {
    return Path.of(URI.create(point.version() + "/" + part.file().file()).getPath());
  }
}

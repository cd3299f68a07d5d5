package io.sparkmae.job.weights;

import io.sparkmae.model.file.BadWeights;
import io.sparkmae.model.file.Ranges;
import io.sparkmae.model.file.SafetensorsHeader;
import io.sparkmae.model.file.StoredTensor;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The safetensors files of a model, one or shards, on any Hadoop file system. */
final class TensorFiles implements Closeable {

  static final String ONE = "model.safetensors";

  private static final String END = ".safetensors";

  private final FileSystem fileSystem;
  private final Path directory;
  private final List<FSDataInputStream> open = new ArrayList<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private TensorFiles(FileSystem fileSystem, Path directory) {
    this.fileSystem = fileSystem;
    this.directory = directory;
  }

  /**
   * Returns the file to begin with: {@code uri} itself, or the index or the only safetensors file
   * in it; empty if there is none.
   */
  static Optional<Path> find(String uri, Configuration hadoop) throws IOException {
    Path path = new Path(uri);
    FileSystem fileSystem = path.getFileSystem(hadoop);
    FileStatus[] children;
    try {
      if (!fileSystem.getFileStatus(path).isDirectory()) {
        return Optional.of(path);
      }
      children = fileSystem.listStatus(path);
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
    List<String> names = Stream.of(children).map(child -> child.getPath().getName()).toList();
    List<String> files = names.stream().filter(name -> name.endsWith(END)).toList();
    return Stream.of(ShardIndex.FILE, ONE)
        .filter(names::contains)
        .findFirst()
        .or(() -> files.size() == 1 ? Optional.of(files.get(0)) : Optional.empty())
        .map(name -> new Path(path, name));
  }

  /** Opens a file, or the shards that an index names, and checks the headers. */
  static TensorFiles open(Path file, Configuration hadoop) throws IOException {
    TensorFiles files = new TensorFiles(file.getFileSystem(hadoop), file.getParent());
    try {
      if (file.getName().endsWith(".json")) {
        files.addShards(ShardIndex.parse(files.bytes(file.getName())));
      } else {
        files.tensors.putAll(files.header(file.getName()));
      }
      return files;
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** Returns all tensors by their own names. */
  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  boolean has(String name) throws IOException {
    return fileSystem.exists(new Path(directory, name));
  }

  /** Returns a small file beside the tensors. */
  byte[] bytes(String name) throws IOException {
    Path path = new Path(directory, name);
    long length = fileSystem.getFileStatus(path).getLen();
    if (length > SafetensorsHeader.LONGEST) {
      throw new BadWeights(
          "%s has %d bytes (at most %d)".formatted(name, length, SafetensorsHeader.LONGEST));
    }
    byte[] bytes = new byte[(int) length];
    try (FSDataInputStream in = fileSystem.open(path)) {
      in.readFully(0, bytes);
    }
    return bytes;
  }

  private void addShards(Map<String, String> shards) throws IOException {
    for (String shard : new LinkedHashSet<>(shards.values())) {
      if (!has(shard)) {
        throw new BadWeights("its index names the file %s, which is not there".formatted(shard));
      }
      for (Map.Entry<String, StoredTensor> tensor : header(shard).entrySet()) {
        if (!shard.equals(shards.get(tensor.getKey()))) {
          throw new BadWeights(
              "%s has the tensor %s, which its index does not say"
                  .formatted(shard, tensor.getKey()));
        }
        tensors.put(tensor.getKey(), tensor.getValue());
      }
    }
    requireAll(shards);
  }

  private void requireAll(Map<String, String> shards) throws BadWeights {
    for (Map.Entry<String, String> tensor : shards.entrySet()) {
      if (!tensors.containsKey(tensor.getKey())) {
        throw new BadWeights(
            "%s lacks the tensor %s, which its index names"
                .formatted(tensor.getValue(), tensor.getKey()));
      }
    }
  }

  private Map<String, StoredTensor> header(String name) throws IOException {
    Path path = new Path(directory, name);
    long length = fileSystem.getFileStatus(path).getLen();
    FSDataInputStream in = fileSystem.open(path);
    open.add(in);
    Ranges ranges =
        (position, into, count) -> {
          try {
            in.readFully(position, into, 0, count);
          } catch (EOFException e) {
            throw new BadWeights(name + " is shorter than its header says", e);
          }
        };
    return stored(SafetensorsHeader.read(ranges, length), ranges);
  }

  private static Map<String, StoredTensor> stored(SafetensorsHeader header, Ranges ranges) {
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    header
        .tensors()
        .forEach(
            (tensor, entry) ->
                stored.put(tensor, new StoredTensor(tensor, ranges, header.start(), entry)));
    return stored;
  }

  @Override
  public void close() throws IOException {
    for (FSDataInputStream in : open) {
      in.close();
    }
  }
}

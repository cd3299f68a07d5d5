package io.sparkmae.job.storage;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;

/**
 * The local disk as some managed platforms give it: executors reach it only on the thread of a task
 * that is running, and nothing can be renamed.
 */
public final class TaskThreadsFileSystem extends RawLocalFileSystem {

  static final String SCHEME = "volumes";

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public void initialize(URI uri, Configuration conf) throws IOException {
    super.initialize(getUri(), conf);
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    check("open", path);
    return super.open(path, bufferSize);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    check("create", path);
    return super.create(path, permission, overwrite, bufferSize, replication, blockSize, progress);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    check("stat", path);
    return plain(super.getFileStatus(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    check("list", path);
    FileStatus[] statuses = super.listStatus(path);
    for (int i = 0; i < statuses.length; i++) {
      statuses[i] = plain(statuses[i]);
    }
    return statuses;
  }

  @Override
  public boolean rename(Path from, Path to) {
    throw new UnsupportedOperationException("No operations allowed on this path: rename " + from);
  }

  // the local file system's own asks for permissions by a path that must begin with file:
  private static FileStatus plain(FileStatus local) {
    return new FileStatus(
        local.getLen(),
        local.isDirectory(),
        1,
        local.getBlockSize(),
        local.getModificationTime(),
        local.getPath());
  }

  private static void check(String operation, Path path) throws IOException {
    SparkEnv spark = SparkEnv.get();
    boolean executor = spark != null && !spark.executorId().equals("driver");
    TaskContext task = TaskContext.get();
    if (executor && task == null) {
      throw new IOException(
          "No operations allowed on this path: %s %s on thread %s"
              .formatted(operation, path, Thread.currentThread().getName()));
    }
  }
}

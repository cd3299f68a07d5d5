package io.sparkmae.job.averaging;

import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.nd4j.common.loader.Source;

/**
 * A minibatch's path in the form that DL4J passes to loaders; each path is opened on its own file
 * system.
 */
record PathSource(String path) implements Source {

  @Override
  public String getPath() {
    return path;
  }

  @Override
  public InputStream getInputStream() throws IOException {
    Path file = new Path(path);
    return file.getFileSystem(SparkHadoopUtil.get().conf()).open(file);
  }
}

package io.sparkmae.job.storage;

import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HdfsIT {

  @TempDir Path directory;

  @Test
  void imagesDataAndModelMayLieInHdfs() throws Exception {
    Configuration ofCluster = new Configuration();
    try (MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(ofCluster, directory.resolve("hdfs").toFile()).build()) {
      cluster.waitActive();
      new StoredRun(directory, cluster.getURI() + "/run", Map.of()).succeeds();
    }
  }
}

package io.sparkmae.job.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.weights.ForeignWeights;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another library's weights in HDFS. */
class ForeignWeightsIT {

  @TempDir Path directory;

  @Test
  void weightsOfTimmAreReadByRangesFromHdfs() throws Exception {
    Configuration ofCluster = new Configuration();
    Path timm =
        Path.of(ForeignWeights.class.getResource("timm/model.safetensors").getPath()).getParent();
    try (MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(ofCluster, directory.resolve("hdfs").toFile()).build()) {
      cluster.waitActive();
      FileSystem hdfs = cluster.getFileSystem();
      String uri = cluster.getURI() + "/models/timm";
      hdfs.copyFromLocalFile(
          new org.apache.hadoop.fs.Path(timm.toUri()), new org.apache.hadoop.fs.Path(uri));
      Configuration hadoop = new Configuration();
      EncoderModel there = EncoderModel.of(uri, hadoop);
      EncoderModel here = EncoderModel.of(timm.toString(), hadoop);
      assertThat(there.config()).isEqualTo(here.config());
      assertThat(there.weights()).isEqualTo(here.weights());
      assertThatThrownBy(() -> EncoderModel.of(cluster.getURI() + "/models/none", hadoop))
          .isInstanceOf(BadModel.class);
    }
  }
}

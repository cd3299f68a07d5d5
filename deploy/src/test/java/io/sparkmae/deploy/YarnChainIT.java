package io.sparkmae.deploy;

import static java.util.Map.entry;
import static org.apache.hadoop.yarn.api.records.FinalApplicationStatus.FAILED;
import static org.apache.hadoop.yarn.api.records.FinalApplicationStatus.SUCCEEDED;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps of the EMR template on YARN: images in HDFS, data and models in S3. */
class YarnChainIT {

  @TempDir private static Path directory;

  private static S3Server s3;
  private static YarnCluster yarn;

  @BeforeAll
  static void start() throws Exception {
    s3 = new S3Server(directory);
    yarn = new YarnCluster(directory, s3.settings());
    Chain.drawPhotos(yarn.hdfs());
  }

  @AfterAll
  static void stop() throws Exception {
    yarn.close();
    s3.close();
  }

  @Test
  void aDriverInTheClusterIsStartedAgainByYarn() throws Exception {
    // in attempts: the driver of pretrain was stopped
    int before = yarn.containers().size();
    assertThat(endings("cluster"))
        .startsWith(entry(SUCCEEDED, 1), entry(SUCCEEDED, 2))
        .containsExactlyInAnyOrder(
            entry(SUCCEEDED, 1),
            entry(SUCCEEDED, 2),
            entry(SUCCEEDED, 1),
            entry(SUCCEEDED, 1),
            entry(SUCCEEDED, 1),
            entry(SUCCEEDED, 1),
            entry(FAILED, 1));
    List<Long> containers = yarn.containers();
    // export, verify, help and the refused one have their driver alone
    assertThat(containers.subList(before, containers.size()))
        .filteredOn(count -> count == 1)
        .hasSize(4);
  }

  @Test
  void aDriverOfTheClientsTellsYarnHowItEnded() throws Exception {
    // export and verify open no session here, and so are no applications
    assertThat(endings("client"))
        .containsExactly(entry(SUCCEEDED, 1), entry(FAILED, 1), entry(SUCCEEDED, 1));
  }

  /**
   * How the applications of a chain ended, and in how many attempts, in the order of their start.
   */
  private static List<Map.Entry<FinalApplicationStatus, Integer>> endings(String deployMode)
      throws Exception {
    int before = yarn.endings().size();
    Bucket bucket = s3.bucket(deployMode);
    new Chain(directory, bucket, new YarnSite(yarn, bucket, deployMode)).run();
    List<Map.Entry<FinalApplicationStatus, Integer>> all = yarn.endings();
    return all.subList(before, all.size());
  }
}

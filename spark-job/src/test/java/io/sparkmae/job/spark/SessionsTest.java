package io.sparkmae.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SessionsTest {

  private static Map<String, String> defaults(String... given) {
    SparkConf conf = new SparkConf(false);
    for (int i = 0; i < given.length; i += 2) {
      conf.set(given[i], given[i + 1]);
    }
    return Sessions.defaults(conf);
  }

  @Test
  void executorsGetTheEnvironmentThatStepsNeed() {
    assertThat(defaults("spark.executorEnv.GOMP_SPINCOUNT", "7"))
        .containsEntry("spark.executorEnv.OMP_WAIT_POLICY", "active")
        .containsEntry("spark.executorEnv.LC_ALL", "C.UTF-8")
        .doesNotContainKey("spark.executorEnv.GOMP_SPINCOUNT");
  }

  @Test
  void executorsJavaHasTheGivenOptionsLast() {
    String java = "spark.executor.defaultJavaOptions";
    assertThat(defaults(java, "-XX:InitiatingHeapOccupancyPercent=30").get(java))
        .matches(".*InitiatingHeapOccupancyPercent=85 .*InitiatingHeapOccupancyPercent=30");
  }

  @Test
  void kryoGetsTheRegistratorOfArraysUnlessAnotherIsGiven() {
    String kryo = "org.apache.spark.serializer.KryoSerializer";
    assertThat(defaults("spark.serializer", kryo))
        .containsEntry("spark.kryo.registrator", "org.nd4j.kryo.Nd4jRegistrator");
    assertThat(defaults("spark.serializer", kryo, "spark.kryo.registrator", "my.Registrator"))
        .doesNotContainKey("spark.kryo.registrator");
    assertThat(defaults()).doesNotContainKey("spark.kryo.registrator");
  }

  @Test
  void onlyALoneProcessMaySleep() {
    String silence = "spark.storage.blockManagerHeartbeatTimeoutMs";
    assertThat(defaults("spark.master", "local[2]")).containsEntry(silence, "365d");
    assertThat(defaults("spark.master", "local")).containsEntry(silence, "365d");
    assertThat(defaults("spark.master", "local-cluster[2,1,1024]")).doesNotContainKey(silence);
    assertThat(defaults("spark.master", "yarn")).doesNotContainKey(silence);
  }
}

package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.engine.cuda.UnusableGpu;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersEngineTest {

  private static SparkConf on(String master) {
    return new SparkConf(false).set("spark.master", master);
  }

  private static Engine of(Engine choice, SparkConf conf) {
    return WorkersEngine.of(choice, Precision.FP32, true, conf);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"yarn", "k8s://https://a:443", "spark://a:7077", "local-cluster[1,1,1024]"})
  void onAClusterTheTasksGpusDecide(String master) {
    assertThat(of(Engine.AUTO, on(master))).isEqualTo(Engines.processors());
    assertThat(of(Engine.AUTO, on(master).set("spark.task.resource.gpu.amount", "1")))
        .isEqualTo(Engine.CUDA);
  }

  @Test
  void onAClusterTheDriverNeedsNoGpu() {
    assertThat(of(Engine.CUDA, on("yarn"))).isEqualTo(Engine.CUDA);
  }

  @ParameterizedTest
  @ValueSource(strings = {"local", "local[2]", "local[*]"})
  void inOneProcessItsOwnGpuDecides(String master) {
    assertThat(of(Engine.AUTO, on(master)))
        .isEqualTo(Engines.resolve(Engine.AUTO, Precision.FP32, true));
    assumeFalse(Engines.obstacleToCuda().isEmpty());
    assertThatThrownBy(() -> of(Engine.CUDA, on(master))).isInstanceOf(UnusableGpu.class);
  }

  @Test
  void processorsOfAClusterAreCheckedByTheDrivers() {
    assertThatThrownBy(
            () -> WorkersEngine.of(Engine.AUTO, Precision.TF32, true, on("spark://a:7077")))
        .hasMessageContaining("tf32");
  }
}

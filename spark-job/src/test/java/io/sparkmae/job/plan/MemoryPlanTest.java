package io.sparkmae.job.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {

  private static final long MIB = 1 << 20;
  private static final Pattern ROW =
      Pattern.compile(
          "\\| (\\w+) \\| (fp32|bf16) \\| (\\d+) × (\\d+) \\| (\\d+) "
              + "\\| `(local[^`]*?(?:,(\\d+))?])`, driver (\\d+) "
              + "\\| (\\d+) \\| (\\d+) \\| [^|]* \\| (\\d+|–) \\| (\\d+|–) ");

  private static final Cluster TWO_CORES = cluster("yarn", 2, 2048, 0, 0);

  @Test
  void whatFitsIsTheSumOfItsParts() throws IOException {
    MemoryPlan plan = MemoryPlan.of(run("small", 8, 1), 4, TWO_CORES);
    Process executor = plan.executor();
    assertThat(executor.parts().values().stream().mapToLong(mib -> mib).sum())
        .isEqualTo(executor.total());
    assertThat(executor.besideHeap()).isEqualTo(executor.total() - 2048);
    // two workers an executor
    assertThat(executor.parts())
        .containsEntry("parameters", 2 * plan.parameters() * 4 / MIB + 1)
        .containsEntry("moments", 4 * plan.parameters() * 4 / MIB + 1);
  }

  @Test
  void partsOfAMinibatchSaveWorkspaceAndCostAVector() throws IOException {
    Process whole = MemoryPlan.of(run("tiny", 16, 1), 2, TWO_CORES).executor();
    Process inParts = MemoryPlan.of(run("tiny", 4, 4), 2, TWO_CORES).executor();
    String workspace = "workspace of the engine";
    assertThat(inParts.parts().get(workspace)).isLessThan(whole.parts().get(workspace) / 3);
    assertThat(inParts.parts()).containsKey("sum of the gradients of parts");
    assertThat(inParts.besideHeap()).isLessThan(whole.besideHeap());
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheNearestThatDoes() throws IOException {
    RunConfig run = run("tiny", 64, 1);
    Cluster small = cluster("yarn", 1, 1024, 1024, 0);
    assertThatThrownBy(() -> new Fit(run, 2, small).require())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "Cannot fit: an executor needs \\d+ MiB beside its heap and has 1024"
                + " \\(give --batch-size 16 --gradient-accumulation 4, or give --executor-overhead \\d+m\\)");
    assertThat(new Fit(run("tiny", 16, 4), 2, small).require().executor().besideHeap())
        .isLessThan(1024);
    assertThatThrownBy(() -> new Fit(run("tiny", 32, 2), 2, small).require())
        .hasMessageContaining("Cannot fit");
  }

  @Test
  void noBatchIsProposedWhereNoneFits() throws IOException {
    RunConfig run = run("base", 8, 1);
    Cluster small = cluster("yarn", 1, 1024, 1024, 0);
    assertThatThrownBy(() -> new Fit(run, 2, small).require())
        .hasMessageMatching(".* has 1024 \\(give --executor-overhead \\d+m\\)");
  }

  @Test
  void aGpuThatIsTooSmallIsRefused() throws IOException {
    RunConfig run = run("large", 256, 1);
    Cluster gpus = cluster("yarn", 4, 8192, 0, 24L << 30);
    assertThatThrownBy(() -> new Fit(run, 2, gpus).require())
        .hasMessageContaining("Cannot fit: a worker needs")
        .hasMessageContaining("on its GPU and has 24576 (give --batch-size");
  }

  @Test
  void aProposedHeapHoldsTheSlices() throws IOException {
    MemoryPlan proposed = MemoryPlan.of(run("base", 1, 1), 2, cluster("yarn", 1, 0, 0, 0));
    MemoryPlan small = MemoryPlan.of(run("base", 1, 1), 2, cluster("yarn", 1, 2048, 0, 0));
    assertThat(proposed.blocksFit()).isTrue();
    assertThat(small.blocksFit()).isFalse();
    assertThat(proposed.executor().parts().get(Process.HEAP)).isGreaterThan(proposed.blocks());
  }

  /** The plan is what docs/memory.md says, and within a tenth of what was measured. */
  @Test
  void itSaysWhatRunsTook() throws IOException {
    List<MatchResult> rows =
        ROW.matcher(Files.readString(Path.of("../docs/memory.md"))).results().toList();
    assertThat(rows).hasSizeGreaterThan(5);
    for (MatchResult row : rows) {
      RunConfig run = run(row.group(1), row.group(2), number(row, 3), number(row, 4));
      long heap = row.group(7) == null ? 0 : number(row, 7) * MIB;
      int slots = row.group(7) == null ? number(row, 5) : 1;
      Cluster cluster = new Cluster(row.group(6), slots, 1, heap, 0, number(row, 8) * MIB, 0, 10);
      MemoryPlan plan = MemoryPlan.of(run, number(row, 5), cluster);
      requireNear(row, 9, plan.driver());
      if (heap > 0) {
        requireNear(row, 11, plan.executor());
      }
    }
  }

  private static void requireNear(MatchResult row, int at, Process planned) {
    assertThat(planned.total()).as(row.group()).isEqualTo(number(row, at));
    assertThat((double) planned.total())
        .as(row.group())
        .isCloseTo(number(row, at + 1), withPercentage(10));
  }

  private static int number(MatchResult row, int group) {
    return Integer.parseInt(row.group(group));
  }

  private static Cluster cluster(String master, int cores, long heap, long overhead, long gpu) {
    return new Cluster(master, cores, 1, heap * MIB, overhead * MIB, 0, gpu, 10);
  }

  private static RunConfig run(String model, int batch, int parts) throws IOException {
    return run(model, "fp32", batch, parts);
  }

  private static RunConfig run(String model, String precision, int batch, int parts)
      throws IOException {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("data.uri", "data");
    settings.put("model.name", "mae_vit_" + model + "_patch16");
    settings.put("train.precision", precision);
    settings.put("train.batch-size", batch);
    settings.put("train.gradient-accumulation", parts);
    return ConfigLayers.runConfig(settings, null, new Configuration(false));
  }
}

package io.sparkmae.job.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * The command that starts a planned run.
 *
 * @param options of {@code pretrain}, but the number of workers
 */
public record SubmitLine(List<String> options) {

  // Deallocated arrays stay in JavaCPP's count until Java's collector runs.
  private static final double SLACK = 1.25;

  String of(int workers, Cluster cluster, MemoryPlan memory) {
    List<String> words =
        cluster.isLocal() ? launcher(cluster, memory) : submit(workers, cluster, memory);
    words.add("pretrain");
    options.forEach(option -> words.add(quoted(option)));
    words.addAll(List.of("--workers", "" + workers));
    return String.join(" ", words);
  }

  private static List<String> launcher(Cluster cluster, MemoryPlan memory) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("deploy/bin/mae", "--master", quoted(cluster.master())));
    words.addAll(List.of("--driver-memory", heap(memory.driver()) + "m"));
    words.add(javaOptions("driver", memory.driver()));
    return words;
  }

  private static List<String> submit(int workers, Cluster cluster, MemoryPlan memory) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("spark-submit", "--class", "io.sparkmae.job.Mae"));
    words.addAll(List.of("--master", quoted(cluster.master())));
    words.addAll(List.of("--num-executors", "" + cluster.executors(workers)));
    words.addAll(List.of("--executor-cores", "" + cluster.cores()));
    words.addAll(List.of("--executor-memory", heap(memory.executor()) + "m"));
    words.addAll(List.of("--driver-memory", heap(memory.driver()) + "m"));
    words.add("--conf spark.executor.memoryOverhead=" + overhead(memory.executor(), cluster));
    words.add("--conf spark.driver.memoryOverhead=" + memory.driver().besideHeap() + "m");
    words.add("--conf spark.task.cpus=" + cluster.taskCpus());
    words.add("--conf spark.driver.maxResultSize=0");
    words.add(javaOptions("executor", memory.executor()));
    if (memory.gpu() != null) {
      words.add("--conf spark.task.resource.gpu.amount=1");
      words.add("--conf spark.executor.resource.gpu.amount=1");
    }
    words.add("deploy/target/spark-mae.jar");
    return words;
  }

  private static String quoted(String word) {
    return word.matches("[\\w.,:/=+@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private static long heap(Process process) {
    return process.parts().get(Process.HEAP);
  }

  private static String overhead(Process executor, Cluster cluster) {
    return Math.max(executor.besideHeap(), cluster.overhead() >> 20) + "m";
  }

  private static String javaOptions(String who, Process process) {
    return "--conf 'spark.%s.defaultJavaOptions=-Djava.awt.headless=true -Dorg.bytedeco.javacpp.maxbytes=%dm -Dorg.bytedeco.javacpp.maxphysicalbytes=0'"
        .formatted(who, (long) (process.besideHeap() * SLACK));
  }
}

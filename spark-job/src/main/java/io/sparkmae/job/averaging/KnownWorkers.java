package io.sparkmae.job.averaging;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What the driver knows of the workers from the reports of their last round. */
final class KnownWorkers {

  private final Set<String> described = new TreeSet<>();
  private final Set<String> executors = new TreeSet<>();
  private final Processors processors = new Processors();
  private List<String> locations = List.of();
  private long[] images = new long[1];

  /** Takes in the reports of a round, in the order of workers; idle workers have none. */
  void saw(List<WorkerReport> reports) {
    int count = 1 + reports.get(reports.size() - 1).worker;
    images = new long[count];
    String[] places = new String[count];
    Arrays.fill(places, reports.get(0).executor);
    for (WorkerReport worker : reports) {
      images[worker.worker] = worker.images;
      places[worker.worker] = worker.executor;
      executors.add(worker.executor);
      processors.saw(worker.processor, worker.executor);
      describe(worker);
    }
    locations = List.of(places);
  }

  private void describe(WorkerReport worker) {
    if (worker.memory != null && described.add(worker.executor)) {
      System.err.printf("%s: %s%n", worker.executor, worker.memory);
    }
  }

  /** Returns where the worker's last task ran; empty if unknown. */
  List<String> location(int worker) {
    return worker < locations.size() ? List.of(locations.get(worker)) : List.of();
  }

  /** Returns the images that each worker trained on in the last round, [workers]. */
  long[] images() {
    return images;
  }

  /** Returns all executors that have had workers. */
  Set<String> executors() {
    return executors;
  }
}

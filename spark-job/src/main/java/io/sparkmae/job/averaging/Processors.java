package io.sparkmae.job.averaging;

import java.util.Map;
import java.util.TreeMap;

/**
 * Warns of different kinds of processors among workers: oneDNN's code, and so the last bits of
 * results, differ between them.
 */
final class Processors {

  // kind → first executor of that kind
  private final Map<String, String> executors = new TreeMap<>();

  /** Records a worker's processor; warns once for each kind after the first. */
  void saw(String processor, String executor) {
    if (executors.putIfAbsent(processor, executor) == null && executors.size() > 1) {
      System.err.println("mae: " + warning());
    }
  }

  String warning() {
    return "executors differ, so the last bits of a run depend on where its tasks ran: "
        + executors;
  }
}

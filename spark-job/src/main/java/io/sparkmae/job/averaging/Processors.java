package io.sparkmae.job.averaging;

import java.util.Map;
import java.util.TreeMap;

/** The kinds of processors that workers ran on: oneDNN's code, and so the last bits, differ. */
final class Processors {

  private final Map<String, String> executors = new TreeMap<>(); // the first of each kind

  /** Takes note of a worker's; a second kind is warned of, once for each more. */
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

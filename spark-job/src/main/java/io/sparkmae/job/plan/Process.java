package io.sparkmae.job.plan;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The memory of one process by part, in MiB, when all of it is in use.
 *
 * @param parts the Java heap first
 * @param besideHeap the sum of all others: what a container needs as Spark's memoryOverhead
 * @param total of all
 */
record Process(Map<String, Long> parts, long besideHeap, long total) {

  static final String HEAP = "java heap";

  /** Returns the process of parts in bytes; parts of 0 are left out. */
  static Process of(Map<String, Long> bytes) {
    Map<String, Long> parts = new LinkedHashMap<>();
    bytes.forEach((name, size) -> merge(parts, name, size));
    long total = parts.values().stream().mapToLong(mib -> mib).sum();
    return new Process(parts, total - parts.getOrDefault(HEAP, 0L), total);
  }

  private static void merge(Map<String, Long> parts, String name, long size) {
    if (size > 0) {
      parts.put(name, mib(size));
    }
  }

  static long mib(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }
}

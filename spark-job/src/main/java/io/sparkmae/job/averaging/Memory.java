package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Slices;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.Pointer;

/**
 * What an executor may use, against what a worker needs.
 *
 * @param heap most bytes of the Java heap
 * @param nativeLimit most bytes of ND4J's arrays, JavaCPP's maxbytes; 0 for none
 * @param processLimit most bytes of the process, JavaCPP's maxphysicalbytes; 0 for none
 */
record Memory(long heap, long nativeLimit, long processLimit) {

  private static final AtomicBoolean SAID = new AtomicBoolean();
  private static final long OTHER = 1L << 30; // class data, thread stacks, OpenBLAS, page cache

  static Memory here() {
    return new Memory(
        Runtime.getRuntime().maxMemory(), Pointer.maxBytes(), Pointer.maxPhysicalBytes());
  }

  /** This executor's memory, with the cure where it is too small; null from the second call on. */
  static String onceOf(Slices slices, int parts) {
    return SAID.compareAndSet(false, true) ? here().against(slices, parts) : null;
  }

  /**
   * One line: what there is, what is needed, and what to change.
   *
   * @param parts that a minibatch is computed in
   */
  String against(Slices slices, int parts) {
    long vectors = parts > 1 ? 3 : 2; // as long as the weights
    long arrays = Float.BYTES * (vectors * slices.params() + slices.moments());
    String line =
        "heap %d MiB, native arrays %s, process %s; weights, gradients%s and moments take %d MiB a worker"
            .formatted(
                mib(heap),
                limit(nativeLimit),
                limit(processLimit),
                parts > 1 ? ", their sum" : "",
                mib(arrays));
    return line + cure(arrays);
  }

  private String cure(long arrays) {
    if (nativeLimit > 0 && nativeLimit < arrays) {
      return "; TOO SMALL: raise -Dorg.bytedeco.javacpp.maxbytes in spark.executor.extraJavaOptions, and spark.executor.memoryOverhead to maxbytes + 1 GiB";
    }
    if (processLimit > 0 && processLimit < heap + arrays + OTHER) {
      return "; TOO SMALL: raise -Dorg.bytedeco.javacpp.maxphysicalbytes to at least %d MiB, or set it to 0"
          .formatted(mib(heap + arrays + OTHER));
    }
    return "";
  }

  private static String limit(long bytes) {
    return bytes > 0 ? "up to " + mib(bytes) + " MiB" : "unlimited";
  }

  private static long mib(long bytes) {
    return bytes >> 20;
  }
}

package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Slices;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.Pointer;

/**
 * The memory limits of an executor, to compare with the needs of a worker.
 *
 * @param heap limit of the Java heap in bytes
 * @param nativeLimit limit of ND4J's arrays in bytes, JavaCPP's maxbytes; 0 for none
 * @param processLimit limit of the process in bytes, JavaCPP's maxphysicalbytes; 0 for none
 */
record Memory(long heap, long nativeLimit, long processLimit) {

  private static final AtomicBoolean SAID = new AtomicBoolean();
  private static final long OTHER = 1L << 30; // class data, thread stacks, OpenBLAS, page cache

  static Memory here() {
    return new Memory(
        Runtime.getRuntime().maxMemory(), Pointer.maxBytes(), Pointer.maxPhysicalBytes());
  }

  /**
   * Returns the report of {@link #against} for this executor at the first call; null at later
   * calls.
   */
  static String onceOf(Slices slices, int parts) {
    return SAID.compareAndSet(false, true) ? here().against(slices, parts) : null;
  }

  /**
   * Returns one line with the limits, the need of a worker, and the setting to change if they are
   * too small.
   *
   * @param parts number of parts in which a minibatch is computed
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

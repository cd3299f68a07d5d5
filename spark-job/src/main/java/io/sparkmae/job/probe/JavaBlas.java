package io.sparkmae.job.probe;

/**
 * Keeps Spark ML on its BLAS in Java.
 *
 * <p>The trap: Spark ML loads the system's {@code libblas.so.3} where there is one. If that is
 * OpenBLAS, its symbols and those of the OpenBLAS that ND4J brings mix in one process, and the
 * first product kills the JVM.
 */
public final class JavaBlas {

  private JavaBlas() {}

  /**
   * To be called in a JVM before Spark ML's first product and wherever ND4J is used; later calls
   * change nothing.
   */
  public static void prefer() {
    System.setProperty("dev.ludovic.netlib.blas.nativeLib", "none");
    System.setProperty("dev.ludovic.netlib.lapack.nativeLib", "none");
  }
}

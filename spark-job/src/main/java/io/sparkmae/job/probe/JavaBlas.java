package io.sparkmae.job.probe;

/**
 * Makes Spark ML use its BLAS in Java.
 *
 * <p>Otherwise Spark ML loads the system's {@code libblas.so.3} if there is one. If that is
 * OpenBLAS, its symbols conflict with those of ND4J's own OpenBLAS, and the first product crashes
 * the JVM.
 */
public final class JavaBlas {

  private JavaBlas() {}

  /**
   * Selects the BLAS in Java. Call it in each JVM that uses ND4J, before Spark ML's first product;
   * later calls do nothing.
   */
  public static void prefer() {
    System.setProperty("dev.ludovic.netlib.blas.nativeLib", "none");
    System.setProperty("dev.ludovic.netlib.lapack.nativeLib", "none");
  }
}

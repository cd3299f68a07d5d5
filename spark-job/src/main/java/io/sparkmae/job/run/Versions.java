package io.sparkmae.job.run;

import io.sparkmae.data.image.codec.Leptonica;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.apache.hadoop.util.VersionInfo;
import picocli.CommandLine.IVersionProvider;

/** The versions of what the jar was built from and of what a run runs on. */
public final class Versions implements IVersionProvider {

  /** Returns the lines of {@code mae --version}. */
  @Override
  public String[] getVersion() {
    Properties built = built();
    return new String[] {
      "spark-mae %s, commit %s"
          .formatted(built.getProperty("version"), built.getProperty("commit")),
      "Spark %s, Scala %s, Java %s (built for Spark %s, Scala %s)"
          .formatted(
              spark(),
              scala.util.Properties.versionNumberString(),
              Runtime.version(),
              built.getProperty("spark"),
              built.getProperty("scala")),
      "ND4J %s, oneDNN %s, OpenBLAS %s"
          .formatted(
              built.getProperty("nd4j"), Engines.oneDnnVersion(), built.getProperty("openblas")),
      Leptonica.versions()
    };
  }

  /** Returns what a run records of where it ran, in one line. */
  static String text() {
    return "spark-mae %s, Spark %s, Hadoop %s, Java %s, %s %s"
        .formatted(
            built().getProperty("version"),
            spark(),
            VersionInfo.getVersion(),
            System.getProperty("java.version"),
            System.getProperty("os.name"),
            System.getProperty("os.version"));
  }

  private static String spark() { // no constant: help makes a Versions, and needs no Spark
    return org.apache.spark.package$.MODULE$.SPARK_VERSION();
  }

  private static Properties built() {
    try (InputStream in = Versions.class.getResourceAsStream("build.properties")) {
      Properties built = new Properties();
      built.load(in);
      return built;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.sparkmae.job;

import io.sparkmae.data.image.codec.Leptonica;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Tells what the jar was built from, and what it runs on here: {@code mae --version}. */
final class BuildVersion implements IVersionProvider {

  @Override
  public String[] getVersion() throws IOException {
    Properties built = new Properties();
    try (InputStream in = BuildVersion.class.getResourceAsStream("build.properties")) {
      built.load(in);
    }
    return new String[] {
      "spark-mae %s, commit %s"
          .formatted(built.getProperty("version"), built.getProperty("commit")),
      "Spark %s, Scala %s, Java %s (built for Spark %s, Scala %s)"
          .formatted(
              org.apache.spark.package$.MODULE$.SPARK_VERSION(),
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
}

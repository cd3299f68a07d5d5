package io.sparkmae.job.run;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.apache.hadoop.util.VersionInfo;

/** The versions of what a run runs on. */
final class Versions {

  private static final String OWN = "/META-INF/maven/io.sparkmae/spark-mae-job/pom.properties";

  private Versions() {}

  static String text() {
    return "spark-mae %s, Spark %s, Hadoop %s, Java %s, %s %s"
        .formatted(
            own(),
            org.apache.spark.package$.MODULE$.SPARK_VERSION(),
            VersionInfo.getVersion(),
            System.getProperty("java.version"),
            System.getProperty("os.name"),
            System.getProperty("os.version"));
  }

  private static String own() {
    try (InputStream in = Versions.class.getResourceAsStream(OWN)) {
      Properties properties = new Properties();
      if (in != null) { // classes of a build have none
        properties.load(in);
      }
      return properties.getProperty("version", "of a build");
    } catch (IOException e) {
      return "unknown";
    }
  }
}

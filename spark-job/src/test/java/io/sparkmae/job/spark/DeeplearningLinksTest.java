package io.sparkmae.job.spark;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import org.apache.spark.package$;
import org.datavec.spark.transform.SparkTransformExecutor;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.junit.jupiter.api.Test;
import org.nd4j.kryo.Nd4jSerializer;

/**
 * DL4J's Spark classes were compiled for Spark 3.1 and Scala 2.12: which of them fit this Spark.
 */
class DeeplearningLinksTest {

  private static final boolean SPARK_3 = package$.MODULE$.SPARK_VERSION().startsWith("3.");

  @Test
  void thoseOfDl4jLinkButAnOrderingOfDataSets() throws Exception {
    assertThat(broken(TrainingMaster.class))
        .isEqualTo(
            SPARK_3 ? Set.of() : Set.of("org.deeplearning4j.spark.ordering.DataSetOrdering"));
  }

  @Test
  void thoseOfDataVecLinkButTheDataFrames() throws Exception {
    assertThat(broken(SparkTransformExecutor.class))
        .isEqualTo(SPARK_3 ? Set.of() : Set.of("org.datavec.spark.transform.DataFrames"));
  }

  @Test
  void thoseOfNd4jForKryoLink() throws Exception {
    assertThat(broken(Nd4jSerializer.class)).isEmpty();
  }

  /**
   * The classes of a jar that name a class or a member of Spark, Scala or Kryo which is missing.
   */
  private static Set<String> broken(Class<?> ofJar) throws Exception {
    String jar = ofJar.getProtectionDomain().getCodeSource().getLocation().getPath();
    try (JarFile file = new JarFile(jar)) {
      return new ClassFileImporter()
          .importJar(file).stream()
              .filter(type -> !links(type))
              .map(JavaClass::getName)
              .collect(toCollection(TreeSet::new));
    }
  }

  private static boolean links(JavaClass type) {
    return type.getDirectDependenciesFromSelf().stream()
            .map(dependency -> dependency.getTargetClass().getBaseComponentType())
            .allMatch(target -> !isTheirs(target) || target.isFullyImported())
        && type.getAccessesFromSelf().stream()
            .allMatch(
                access ->
                    !isTheirs(access.getTargetOwner())
                        || access.getTarget().resolveMember().isPresent());
  }

  private static boolean isTheirs(JavaClass type) {
    return type.getName().matches("(org\\.apache\\.spark|scala|com\\.esotericsoftware)\\..*");
  }
}

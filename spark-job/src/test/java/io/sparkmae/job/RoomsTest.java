package io.sparkmae.job;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.sparkmae.job.spark.Sessions;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The packages of all modules: who may see whom, and how many files one may have. */
class RoomsTest {

  private static final long MOST_FILES = 30;

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("io.sparkmae");

  @Test
  void noTwoPackagesSeeEachOther() {
    slices().matching("io.sparkmae.(**)").should().beFreeOfCycles().check(MAIN);
  }

  @Test
  void theDevicesDoNotSeeEachOther() {
    noClasses()
        .that()
        .resideInAPackage("..engine.onednn")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..engine.cuda")
        .check(MAIN);
    noClasses()
        .that()
        .resideInAPackage("..engine.cuda")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..engine.onednn")
        .check(MAIN);
  }

  @Test
  void commandsThatComputeOnExecutorsAreThoseThatOpenASession() {
    Set<String> opening =
        Mae.commandLine().getSubcommands().entrySet().stream()
            .filter(command -> opensASession(command.getValue().getCommand().getClass()))
            .map(Map.Entry::getKey)
            .collect(toSet());
    assertThat(AwaitedSession.ON_EXECUTORS).isEqualTo(opening);
  }

  private static boolean opensASession(Class<?> command) {
    return MAIN.stream()
        .filter(type -> (type.getName() + "$").startsWith(command.getName() + "$"))
        .flatMap(type -> type.getMethodCallsFromSelf().stream())
        .anyMatch(
            call ->
                call.getTargetOwner().isEquivalentTo(Sessions.class)
                    && call.getName().equals("open"));
  }

  @Test
  void imagesKnowNeitherHadoopNorSpark() {
    noClasses()
        .that()
        .resideInAPackage("io.sparkmae.data.image..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.hadoop..", "org.apache.spark..")
        .check(MAIN);
  }

  // One source compiles for every Spark as long as one room alone knows what changes.
  @Test
  void oneRoomSeesSparksInternals() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.sparkmae.job.spark")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                    "org.apache.spark.metrics..",
                    "org.apache.spark.network..",
                    "org.apache.spark.status..",
                    "org.apache.spark.util.io..",
                    "scala.collection.convert..",
                    "scala.reflect..",
                    "scala.runtime..")
                .or(
                    nameMatching(
                        "org\\.apache\\.spark\\.(storage\\.BlockManager.*|scheduler\\.ExecutorCacheTaskLocation|TaskContext\\$|util\\.SignalUtils.*)|scala\\.collection\\.JavaConverters.*")))
        .check(MAIN);
  }

  @Test
  void noPackageHasTooManyFiles() {
    Map<String, Long> files =
        MAIN.stream()
            .filter(JavaClass::isTopLevelClass)
            .collect(groupingBy(JavaClass::getPackageName, counting()));
    assertThat(files).hasSizeGreaterThan(20); // else the wrong classes were read
    assertThat(files.values()).allMatch(count -> count <= MOST_FILES);
  }
}

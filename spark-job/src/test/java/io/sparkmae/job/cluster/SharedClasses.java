package io.sparkmae.job.cluster;

import static java.util.stream.Collectors.joining;

import io.sparkmae.job.Mae;
import java.io.File;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.FileUtils;

/**
 * The classes of Spark and of the job as they are once loaded, in a file that child JVMs map:
 * loading them is a third of a small run.
 *
 * <p>The first child of a build makes the file, below {@code target}. The JVM takes only jars into
 * it, the first ones of its class path, and refuses the file where they have changed.
 */
final class SharedClasses {

  private static final Path DIRECTORY = Path.of("target", "shared-classes").toAbsolutePath();

  private static boolean making;

  private SharedClasses() {}

  /** Returns the file; none while somebody makes it, and where the job is no jar. */
  static synchronized Optional<Path> file() {
    Path file = DIRECTORY.resolve(key() + ".jsa");
    if (Files.exists(file)) {
      return Optional.of(file);
    }
    String job = Mae.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    if (making || !job.endsWith(".jar")) {
      return Optional.empty();
    }
    making = true;
    try {
      return make(file);
    } catch (Exception e) {
      throw new IllegalStateException("Cannot make " + file, e);
    } finally {
      making = false;
    }
  }

  static String jars() {
    return classPath(entry -> entry.endsWith(".jar"));
  }

  static String directories() {
    return classPath(entry -> !entry.endsWith(".jar"));
  }

  private static String classPath(Predicate<String> wanted) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(wanted)
        .collect(joining(File.pathSeparator));
  }

  /** Names what the JVM compares: itself, and paths, times and sizes of the jars. */
  private static String key() {
    return Arrays.stream(jars().split(File.pathSeparator))
        .map(File::new)
        .map(jar -> jar + " " + jar.lastModified() + " " + jar.length() + "\n")
        .collect(joining("", Runtime.version() + "\n", ""))
        .transform(DigestUtils::sha256Hex);
  }

  private static Optional<Path> make(Path file) throws Exception {
    Files.createDirectories(DIRECTORY);
    try (FileChannel channel =
            FileChannel.open(
                DIRECTORY.resolveSibling("shared-classes.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        return Optional.empty();
      }
      if (!Files.exists(file)) {
        FileUtils.cleanDirectory(DIRECTORY.toFile()); // of other jars, a hundred megabytes each
        Path unfinished = DIRECTORY.resolve("unfinished");
        Path work = Files.createTempDirectory(DIRECTORY, "work-");
        String[] command = SmallData.pretrain(SmallData.prepared(), work + "/model");
        MaeProcess.on("local[2]", work).sharing(unfinished).result(command);
        FileUtils.deleteDirectory(work.toFile());
        Files.move(unfinished, file);
      }
      return Optional.of(file);
    }
  }
}

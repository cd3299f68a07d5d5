package io.sparkmae.job.averaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Names this machine's processor, for reports. */
final class Hardware {

  private static final String PROCESSOR = processor();

  private Hardware() {}

  /**
   * Returns the processor's model and the number of cores that this process may use, and the GPU's
   * ordinal.
   *
   * @param gpu {@link Gpu#NONE} for none
   */
  static String name(int gpu) {
    return gpu == Gpu.NONE ? PROCESSOR : PROCESSOR + ", GPU " + gpu;
  }

  private static String processor() {
    String cores = ", %d cores".formatted(Runtime.getRuntime().availableProcessors());
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
              .filter(line -> line.startsWith("model name"))
              .map(line -> line.substring(line.indexOf(':') + 1).strip())
              .findFirst()
              .orElse(System.getProperty("os.arch"))
          + cores;
    } catch (IOException e) {
      return System.getProperty("os.arch") + cores;
    }
  }
}

package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.cluster.MaeProcess.Result;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultsIT {

  private static final int BAD_DATA = 3;
  private static final int NON_FINITE_LOSS = 4;
  private static final Duration SOON = Duration.ofMinutes(1);

  @TempDir Path directory;

  @BeforeEach
  void prepare() throws Exception {
    FileUtils.copyDirectory(new File(SmallData.prepared()), new File(data()));
  }

  @Test
  void missingFileEndsTheRunWithItsName() throws Exception {
    Path file = firstFile();
    Files.delete(file);
    Result result = pretrain("local-cluster[2,1,1024]");
    assertThat(result.exitCode()).as(result.faults()).isEqualTo(BAD_DATA);
    assertThat(result.sentences())
        .singleElement()
        .asString()
        .contains(file.getFileName().toString());
    assertThat(result.took()).isLessThan(SOON);
  }

  @Test
  void cutFileEndsTheRunWithItsName() throws Exception {
    Path file = firstFile();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() / 2);
    }
    Files.delete(
        file.resolveSibling("." + file.getFileName() + ".crc")); // only local disks have it
    Result result = pretrain("local[2]");
    assertThat(result.exitCode()).as(result.faults()).isEqualTo(BAD_DATA);
    assertThat(result.sentences())
        .singleElement()
        .asString()
        .contains(file.getFileName().toString());
    assertThat(result.took()).isLessThan(SOON);
  }

  @Test
  void explodingLossEndsTheRunWithItsSteps() throws Exception {
    Result result = pretrain("local[2]", "train.optimizer=sgd", "train.base-lr=1e9");
    assertThat(result.exitCode()).as(result.faults()).isEqualTo(NON_FINITE_LOSS);
    assertThat(result.sentences())
        .singleElement()
        .asString()
        .matches("mae: Non-finite loss within steps \\[\\d+, \\d+] of epoch \\d+ .*");
    assertThat(directory.resolve("model/LATEST")).doesNotExist();
  }

  private Result pretrain(String master, String... settings) throws Exception {
    String model = directory.resolve("model").toString();
    return MaeProcess.on(master, directory).run(SmallData.pretrain(data(), model, settings));
  }

  private String data() {
    return directory.resolve("data").toString();
  }

  private Path firstFile() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("data/data"))) {
      return files
          .filter(file -> file.toString().endsWith(".parquet"))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }
}

package io.sparkmae.job.storage;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskThreadsIT {

  @TempDir Path directory;

  @Test
  void theWholeWayNeedsNoRenameAndNoThreadBesideTheTasks() throws Exception {
    String root = TaskThreadsFileSystem.SCHEME + ":" + directory.resolve("stored");
    Map<String, String> settings = Map.of("fs.volumes.impl", TaskThreadsFileSystem.class.getName());
    new StoredRun(directory, root, settings).on("local-cluster[2,1,1024]").succeeds();
  }
}

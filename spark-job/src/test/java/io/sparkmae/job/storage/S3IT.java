package io.sparkmae.job.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class S3IT {

  @TempDir Path directory;

  @Test
  void imagesDataAndModelMayLieInS3() throws Exception {
    try (S3Server server = new S3Server(directory)) {
      new StoredRun(directory, S3Server.BUCKET + "/run", server.settings(directory)).succeeds();
    }
  }
}

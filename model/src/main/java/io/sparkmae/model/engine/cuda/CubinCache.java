package io.sparkmae.model.engine.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Supplier;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * A cache of compiled kernels on disk for later executors: in a private directory of the user under
 * {@code java.io.tmpdir}, by the hash of source, architecture and compiler version.
 */
final class CubinCache {

  private CubinCache() {}

  /** Returns the kernels of {@code key}; compiles them if they are missing or cannot be read. */
  static byte[] get(String key, Supplier<byte[]> compile) {
    Path file = directory().resolve(DigestUtils.sha256Hex(key) + ".cubin");
    try {
      if (Files.exists(file) && Files.getOwner(file).getName().equals(user())) {
        return Files.readAllBytes(file);
      }
    } catch (IOException e) {
      // compiled below
    }
    byte[] compiled = compile.get();
    try {
      write(file, compiled);
    } catch (IOException | UnsupportedOperationException e) {
      // not cached: the next executor compiles again
    }
    return compiled;
  }

  private static Path directory() {
    return Path.of(System.getProperty("java.io.tmpdir"), "spark-mae-kernels-" + user());
  }

  private static String user() {
    return System.getProperty("user.name");
  }

  private static void write(Path file, byte[] compiled) throws IOException {
    var ownerOnly = PosixFilePermissions.fromString("rwx------");
    Files.createDirectories(file.getParent(), PosixFilePermissions.asFileAttribute(ownerOnly));
    Path whole = Files.createTempFile(file.getParent(), "cubin", ".part");
    Files.write(whole, compiled);
    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
  }
}

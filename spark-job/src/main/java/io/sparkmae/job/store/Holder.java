package io.sparkmae.job.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The holder of a model directory, as recorded in its file; files of older runs have fewer fields.
 *
 * @param token unique to the run; null if the file cannot be read
 * @param beat number of rewrites; {@link #CANDIDATE} until the holder is certain
 * @param pidNamespace namespace of {@code pid}; containers with the same host name may differ in it
 * @param bootId of the kernel
 * @param started start of the process in the kernel's ticks, since a pid is reused
 */
@JsonIgnoreProperties(ignoreUnknown = true) // fields of later versions
record Holder(
    String host,
    long pid,
    String token,
    long beat,
    String pidNamespace,
    String bootId,
    String started) {

  static final long CANDIDATE = 0;

  /** Stands for a file that is empty, half-written, or of an unknown kind. */
  static final Holder UNCLEAR = new Holder("an unknown host", 0, null, -1, null, null, null);

  private static final int STARTED_FIELD = 19; // of /proc/PID/stat, from the one after the name

  /** Returns the holder for a new run of this process. */
  static Holder newRun() {
    long pid = ProcessHandle.current().pid();
    return new Holder(
        thisHost(),
        pid,
        UUID.randomUUID().toString(),
        CANDIDATE,
        thisPidNamespace(),
        thisBoot(),
        started(pid));
  }

  Holder nextBeat() {
    return new Holder(host, pid, token, beat + 1, pidNamespace, bootId, started);
  }

  boolean isClear() {
    return token != null;
  }

  boolean isSameRun(Holder other) {
    return isClear() && token.equals(other.token);
  }

  /**
   * Returns whether its process has certainly ended; false if that is not visible from here.
   *
   * @param here any run of this process
   */
  boolean hasDied(Holder here) {
    boolean visible =
        here.host.equals(host)
            && here.pidNamespace != null
            && here.pidNamespace.equals(pidNamespace)
            && here.bootId != null
            && here.bootId.equals(bootId)
            && started != null;
    return visible && !started.equals(started(pid));
  }

  private static String thisHost() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "a host without a name " + UUID.randomUUID();
    }
  }

  private static String thisPidNamespace() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  private static String thisBoot() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      return null;
    }
  }

  /** Returns the start of a process in ticks; null if there is no such process. */
  static String started(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[STARTED_FIELD];
    } catch (IOException e) {
      return null;
    }
  }
}

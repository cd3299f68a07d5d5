package io.sparkmae.job.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Who holds a model directory, as its file says; files of older runs say less.
 *
 * @param token of the run; null in a file that cannot be read
 * @param beat counts the rewritings; {@link #CANDIDATE} before it is certain who holds
 * @param pidNamespace in which {@code pid} counts; containers may share a host's name and not this
 * @param bootId of the kernel
 * @param started when the process did, in the kernel's ticks: a pid is given again
 */
@JsonIgnoreProperties(ignoreUnknown = true) // what later versions may add
record Holder(
    String host,
    long pid,
    String token,
    long beat,
    String pidNamespace,
    String bootId,
    String started) {

  static final long CANDIDATE = 0;

  /** What a file says that is empty, half-written, or of an unknown kind. */
  static final Holder UNCLEAR = new Holder("an unknown host", 0, null, -1, null, null, null);

  private static final int STARTED_FIELD = 19; // of /proc/PID/stat, from the one after the name

  /** A new run of this process. */
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
   * Whether its process has certainly died; false if that cannot be seen from here.
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

  /** When a process started; null if there is none. */
  static String started(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[STARTED_FIELD];
    } catch (IOException e) {
      return null;
    }
  }
}

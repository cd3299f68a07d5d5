package io.sparkmae.job.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;

/**
 * One run's hold on a model directory: a file that it rewrites every few seconds.
 *
 * <p>A run that died leaves a file that nobody rewrites; the next run sees that by waiting, or at
 * once on the same host, and takes over. No clocks are compared.
 */
public final class RunLease implements AutoCloseable {

  static final String FILE = "_RUN";

  private static final Duration BEAT = Duration.ofSeconds(5);
  private static final int BEATS_TO_WAIT = 3;
  private static final int READS_TO_TRY = 20;

  private final Directory directory;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread beat = new Thread(task, "mae-lease");
            beat.setDaemon(true);
            return beat;
          });
  private Holder own;
  private volatile boolean lost;

  /** Who holds the directory; {@code beat} counts the rewritings. */
  record Holder(String host, long pid, String token, long beat) {}

  private RunLease(Directory directory, Holder own, Duration beat) throws IOException {
    this.directory = directory;
    this.own = own;
    write();
    thread.scheduleAtFixedRate(
        this::renew, beat.toMillis(), beat.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Takes hold of the model directory at {@code uri}.
   *
   * @throws InUse if another run holds it
   */
  public static RunLease take(String uri, Configuration hadoop) throws IOException {
    return take(uri, hadoop, BEAT);
  }

  static RunLease take(String uri, Configuration hadoop, Duration beat) throws IOException {
    Directory directory = Directory.at(uri, hadoop);
    Optional<Holder> before = read(directory);
    if (before.isPresent() && !hasDied(before.get())) {
      awaitSilence(directory, before.get(), beat);
    }
    return new RunLease(
        directory, new Holder(host(), pid(), UUID.randomUUID().toString(), 0), beat);
  }

  private static void awaitSilence(Directory directory, Holder before, Duration beat)
      throws IOException {
    System.err.printf(
        "mae: %s was held by process %d on %s; waiting to see whether it is alive%n",
        directory, before.pid, before.host);
    long start = System.nanoTime();
    while (System.nanoTime() - start < BEATS_TO_WAIT * beat.toNanos()) {
      Optional<Holder> now = read(directory);
      if (now.isEmpty()) {
        return;
      }
      if (!now.get().equals(before)) {
        throw new InUse(directory, now.get());
      }
      sleep(beat.dividedBy(10));
    }
  }

  private static void sleep(Duration time) throws IOException {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while waiting for another run", e);
    }
  }

  /**
   * Checks that no other run has taken over, as may happen to a process that stood still.
   *
   * @throws InUse if one has
   */
  public void check() throws IOException {
    Optional<Holder> now = read(directory);
    if (lost || now.isEmpty() || !now.get().token.equals(own.token)) {
      throw new InUse(directory, now.orElse(own));
    }
  }

  /** Lets the next run have the directory. */
  @Override
  public void close() throws IOException {
    thread.shutdownNow();
    Optional<Holder> now = read(directory);
    if (now.isPresent() && now.get().token.equals(own.token)) {
      directory.delete(FILE);
    }
  }

  private synchronized void renew() {
    try {
      Optional<Holder> now = read(directory);
      lost |= now.isPresent() && !now.get().token.equals(own.token);
      if (!lost) {
        own = new Holder(own.host, own.pid, own.token, own.beat + 1);
        write();
      }
    } catch (IOException e) {
      // storage that cannot be reached now may be at the next beat; check() tells before it matters
    }
  }

  private void write() throws IOException {
    directory.file(FILE, out -> out.write(Json.pretty(own)));
  }

  /** A file is empty while it is rewritten, and stays so if its writer died in the middle. */
  private static Optional<Holder> read(Directory directory) throws IOException {
    for (int attempt = 0; attempt < READS_TO_TRY; attempt++) {
      try (InputStream in = directory.open(FILE)) {
        byte[] json = in.readAllBytes();
        if (json.length > 0) {
          return Optional.of(Json.parse(new String(json, StandardCharsets.UTF_8), Holder.class));
        }
      } catch (FileNotFoundException e) {
        return Optional.empty();
      }
      sleep(Duration.ofMillis(10));
    }
    return Optional.of(new Holder("an unknown host", 0, "", -1));
  }

  private static boolean hasDied(Holder holder) {
    return holder.host.equals(host())
        && holder.pid != pid()
        && ProcessHandle.of(holder.pid).filter(ProcessHandle::isAlive).isEmpty();
  }

  private static long pid() {
    return ProcessHandle.current().pid();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "a host without a name " + UUID.randomUUID();
    }
  }
}

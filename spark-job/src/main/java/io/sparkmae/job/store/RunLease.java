package io.sparkmae.job.store;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;

/**
 * One run's hold on a model directory: a file that it rewrites every few seconds.
 *
 * <p>A run that died leaves a file that nobody rewrites; the next run sees that by waiting, or at
 * once where it can see its process, and takes over. No clocks are compared.
 *
 * <p>Object stores have no atomic create, and two runs may find the directory free at the same
 * time; the last one to write wins. So who takes the directory is a candidate at first: it writes
 * its name, waits longer than a rival may need from looking to writing, and holds the directory if
 * its name is still there. A candidate that needed longer itself may have written over a rival that
 * holds already; it waits for two beats, in which a holder writes over a candidate. A holder never
 * writes over another holder: the file names the one, and the other is told at its next beat or
 * {@link #check}. It is enough that what was written is what is read next.
 */
public final class RunLease implements AutoCloseable {

  private static final Duration BEAT = Duration.ofSeconds(5);
  private static final int BEATS_OF_SILENCE = 3;
  private static final int BEATS_OF_THE_SLOW = 2;
  private static final int PARTS_OF_A_BEAT = 5; // one is what a rival may need to write
  private static final Duration PATIENCE = Duration.ofMillis(200);

  private final LeaseFile file;
  private final Duration beat;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread heart = new Thread(task, "mae-lease");
            heart.setDaemon(true);
            return heart;
          });
  private Holder own = Holder.newRun();
  private long written; // when its last beat was
  private boolean lost;

  private RunLease(LeaseFile file, Duration beat) {
    this.file = file;
    this.beat = beat;
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
    RunLease lease = new RunLease(new LeaseFile(Directory.at(uri, hadoop)), beat);
    lease.claim(lease.awaitFree(), lease.own);
    lease.thread.scheduleAtFixedRate(
        lease::renew, beat.toMillis(), beat.toMillis(), TimeUnit.MILLISECONDS);
    return lease;
  }

  /** What the file says while nobody holds the directory. */
  private Optional<Holder> awaitFree() throws IOException {
    Optional<Holder> before = file.read(PATIENCE);
    if (before.isEmpty() || before.get().hasDied(own)) {
      return before;
    }
    System.err.printf(
        "mae: %s was held by process %d on %s; waiting to see whether it is alive%n",
        file, before.get().pid(), before.get().host());
    long start = System.nanoTime();
    while (System.nanoTime() - start < silence().toNanos()) {
      LeaseFile.sleep(beat.dividedBy(2 * PARTS_OF_A_BEAT));
      Optional<Holder> now = file.read(PATIENCE);
      if (now.isPresent() && now.get().isClear() && !now.equals(before)) {
        throw new InUse(file, now);
      }
      if (!now.equals(before)) { // gone, or being written
        before = now;
        start = now.isEmpty() ? start - silence().toNanos() : System.nanoTime();
      }
    }
    return before;
  }

  private Duration silence() {
    return beat.multipliedBy(BEATS_OF_SILENCE);
  }

  /**
   * Holds the directory if nobody else does.
   *
   * @param seen what the file said
   * @param name to write
   */
  private synchronized void claim(Optional<Holder> seen, Holder name) throws IOException {
    long start = System.nanoTime();
    Optional<Holder> now = file.read(PATIENCE);
    require(now.equals(seen), now);
    write(name);
    Duration rivals = beat.dividedBy(PARTS_OF_A_BEAT);
    boolean slow = System.nanoTime() - start >= rivals.toNanos();
    LeaseFile.sleep(slow ? beat.multipliedBy(BEATS_OF_THE_SLOW) : rivals);
    now = file.read(silence());
    require(now.isPresent() && now.get().isSameRun(own), now);
    write(own.nextBeat());
  }

  private void require(boolean held, Optional<Holder> now) {
    lost |= !held;
    if (lost) {
      throw new InUse(file, now);
    }
  }

  private void write(Holder holder) throws IOException {
    long start = System.nanoTime();
    file.write(holder);
    own = holder;
    written = start;
  }

  /**
   * Checks that no other run has taken over, as may happen to a process that stood still or could
   * not reach its storage. If one had the time to, this run takes hold again first.
   *
   * @throws InUse if one has
   */
  public synchronized void check() throws IOException {
    Optional<Holder> now = file.read(silence());
    require(!isAnothers(now), now);
    boolean silent = System.nanoTime() - written >= silence().toNanos();
    if (silent || !now.get().isSameRun(own)) {
      claim(now, own.nextBeat());
    }
  }

  // Without a file too: another may have taken over, trained, and let go.
  private boolean isAnothers(Optional<Holder> now) {
    return now.isEmpty()
        || now.get().isClear() && now.get().beat() != Holder.CANDIDATE && !now.get().isSameRun(own);
  }

  private synchronized void renew() {
    try {
      if (!lost && !thread.isShutdown()) {
        lost = isAnothers(file.read(PATIENCE));
        if (!lost) {
          write(own.nextBeat());
        }
      }
    } catch (IOException | RuntimeException e) {
      // storage that cannot be reached now may be at the next beat; check() tells before it matters
    }
  }

  /** Lets the next run have the directory. */
  @Override
  public synchronized void close() throws IOException {
    thread.shutdown(); // an interrupt would leave half a file
    Optional<Holder> now = file.read(PATIENCE);
    if (now.isPresent() && now.get().isSameRun(own)) {
      file.delete();
    }
  }
}

package io.sparkmae.job.store;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;

/**
 * A run's lock on a model directory: a file that the run rewrites every few seconds (a beat).
 *
 * <p>The file of a run that died is no longer rewritten. The next run notices this by waiting, or
 * at once if it can see the process, and takes over. No clocks are compared.
 *
 * <p>Object stores have no atomic create, and two runs may find the directory free at the same
 * time; the last one to write wins. So a run is a candidate at first: it writes its name, waits
 * longer than a rival needs from reading to writing, and holds the directory if its name is still
 * there. A candidate that was slower than that may have overwritten a rival that already holds; it
 * waits for two beats, in which a holder overwrites a candidate. A holder never overwrites another
 * holder: the file names one of them, and the other notices at its next beat or {@link #check}. The
 * storage only has to return the last written content.
 */
public final class RunLease implements AutoCloseable {

  private static final Duration BEAT = Duration.ofSeconds(5);
  private static final int BEATS_OF_SILENCE = 3;
  private static final int BEATS_OF_THE_SLOW = 2;
  private static final int PARTS_OF_A_BEAT = 5; // a rival may take one part to write
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
  private long written; // time of its last beat
  private boolean lost;

  private RunLease(LeaseFile file, Duration beat) {
    this.file = file;
    this.beat = beat;
  }

  /**
   * Locks the model directory at {@code uri}.
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

  /** Waits until the directory has no living holder; returns the content of the file then. */
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
   * Takes the lock if no other run has it.
   *
   * @param seen last known content of the file
   * @param name the holder to write
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
   * Checks that no other run has taken over, which can happen if this process was suspended or
   * could not reach its storage. After a pause long enough for that, this run first takes the lock
   * again.
   *
   * @throws InUse if another run has taken over
   */
  public synchronized void check() throws IOException {
    Optional<Holder> now = file.read(silence());
    require(!isAnothers(now), now);
    boolean silent = System.nanoTime() - written >= silence().toNanos();
    if (silent || !now.get().isSameRun(own)) {
      claim(now, own.nextBeat());
    }
  }

  // Also true without a file: another run may have taken over, trained, and released the directory.
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
      // the storage may be reachable at the next beat; check() fails before any harm
    }
  }

  /** Releases the directory for the next run. */
  @Override
  public synchronized void close() throws IOException {
    thread.shutdown(); // no interrupt: that would leave a half-written file
    Optional<Holder> now = file.read(PATIENCE);
    if (now.isPresent() && now.get().isSameRun(own)) {
      file.delete();
    }
  }
}

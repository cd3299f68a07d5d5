package io.sparkmae.job.store;

import java.util.Optional;

/** Thrown when another run holds the model directory. */
public final class InUse extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** Makes a message that names the holder; without a file, another run may have come and gone. */
  InUse(LeaseFile file, Optional<Holder> holder) {
    super("Cannot write to %s: %s".formatted(file, holder.map(InUse::who).orElseGet(InUse::gone)));
  }

  private static String who(Holder holder) {
    return "process %d on %s is training there (wait for it, or give another --output)"
        .formatted(holder.pid(), holder.host());
  }

  private static String gone() {
    return "this run's file %s is gone, so another run may have trained there (start the command again)"
        .formatted(LeaseFile.NAME);
  }
}

package io.sparkmae.job.store;

/** Another run holds the model directory. */
public final class InUse extends RuntimeException {

  private static final long serialVersionUID = 1;

  InUse(Directory directory, RunLease.Holder holder) {
    super(
        "Cannot write to %s: process %d on %s is training there (wait for it, or give another --output)"
            .formatted(directory, holder.pid(), holder.host()));
  }
}

package io.sparkmae.job;

import io.sparkmae.job.spark.Sessions;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The session that YARN waits for: it counts a driver in cluster mode as failed if it opens none,
 * though its command needs none.
 */
final class AwaitedSession {

  /** The commands that compute on executors. */
  static final Set<String> ON_EXECUTORS =
      Set.of("demo", "prepare", "pretrain", "finetune", "embed", "predict", "probe", "benchmark");

  private static final Set<String> ANSWERS = Set.of("-h", "--help", "-V", "--version");

  private AwaitedSession() {}

  /** Opens the session if a cluster waits for it, without executors if they have nothing to do. */
  static void open(String[] args) {
    if (!Sessions.isAwaited()) {
      return;
    }
    String command = args.length == 0 ? "" : args[0];
    if (ON_EXECUTORS.contains(command) && Stream.of(args).noneMatch(ANSWERS::contains)) {
      Sessions.open(command);
    } else {
      Sessions.openAlone(command);
    }
  }
}

package io.sparkmae.job.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * One line of {@code workers.jsonl}: the work of one worker so far, repeated work included.
 *
 * @param worker number, from 0
 * @param executor where it was last
 * @param hardware processor, cores and GPU there
 * @param images that it trained
 * @param secondsWaiting for images
 * @param secondsComputing in steps
 * @param secondsExchanging parameters and moments
 */
public record WorkerTotal(
    int worker,
    String executor,
    String hardware,
    long images,
    double secondsWaiting,
    double secondsComputing,
    double secondsExchanging) {

  /** The name of the file in a version. */
  public static final String FILE = "workers.jsonl";

  /** Returns this worker's work and {@code more}, which is later. */
  public WorkerTotal plus(WorkerTotal more) {
    return new WorkerTotal(
        worker,
        more.executor,
        more.hardware,
        images + more.images,
        secondsWaiting + more.secondsWaiting,
        secondsComputing + more.secondsComputing,
        secondsExchanging + more.secondsExchanging);
  }

  /** Returns the file's content, for {@link VersionWriter#file}. */
  public static Content lines(List<WorkerTotal> totals) {
    return Json.lines(totals);
  }

  /** Reads what {@link #lines} wrote; does not close {@code in}. */
  public static List<WorkerTotal> read(InputStream in) throws IOException {
    return Json.readLines(in, WorkerTotal.class);
  }
}

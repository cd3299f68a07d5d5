package io.sparkmae.job.report;

import io.sparkmae.job.store.WorkerTotal;
import java.util.List;
import java.util.Map;

/**
 * What a page shows of one run. All text may be anything: the page escapes it.
 *
 * @param name unique on its page
 * @param facts name → text, in the order that they are shown in
 * @param settings key → value
 * @param workers the work of each; empty if unknown
 * @param accuracy of each epoch on the test set; empty without one
 * @param confusion null without a test set
 * @param galleries pictures
 */
public record RunView(
    String name,
    Map<String, String> facts,
    Map<String, String> settings,
    Curves curves,
    List<WorkerTotal> workers,
    List<Judged> accuracy,
    ConfusionMap confusion,
    List<Gallery> galleries) {

  /** Shares of test images, after an epoch, that came first or among the first five. */
  public record Judged(int epoch, double top1, double top5) {}

  /**
   * Pictures with a title, side by side.
   *
   * @param strips whether each is a column of small pictures, so that rows belong together
   */
  public record Gallery(String title, String note, boolean strips, List<Shown> pictures) {}

  /** A PNG, and what is said below it. */
  public record Shown(String caption, byte[] png) {}
}

package io.sparkmae.job.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.averaging.exchange.ExchangePlan;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Traffic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of docs/scale.md is what the plan of slices and tasks gives. */
class ScaleTest {

  private static final Path PAGE = Path.of("../docs/scale.md");
  private static final String HEAD = "| parameters | workers | slices | tasks |";
  private static final List<Integer> MILLIONS = List.of(22, 112, 330, 632);
  private static final List<Integer> WORKERS = List.of(2, 8, 32, 128, 512, 1000);
  private static final double GBPS = 10;
  private static final double STEP = 2; // seconds

  @Test
  void theTableIsThePlans() throws IOException {
    String page = Files.readString(PAGE);
    if (Boolean.getBoolean("regenerate")) {
      int from = page.indexOf(HEAD);
      int to = page.indexOf("\n\n", from) + 1;
      page = page.substring(0, from) + table() + page.substring(to);
      Files.writeString(PAGE, page);
    }
    assertThat(page).as("-Dtest=ScaleTest -Dregenerate=true writes it").contains(table());
  }

  @Test
  void moreWorkersNeverMakeARoundCheaper() {
    for (int millions : MILLIONS) {
      double before = 0;
      for (int workers : WORKERS) {
        double seconds = time(millions, workers).seconds();
        assertThat(seconds).as(millions + " M, " + workers).isGreaterThan(before * 0.9);
        before = seconds;
      }
    }
  }

  @Test
  void aFasterNetworkHelpsTheNetworkAlone() {
    Traffic traffic = traffic(112, 128);
    RoundTime slow = RoundTime.of(traffic, 128, 1, 4);
    RoundTime fast = RoundTime.of(traffic, 128, 100, 4);
    assertThat(slow.network()).isEqualTo(100 * fast.network());
    assertThat(slow.driver()).isEqualTo(fast.driver());
    assertThat(slow.copies()).isEqualTo(fast.copies());
    assertThat(slow.limit()).isEqualTo("network");
  }

  private static String table() {
    StringBuilder table = new StringBuilder(HEAD);
    table.append(
        " messages to the driver | GB in, busiest | GB out, busiest | s: network | copies | driver | round | local steps |\n");
    table.append("|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (int millions : MILLIONS) {
      for (int workers : WORKERS) {
        table.append(row(millions, workers));
      }
    }
    return table.toString();
  }

  private static String row(int millions, int workers) {
    Traffic traffic = traffic(millions, workers);
    RoundTime time = time(millions, workers);
    return "| %d M | %,d | %d | %d | %,d | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %,d |\n"
        .formatted(
            millions,
            workers,
            traffic.slices(),
            traffic.averagingTasks(),
            traffic.driverMessages(workers),
            traffic.mostIn() / 1e9,
            traffic.mostOut() / 1e9,
            time.network(),
            time.copies(),
            time.driver(),
            time.seconds(),
            time.stepsThatHideIt(STEP));
  }

  private static RoundTime time(int millions, int workers) {
    return RoundTime.of(traffic(millions, workers), workers, GBPS, 4);
  }

  private static Traffic traffic(int millions, int workers) {
    Slices slices = new Slices(millions * 1_000_000L, 2 * millions * 1_000_000L);
    return Traffic.of(new ExchangePlan(slices, workers, true), ExchangePrecision.FP32, workers);
  }
}

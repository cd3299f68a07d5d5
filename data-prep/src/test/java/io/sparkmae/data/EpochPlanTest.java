package io.sparkmae.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.Manifest.Origin;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.storage.RowGroup;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EpochPlanTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 100, 1009})
  void everyRowComesOnce(int rows) {
    Manifest manifest = manifest(rows, 13, 1 << 20);
    EpochPlan plan = EpochPlan.of(manifest, 5, 2);

    assertThat(plan.size()).isEqualTo(rows);
    assertThat(plan.rows(0, rows)).containsExactlyInAnyOrderElementsOf(allRows(manifest));
  }

  @Test
  void piecesAddUpToTheWhole() {
    EpochPlan plan = EpochPlan.of(manifest(1009, 13, 1 << 20), 5, 2);
    var pieces = new ArrayList<RowAddress>();
    for (int from = 0; from < 1009; from += 50) {
      pieces.addAll(plan.rows(from, Math.min(from + 50, 1009)));
    }
    assertThat(pieces).isEqualTo(plan.rows(0, 1009));
  }

  @Test
  void ordersDependOnSeedAndEpochAlone() {
    Manifest manifest = manifest(200, 13, 1 << 20);
    List<RowAddress> order = EpochPlan.of(manifest, 5, 2).rows(0, 200);

    assertThat(EpochPlan.of(manifest, 5, 2).rows(0, 200)).isEqualTo(order);
    assertThat(EpochPlan.of(manifest, 5, 3).rows(0, 200)).isNotEqualTo(order);
    assertThat(EpochPlan.of(manifest, 6, 2).rows(0, 200)).isNotEqualTo(order);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 64, 1009})
  void readersOfTheirOwnRangesShareOneRowGroupAtEachBorder(int readers) {
    Manifest manifest = manifest(1009, 13, 1 << 20);
    EpochPlan plan = EpochPlan.of(manifest, 5, 2, readers);
    int used = 0;
    var all = new ArrayList<RowAddress>();
    for (int reader = 0; reader < readers; reader++) {
      var own = plan.rows(1009L * reader / readers, 1009L * (reader + 1) / readers);
      used += rowGroups(own).size();
      all.addAll(own);
    }
    assertThat(all).containsExactlyInAnyOrderElementsOf(allRows(manifest));
    assertThat(used).isLessThanOrEqualTo(78 + readers - 1);
  }

  @Test
  void windowsOfARangeAreOfOneSize() {
    EpochPlan plan = EpochPlan.of(manifest(90, 10, 1 << 20), 1, 0);
    assertThat(rowGroups(plan.rows(0, 50))).hasSize(5); // nine row groups: five and four
    assertThat(rowGroups(plan.rows(50, 90))).hasSize(4);
  }

  @Test
  void sequentialFollowsTheFiles() {
    Manifest manifest = manifest(200, 13, 1 << 20);
    assertThat(EpochPlan.sequential(manifest).rows(0, 200)).isEqualTo(allRows(manifest));
  }

  @Test
  void fewRowGroupsAreInUseAtATime() {
    Manifest small = manifest(400, 10, 1 << 20);
    assertThat(rowGroups(EpochPlan.of(small, 1, 0).rows(0, 80))).hasSize(8);

    Manifest large = manifest(400, 10, 100 << 20);
    assertThat(rowGroups(EpochPlan.of(large, 1, 0).rows(0, 20))).hasSize(2);

    Manifest huge = manifest(40, 10, 900 << 20);
    assertThat(rowGroups(EpochPlan.of(huge, 1, 0).rows(0, 10))).hasSize(1);
  }

  @Test
  void refusesRowsOutside() {
    EpochPlan plan = EpochPlan.sequential(manifest(20, 10, 1));
    assertThatThrownBy(() -> plan.rows(15, 21))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("Invalid rows: 15 to 21 (must lie in 0 to 20)");
  }

  private static HashSet<List<Integer>> rowGroups(List<RowAddress> rows) {
    var groups = new HashSet<List<Integer>>();
    rows.forEach(row -> groups.add(List.of(row.file(), row.rowGroup())));
    return groups;
  }

  private static List<RowAddress> allRows(Manifest manifest) {
    var rows = new ArrayList<RowAddress>();
    for (int file = 0; file < manifest.files().size(); file++) {
      List<RowGroup> groups = manifest.files().get(file).rowGroups();
      for (int group = 0; group < groups.size(); group++) {
        for (int row = 0; row < groups.get(group).rows(); row++) {
          rows.add(new RowAddress(file, group, row));
        }
      }
    }
    return rows;
  }

  /** Files of three row groups. */
  static Manifest manifest(int rows, int rowsPerGroup, long groupBytes) {
    var groups =
        new ArrayList<>(
            Collections.nCopies(rows / rowsPerGroup, new RowGroup(4, groupBytes, rowsPerGroup)));
    if (rows % rowsPerGroup > 0) {
      groups.add(new RowGroup(4, groupBytes, rows % rowsPerGroup));
    }
    var files = new ArrayList<DataFile>();
    for (int i = 0; i < groups.size(); i += 3) {
      files.add(
          new DataFile("data/" + i, 100, "00", groups.subList(i, Math.min(i + 3, groups.size()))));
    }
    var origin = new Origin(List.of("in"), "00", "folder", 0, 92, 1, "");
    return Manifest.of(
        origin, List.of("cat", "dog"), Map.of("EMPTY", 2L), Map.of(), 0, files, PixelSums.none());
  }
}

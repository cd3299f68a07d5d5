package io.sparkmae.data.prepare;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class AccountTest {
  private static final Map<String, Long> REJECTS = Map.of("EMPTY", 2L, "CORRUPT", 1L);
  private static final Map<String, Long> SKIPPED = Map.of("HIDDEN", 4L);

  @Test
  void everyFileMetIsARowARejectOrSkipped() {
    assertThatCode(() -> new Account(17, 3, 3, 10, REJECTS, SKIPPED).check())
        .doesNotThrowAnyException();
  }

  @Test
  void aFileThatIsNotAccountedForIsAFaultOfTheProgram() {
    assertThatThrownBy(() -> new Account(18, 3, 3, 10, REJECTS, SKIPPED).check())
        .isInstanceOf(CountsDiffer.class)
        .hasMessage(
            "Cannot account for every file: 10 rows, 3 rejects and 4 skipped are not the 18 met, counted in 3 of 3 units of work (a fault of this program; please report it)");
  }

  @Test
  void soIsAUnitOfWorkWhoseCountIsMissingOrTwice() {
    assertThatThrownBy(() -> new Account(17, 3, 2, 10, REJECTS, SKIPPED).check())
        .isInstanceOf(CountsDiffer.class);
    assertThatThrownBy(() -> new Account(17, 3, 4, 10, REJECTS, SKIPPED).check())
        .isInstanceOf(CountsDiffer.class);
  }
}

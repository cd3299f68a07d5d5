package io.sparkmae.deploy;

import static io.sparkmae.deploy.Templates.json;
import static io.sparkmae.deploy.Templates.text;
import static io.sparkmae.deploy.Templates.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that are stopped or fail, in templates: the time to write a checkpoint, and other tries. */
class TriesTest {

  @ParameterizedTest
  @CsvSource({
    "0, none",
    "2, AirflowFailException",
    "3, AirflowFailException",
    "4, AirflowFailException",
    "75, AirflowException",
    "none, AirflowException"
  })
  void airflowTriesAgainAfter75AndWhereNothingIsKnown(String code, String raised) throws Exception {
    assumeThat(Tool.isThere("python3")).as("python3 is installed").isTrue();
    for (String dag : List.of("airflow/spark_mae.py", "airflow/spark_mae_emr.py")) {
      String said = Tool.run("python3", "src/test/resources/tries.py", dag, code);
      JsonNode told = Templates.parse(said);
      assertThat(told.path("raised").asText("none")).as("%s: %s", dag, said).isEqualTo(raised);
      if (raised.equals("none")) {
        assertThat(told.at("/result/exit_code").asInt()).isZero();
      } else {
        assertThat(told.get("because").asText().equals("why"))
            .as("the job's own reason, where it is final")
            .isEqualTo(raised.equals("AirflowFailException"));
      }
    }
  }

  /** Airflow 3 has no {@code ds} for a run that was started by hand. */
  @ParameterizedTest
  @ValueSource(strings = {"spark_mae", "spark_mae_emr", "spark_mae_databricks"})
  void whatADagIsFilledWithIsThereInRunsByHand(String dag) throws IOException {
    assertThat(Pattern.compile("\\{\\{ *(\\w+)").matcher(text("airflow/" + dag + ".py")).results())
        .isNotEmpty()
        .allMatch(match -> List.of("run_id", "var").contains(match.group(1)));
  }

  @Test
  void aStoppedDriverHasAMinuteForItsCheckpoint() throws IOException {
    for (String file : List.of("kubernetes/spark-mae.yaml", "kubernetes/spark-mae-apache.yaml")) {
      assertThat(yaml(file).get(0).findValue("terminationGracePeriodSeconds").asInt())
          .as(file)
          .isGreaterThanOrEqualTo(60);
    }
    assertThat(TemplatesTest.classification("emr/cluster.json", "yarn-site"))
        .containsEntry("yarn.nodemanager.sleep-delay-before-sigkill.ms", "60000");
  }

  @Test
  void noPageSaysWhatIsNoLongerSo() throws IOException {
    for (String page : List.of("emr/README.md", "kubernetes/spark-mae.yaml", "emr/steps.json")) {
      assertThat(text(page)).as(page).doesNotContain("starts over", "does not compute on GPUs");
    }
    assertThat(json("emr/steps.json").toString()).contains("\"--resume\",\"auto\"");
  }
}

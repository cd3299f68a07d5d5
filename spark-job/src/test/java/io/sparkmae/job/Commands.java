package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.store.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The commands in this process, for tests of other packages. */
public final class Commands {

  private static String stderr = "";
  private static String stdout = "";

  private Commands() {}

  /** Runs a command and returns its result line. */
  public static JsonNode result(String... command) throws Exception {
    assertThat(exitCode(command)).as("%s%n%s", String.join(" ", command), stderr).isZero();
    return Json.parse(stdout, JsonNode.class);
  }

  /** Runs a command. */
  public static int exitCode(String... command) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream real = System.err;
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      return Mae.run(command, new PrintStream(out, true, StandardCharsets.UTF_8));
    } finally {
      System.setErr(real);
      stdout = out.toString(StandardCharsets.UTF_8);
      stderr = err.toString(StandardCharsets.UTF_8);
    }
  }

  /** Returns what the last command said to people. */
  public static String stderr() {
    return stderr;
  }
}

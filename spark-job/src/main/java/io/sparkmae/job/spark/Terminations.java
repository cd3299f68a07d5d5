package io.sparkmae.job.spark;

import java.util.function.BooleanSupplier;
import org.apache.spark.util.SignalUtils;
import scala.runtime.AbstractFunction0;

/** Handles SIGTERM beside Spark, whose own handlers stay. */
public final class Terminations {

  private Terminations() {}

  /** Calls {@code handler} at each SIGTERM; if it returns true, the JVM does not end. */
  public static void handle(BooleanSupplier handler) {
    SignalUtils.register(
        "TERM",
        new AbstractFunction0<Object>() {
          @Override
          public Object apply() {
            return handler.getAsBoolean();
          }
        });
  }
}

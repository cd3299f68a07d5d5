package io.sparkmae.job.spark;

import java.io.IOException;
import java.security.PrivilegedExceptionAction;
import java.util.concurrent.Callable;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskContext$;

/**
 * Runs work on another thread in the name of the current task.
 *
 * <p>Clusters tie the rights to storage to a task: to its user, and on Databricks to its thread's
 * {@link TaskContext}. A thread of our own has neither.
 */
public final class OnBehalf {

  private OnBehalf() {}

  /** Returns work that has the calling thread's task and user, whichever thread runs it. */
  public static <T> Callable<T> ofThisTask(Callable<T> work) throws IOException {
    TaskContext task = TaskContext.get();
    UserGroupInformation user = UserGroupInformation.getCurrentUser();
    PrivilegedExceptionAction<T> action = work::call;
    return () -> {
      TaskContext$.MODULE$.setTaskContext(task);
      try {
        return user.doAs(action);
      } finally {
        TaskContext$.MODULE$.unset();
      }
    };
  }
}

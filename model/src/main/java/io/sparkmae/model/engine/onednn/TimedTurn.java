package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.TimedWork;
import java.util.List;

/** Work that runs a list of works in order, and is done when {@link #run} returns. */
final class TimedTurn implements TimedWork {

  private final Runnable works;
  private final Runnable await;
  private long nanoseconds;

  TimedTurn(List<Runnable> works, Runnable await) {
    this.works = new InTurn(works);
    this.await = await;
  }

  @Override
  public void run() {
    long start = System.nanoTime();
    works.run();
    await.run();
    nanoseconds = System.nanoTime() - start;
  }

  @Override
  public long nanoseconds() {
    return nanoseconds;
  }
}

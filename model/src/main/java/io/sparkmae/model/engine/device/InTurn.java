package io.sparkmae.model.engine.device;

import java.util.List;

/** Work that runs a list of works, one after the other. */
public final class InTurn implements Runnable {

  private final Runnable[] works;

  public InTurn(List<Runnable> works) {
    this.works = works.toArray(Runnable[]::new);
  }

  public static Runnable of(Runnable... works) {
    return new InTurn(List.of(works));
  }

  @Override
  public void run() {
    for (Runnable work : works) {
      work.run();
    }
  }
}

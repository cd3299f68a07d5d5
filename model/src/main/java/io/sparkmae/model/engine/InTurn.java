package io.sparkmae.model.engine;

import java.util.List;

/** Work that is other work, one after the other. */
final class InTurn implements Runnable {

  private final Runnable[] works;

  InTurn(List<Runnable> works) {
    this.works = works.toArray(Runnable[]::new);
  }

  static Runnable of(Runnable... works) {
    return new InTurn(List.of(works));
  }

  @Override
  public void run() {
    for (Runnable work : works) {
      work.run();
    }
  }
}

package io.sparkmae.job.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class HolderTest {

  private final Holder here = Holder.newRun();

  @Test
  void aProcessIsDeadWhereItCanBeSeenAndIsNotThere() {
    assertThat(other(here.host(), 1L << 40, here.pidNamespace(), here.bootId(), "1"))
        .matches(holder -> holder.hasDied(here));
  }

  @Test
  void aPidThatWasGivenAgainIsAnotherProcess() {
    assertThat(other(here.host(), here.pid(), here.pidNamespace(), here.bootId(), "1"))
        .matches(holder -> holder.hasDied(here));
  }

  @Test
  void aLivingProcessIsAlive() throws IOException {
    Process child = new ProcessBuilder("sleep", "60").start();
    try {
      String started = Holder.started(child.pid());
      Holder holder = other(here.host(), child.pid(), here.pidNamespace(), here.bootId(), started);
      assertThat(holder.hasDied(here)).isFalse();
      child.destroyForcibly().onExit().join();
      assertThat(holder.hasDied(here)).isTrue();
    } finally {
      child.destroyForcibly();
    }
    assertThat(here.hasDied(Holder.newRun())).isFalse();
  }

  @Test
  void whatCannotBeSeenFromHereMayBeAlive() {
    long gone = 1L << 40;
    assertThat(
            new Holder[] {
              other("another host", gone, here.pidNamespace(), here.bootId(), "1"),
              other(here.host(), gone, "pid:[1]", here.bootId(), "1"),
              other(here.host(), gone, here.pidNamespace(), "another boot", "1"),
              other(here.host(), gone, here.pidNamespace(), here.bootId(), null),
              other(here.host(), gone, null, null, null),
              Holder.UNCLEAR
            })
        .allMatch(holder -> !holder.hasDied(here));
  }

  @Test
  void filesOfOlderAndLaterVersionsAreRead() throws IOException {
    Holder old = Json.parse("{\"host\":\"a\",\"pid\":3,\"token\":\"t\",\"beat\":7}", Holder.class);
    assertThat(old).isEqualTo(new Holder("a", 3, "t", 7, null, null, null));
    assertThat(old.hasDied(here)).isFalse();
    String later = Json.line(here).replace("{", "{\"more\":1,");
    assertThat(Json.parse(later, Holder.class)).isEqualTo(here);
  }

  private static Holder other(
      String host, long pid, String pidNamespace, String bootId, String started) {
    return new Holder(host, pid, "old", 7, pidNamespace, bootId, started);
  }
}

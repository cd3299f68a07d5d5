package io.sparkmae.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.model.engine.device.Device;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class PlansTest {

  private final List<String> events = new ArrayList<>();
  private final Plans<String> plans = new Plans<>();

  /** A device that notes which plans are opened and freed. */
  private Device device(boolean shares) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              boolean within = method.getName().equals("openPlanWithin");
              if (within && !shares) {
                return Optional.empty();
              }
              events.add(within ? "within" : "open");
              Runnable freed = () -> events.add(within ? "free within" : "free");
              return within ? Optional.of(freed) : freed;
            });
  }

  private void ask(Device device, int... sizes) {
    for (int size : sizes) {
      String plan = "plan " + size;
      assertThat(plans.of(new Batch(size, DataType.UINT8), device, () -> plan)).isEqualTo(plan);
    }
  }

  @Test
  void theTwoSizesOfAnEpochArePlannedOnce() {
    ask(device(true), 32, 31, 32, 31, 32);
    assertThat(events).containsExactly("open", "within");
  }

  @Test
  void aThirdSizeReplacesTheSmallerAndALargerOneBoth() {
    ask(device(true), 32, 31, 30, 32, 33);
    assertThat(events)
        .containsExactly("open", "within", "free within", "within", "free within", "free", "open");
  }

  @Test
  void pixelsOfAnotherTypeAreAnotherPlan() {
    Device device = device(true);
    ask(device, 32);
    plans.of(new Batch(31, DataType.FLOAT), device, () -> "floats");
    assertThat(events).containsExactly("open", "free", "open");
  }

  @Test
  void aDeviceThatCannotShareHasOnePlanAtATime() {
    ask(device(false), 32, 31, 32);
    assertThat(events).containsExactly("open", "free", "open", "free", "open");
  }

  @Test
  void aPlanThatCannotBeMadeIsFreed() {
    Device device = device(true);
    assertThatThrownBy(
            () ->
                plans.of(
                    new Batch(32, DataType.UINT8),
                    device,
                    () -> {
                      throw new OutOfMemoryError("no room");
                    }))
        .hasMessage("no room");
    ask(device, 16);
    assertThat(events).containsExactly("open", "free", "open");
  }
}

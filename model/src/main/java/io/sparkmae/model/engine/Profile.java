package io.sparkmae.model.engine;

import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Device;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * The time of a device's work by operation, each named as the method of {@link Device} that made
 * it. It waits for the end of each.
 */
final class Profile {

  private final Device device;
  private final Map<String, Long> nanoseconds = new TreeMap<>();

  Profile(Device device) {
    this.device = device;
  }

  /** Returns the device, whose work is measured from now on. */
  Device measured() {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(), new Class<?>[] {Device.class}, this::call);
  }

  /** Returns the nanoseconds that all runs of each operation took so far. */
  Map<String, Long> nanoseconds() {
    return Map.copyOf(nanoseconds);
  }

  private Object call(Object proxy, Method method, Object[] arguments) throws Throwable {
    Object made;
    try {
      made = method.invoke(device, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    String operation = method.getName();
    if (method.getReturnType() == Runnable.class && !operation.equals("openPlan")) {
      return timed(operation, (Runnable) made);
    }
    return operation.equals("adamW") ? timed((ToDoubleFunction<?>) made) : made;
  }

  private Runnable timed(String operation, Runnable work) {
    return () -> {
      long start = System.nanoTime();
      work.run();
      device.await();
      nanoseconds.merge(operation, System.nanoTime() - start, Long::sum);
    };
  }

  @SuppressWarnings("unchecked")
  private ToDoubleFunction<AdamWRates> timed(ToDoubleFunction<?> adamW) {
    return rates -> {
      long start = System.nanoTime();
      double squares = ((ToDoubleFunction<AdamWRates>) adamW).applyAsDouble(rates);
      nanoseconds.merge("adamW", System.nanoTime() - start, Long::sum);
      return squares;
    };
  }
}

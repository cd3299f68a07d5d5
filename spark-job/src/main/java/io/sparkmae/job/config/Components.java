package io.sparkmae.job.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.function.Function;
import java.util.stream.Stream;

/** Records of records by the paths of their components, such as {@code train.epochs}. */
final class Components {

  private Components() {}

  static Class<?> type(Class<?> record, String path) {
    Class<?> type = record;
    for (String name : path.split("\\.")) {
      type = component(type, name).getType();
    }
    return type;
  }

  static Object get(Record record, String path) {
    Object value = record;
    for (String name : path.split("\\.")) {
      value = call(component(value.getClass(), name), value);
    }
    return value;
  }

  /**
   * Makes a record, and the records in it, by their constructors.
   *
   * @param prefix of the paths, ending in a dot, or empty
   * @param values path → component that is no record
   */
  static <R> R make(Class<R> record, String prefix, Function<String, Object> values) {
    RecordComponent[] components = record.getRecordComponents();
    Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] arguments =
        Stream.of(components).map(component -> argument(component, prefix, values)).toArray();
    try {
      return record.getConstructor(types).newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw (RuntimeException) e.getCause(); // a rule of the record
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object argument(
      RecordComponent component, String prefix, Function<String, Object> values) {
    String path = prefix + component.getName();
    Class<?> type = component.getType();
    return type.isRecord() ? make(type, path + ".", values) : values.apply(path);
  }

  private static RecordComponent component(Class<?> record, String name) {
    return Stream.of(record.getRecordComponents())
        .filter(component -> component.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(record + " has no component " + name));
  }

  private static Object call(RecordComponent component, Object record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}

package io.sparkmae.job.spark;

import java.util.ArrayList;
import scala.collection.Iterator;
import scala.collection.Seq;
import scala.collection.immutable.List;
import scala.collection.immutable.List$;

/**
 * Copies lists between Java and Scala.
 *
 * <p>Scala's own converters are deprecated in Scala 2.13, and their successors are not in 2.12.
 */
public final class ScalaLists {

  private ScalaLists() {}

  /** Returns a Java list of Scala's items. */
  public static <T> java.util.List<T> toJava(Seq<? extends T> items) {
    java.util.List<T> list = new ArrayList<>(items.size());
    for (Iterator<? extends T> each = items.iterator(); each.hasNext(); ) {
      list.add(each.next());
    }
    return list;
  }

  /** Returns a Java iterator over what is left of Scala's. */
  static <T> java.util.Iterator<T> toJava(Iterator<T> items) {
    return new java.util.Iterator<>() {
      @Override
      public boolean hasNext() {
        return items.hasNext();
      }

      @Override
      public T next() {
        return items.next();
      }
    };
  }

  /** Returns a Scala list of Java's items; it is what {@code Seq} means in both Scalas. */
  static <T> List<T> toScala(java.util.List<? extends T> items) {
    List<T> list = List$.MODULE$.empty();
    for (int i = items.size() - 1; i >= 0; i--) {
      list = list.$colon$colon(items.get(i));
    }
    return list;
  }
}

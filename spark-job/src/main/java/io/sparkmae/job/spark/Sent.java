package io.sparkmae.job.spark;

import java.io.Serializable;
import java.nio.ByteBuffer;
import org.apache.spark.SparkEnv;
import org.apache.spark.serializer.SerializerInstance;
import scala.reflect.ClassTag;

/**
 * The content of a broadcast of any Java object; one object per executor.
 *
 * <p>A plain broadcast may be serialised by Kryo, which cannot read records.
 */
public final class Sent<T> implements Serializable {

  private static final long serialVersionUID = 1;

  private final byte[] bytes;
  private transient T value;

  /** Serialises a value. Call it on the driver. */
  public Sent(T value) {
    ByteBuffer serialized = java().serialize(value, ClassTag.apply(Object.class));
    bytes = new byte[serialized.remaining()];
    serialized.get(bytes);
  }

  /** Returns the value; the same object at every call in a process. */
  public synchronized T value() {
    if (value == null) {
      ClassLoader ofTheJob = Thread.currentThread().getContextClassLoader();
      value = java().deserialize(ByteBuffer.wrap(bytes), ofTheJob, ClassTag.apply(Object.class));
    }
    return value;
  }

  private static SerializerInstance java() {
    return SparkEnv.get().closureSerializer().newInstance();
  }
}

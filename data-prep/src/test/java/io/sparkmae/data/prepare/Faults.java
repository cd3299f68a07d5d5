package io.sparkmae.data.prepare;

import static net.bytebuddy.matcher.ElementMatchers.named;

import io.sparkmae.data.Manifest;
import io.sparkmae.data.OutputDirectory;
import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.ImageDecoder;
import io.sparkmae.data.image.JpegEncoder;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.Resampler;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.layout.SourceFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.dynamic.loading.ClassReloadingStrategy;

/**
 * Makes the steps that an image goes through throw, for chosen images: the loaded classes are
 * rewritten to ask here first, so that production code needs no place for faults.
 */
public final class Faults implements AutoCloseable {

  /** A step of the chain, in order. */
  enum Step {
    READ("io.sparkmae.data.layout.FolderLayout", "bytes"),
    HEADER(EncodedImage.class.getName(), "of"),
    DECODE(ImageDecoder.class.getName(), "decode"),
    SUMS(PixelSums.class.getName(), "of"),
    RESIZE(Resampler.class.getName(), "resize"),
    ENCODE(JpegEncoder.class.getName(), "encode"),
    LABEL("io.sparkmae.data.layout.TextLabels", "number"),
    WRITE(PreparedFile.class.getName(), "add"),
    /** Of the whole preparation, whose image is {@link #JOB}. */
    FINISH(OutputDirectory.class.getName(), "finish");

    private final String type;
    private final String method;

    Step(String type, String method) {
      this.type = type;
      this.method = method;
    }
  }

  static final String JOB = "the job";

  private record Fault(Step step, Supplier<Throwable> thrown) {}

  /** Faults by the text of a name or label, or by the hash of an image's bytes. */
  private static final Map<Object, Fault> FAULTS = new ConcurrentHashMap<>();

  private static final List<String> IMAGES_BY_NAME =
      List.of(Step.READ.type, Step.LABEL.type, Step.WRITE.type, Step.FINISH.type);

  /** The image whose header this thread read last. */
  private static final ThreadLocal<Object> IMAGE = ThreadLocal.withInitial(() -> "");

  private final ClassReloadingStrategy classes;

  Faults() {
    ByteBuddyAgent.install();
    classes = ClassReloadingStrategy.fromInstalledAgent();
    for (Step step : Step.values()) {
      new ByteBuddy()
          .redefine(type(step))
          .visit(Advice.to(Ask.class).on(named(step.method)))
          .make()
          .load(Faults.class.getClassLoader(), classes);
    }
  }

  private static Class<?> type(Step step) {
    try {
      return Class.forName(step.type);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Makes {@code step} throw for the image that has these bytes, or whose name or label has this
   * text.
   */
  void at(Step step, Object image, Supplier<Throwable> thrown) {
    FAULTS.put(
        image instanceof byte[] bytes ? Arrays.hashCode(bytes) : image, new Fault(step, thrown));
  }

  /** What is inlined at the beginning of each step. */
  static final class Ask {
    @Advice.OnMethodEnter
    static void enter(@Advice.Origin("#t") String type, @Advice.AllArguments Object[] arguments)
        throws Throwable {
      Faults.ask(type, arguments);
    }
  }

  /** Called by the rewritten classes. */
  public static void ask(String type, Object[] arguments) throws Throwable {
    if (type.equals(Step.HEADER.type) && arguments[0] instanceof byte[] bytes) {
      IMAGE.set(Arrays.hashCode(bytes));
    }
    Object image = IMAGES_BY_NAME.contains(type) ? name(arguments[0]) : IMAGE.get();
    Fault fault = FAULTS.get(image);
    if (fault != null && fault.step.type.equals(type)) {
      throw fault.thrown.get();
    }
  }

  private static Object name(Object argument) {
    if (argument instanceof Manifest) {
      return JOB;
    }
    if (argument instanceof SourceFile file) {
      return file.name();
    }
    return argument instanceof Sample sample ? sample.key() : argument;
  }

  @Override
  public void close() {
    FAULTS.clear();
    for (Step step : Step.values()) {
      try {
        classes.reset(type(step));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}

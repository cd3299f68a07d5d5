package io.sparkmae.data.prepare;

import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.layout.Layout;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.layout.SourceUnit;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/**
 * The first stage: reads units of work, decodes every image, and counts them.
 *
 * @param done parts that an earlier run has finished; their samples are only counted
 * @param classes by which labels are numbered
 * @param duplicates keys of images to leave out, and of the image that each repeats
 */
record ScreenTask(
    Layout layout,
    PrepareSettings settings,
    int parts,
    Set<Integer> done,
    ClassList classes,
    Broadcast<Map<String, String>> duplicates,
    Broadcast<SerializableConfiguration> conf,
    LongAccumulator progress)
    implements PairFlatMapFunction<SourceUnit, RowPlace, Sample> {
  private static final long serialVersionUID = 1L;

  @Override
  public Iterator<Tuple2<RowPlace, Sample>> call(SourceUnit unit) {
    var screening = new Screening(settings);
    Stream<Sample> source = unit.read(layout, conf.value().value());
    TaskContext.get()
        .addTaskCompletionListener(
            context -> {
              source.close();
              screening.close();
            });
    var count = new Count();
    Stream<Sample> screened =
        source
            .filter(count::isWanted)
            .filter(this::isWanted)
            .map(classes::label)
            .map(screening::screen)
            .map(this::unlessDuplicate);
    // Evaluated lazily: the count is complete only after all images have passed.
    Stream<Sample> tally =
        Stream.of(unit.name())
            .map(name -> Sample.tally(name, count.met, count.members, count.split));
    return Stream.concat(screened, tally.filter(this::isWanted))
        .map(sample -> new Tuple2<>(RowPlace.of(sample, settings.seed()), sample))
        .iterator();
  }

  /** What one unit of work meets, counted before anything else is done with it. */
  private final class Count {
    private long met;
    private long members;
    private long split;

    boolean isWanted(Sample sample) {
      met++;
      if (sample.skipped() > 0) {
        members++;
        return false;
      }
      progress.add(1);
      boolean ours = settings.keys().contains(sample.key());
      split += ours ? 0 : 1;
      return ours;
    }
  }

  private boolean isWanted(Sample sample) {
    return done.isEmpty() || !done.contains(RowPlace.part(sample.key(), settings.seed(), parts));
  }

  private Sample unlessDuplicate(Sample sample) {
    String first = sample.isImage() ? duplicates.value().get(sample.key()) : null;
    return first == null
        ? sample
        : Sample.reject(
            sample.key(), RejectReason.DUPLICATE_CONTENT, "its bytes are those of " + first);
  }
}

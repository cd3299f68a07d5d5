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
 * @param duplicates keys of images to leave out, and of the image that each repeats
 */
record ScreenTask(
    Layout layout,
    PrepareSettings settings,
    int parts,
    Set<Integer> done,
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
    var seen = new long[1];
    var skipped = new long[1];
    Stream<Sample> screened =
        source
            .peek(sample -> skipped[0] += sample.skipped())
            .filter(sample -> sample.skipped() == 0)
            .filter(sample -> settings.keys().contains(sample.key()))
            .peek(
                sample -> {
                  seen[0]++;
                  progress.add(1);
                })
            .filter(this::isWanted)
            .map(screening::screen)
            .map(this::unlessDuplicate);
    // Evaluated lazily: the count is complete only after all images have passed.
    Stream<Sample> tally =
        Stream.of(unit.name()).map(name -> Sample.tally(name, seen[0], skipped[0]));
    return Stream.concat(screened, tally.filter(this::isWanted))
        .map(sample -> new Tuple2<>(RowPlace.of(sample, settings.seed()), sample))
        .iterator();
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

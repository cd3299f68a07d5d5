package io.sparkmae.data;

import java.util.Iterator;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/** The first stage: reads units of work, decodes every image, and says how many there were. */
record ScreenTask(
    Layout layout,
    PrepareSettings settings,
    Broadcast<SerializableConfiguration> conf,
    LongAccumulator progress)
    implements PairFlatMapFunction<SourceUnit, Place, Sample> {
  private static final long serialVersionUID = 1L;

  @Override
  public Iterator<Tuple2<Place, Sample>> call(SourceUnit unit) {
    var screening = new Screening(settings.shortSide(), settings.quality());
    Stream<Sample> source = layout.read(unit, conf.value().value());
    TaskContext.get()
        .addTaskCompletionListener(
            context -> {
              source.close();
              screening.close();
            });
    var seen = new long[1];
    Stream<Sample> screened =
        source.map(
            sample -> {
              seen[0]++;
              progress.add(1);
              return screening.screen(sample);
            });
    // Laid down as late as it can be: the count is complete when the images have gone by.
    Stream<Sample> tally = Stream.of(unit.name()).map(name -> Sample.tally(name, seen[0]));
    return Stream.concat(screened, tally)
        .map(sample -> new Tuple2<>(Place.of(sample, settings.seed()), sample))
        .iterator();
  }
}

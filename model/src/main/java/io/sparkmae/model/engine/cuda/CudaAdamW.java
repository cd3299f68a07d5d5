package io.sparkmae.model.engine.cuda;

import io.sparkmae.model.engine.cuda.CudaKernels.Grid;
import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;

/** AdamW on a GPU: one launch for all ranges, which are cut into chunks of one block each. */
final class CudaAdamW {

  private static final long CHUNK = 1 << 16;

  private final FloatPointer[] rates = new FloatPointer[9];
  private final Runnable step;
  private final Runnable finish;

  /**
   * Prepares the pass over {@code ranges}.
   *
   * @param sum receives Σ g² as one double
   */
  CudaAdamW(List<AdamWRange> ranges, CudaMemory memory, CudaKernels kernels, Tensor sum) {
    long[] table =
        ranges.stream().flatMap(CudaAdamW::chunks).flatMapToLong(LongStream::of).toArray();
    long chunks = table.length / 6;
    Tensor partial = memory.allocate(Type.F32, 2 * chunks);
    List<Object> arguments = new ArrayList<>(List.of(memory.addresses(table), partial));
    for (int i = 0; i < rates.length; i++) {
      rates[i] = new FloatPointer(1);
      arguments.add(rates[i]);
    }
    step = kernels.launch(memory::keep, "adam_w", Grid.of(chunks, 1), arguments.toArray());
    finish =
        kernels.launch(
            memory::keep, "finish_sum", Grid.of(1, 1), partial, sum, null, chunks, null, 1L);
  }

  /**
   * Returns the chunks of a range as {@code optimiser.cu} reads them: four addresses, a length, and
   * whether it decays.
   */
  private static Stream<long[]> chunks(AdamWRange range) {
    long length = range.params().length();
    return LongStream.iterate(0, from -> from < length, from -> from + CHUNK)
        .mapToObj(
            from ->
                new long[] {
                  range.params().address() + from * Float.BYTES,
                  range.gradients().address() + from * Float.BYTES,
                  range.expAvg().address() + from * Float.BYTES,
                  range.expAvgSq().address() + from * Float.BYTES,
                  Math.min(CHUNK, length - from),
                  range.decays() ? 1 : 0
                });
  }

  /** Takes one step. */
  void run(AdamWRates now) {
    double[] values = {
      now.gradientScale(),
      now.beta1(),
      1 - now.beta1(),
      now.beta2(),
      1 - now.beta2(),
      now.rate(),
      now.root(),
      now.epsilon(),
      1 - now.decay()
    };
    for (int i = 0; i < values.length; i++) {
      rates[i].put((float) values[i]);
    }
    step.run();
    finish.run();
  }
}

package io.sparkmae.data.prepare;

import io.sparkmae.data.DecodeThreads;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.layout.SourceImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** The images of one reader of a {@link DataBenchmark}, and its decode threads' buffers. */
final class BenchmarkReader {
  private static final int MINIBATCH = 64; // images; the next begins after all are done
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};

  private final List<SourceImage> images;
  private final DataBenchmark.Settings settings;
  private final float[][] values = new float[3][256];
  private final Map<ImagePatches, Buffers> used = new ConcurrentHashMap<>();
  private DecodeThreads<ImagePatches> threads;

  BenchmarkReader(List<SourceImage> images, DataBenchmark.Settings settings) {
    this.images = images;
    this.settings = settings;
    this.threads = new DecodeThreads<>(settings.decodeThreads(), ImagePatches::new);
    for (int c = 0; c < 3; c++) {
      for (int value = 0; value < 256; value++) {
        values[c][value] = (value / 255f - MEAN[c]) / DEVIATION[c];
      }
    }
  }

  /** Resets all times to zero, with new decode threads. */
  void forget() {
    close();
    threads = new DecodeThreads<>(settings.decodeThreads(), ImagePatches::new);
    used.clear();
  }

  /** Returns the decoders used since the last {@link #forget}. */
  Stream<ImagePatches> decoders() {
    return used.keySet().stream();
  }

  long normaliseNanos() {
    return used.values().stream().mapToLong(buffers -> buffers.normaliseNanos).sum();
  }

  /** Processes all images once, from encoded bytes to normalised patches; returns null. */
  Void pass(int epoch) {
    List<RandomCrop> views =
        new RandomCrop(settings.imageSize(), settings.patchSize(), 0, epoch, 0)
            .repeats(settings.cropsPerImage());
    for (int from = 0; from < images.size(); from += MINIBATCH) {
      var decoding = new ArrayList<Future<Void>>();
      for (SourceImage image : images.subList(from, Math.min(from + MINIBATCH, images.size()))) {
        decoding.add(threads.submit(patches -> write(image, views, patches)));
      }
      DecodeThreads.await(decoding);
    }
    return null;
  }

  private void write(SourceImage image, List<RandomCrop> views, ImagePatches patches) {
    Buffers buffers = used.computeIfAbsent(patches, thread -> new Buffers(settings));
    Arrays.setAll(buffers.seeds, i -> views.get(i).sampleSeed(image.key()));
    try {
      patches.write(image.bytes(), views, buffers.seeds, 0, buffers.patches);
    } catch (Undecodable e) {
      throw new BadData(
          "Cannot decode image %s: %s, %s".formatted(image.key(), e.reason(), e.getMessage()), e);
    }
    buffers.normalise(values);
  }

  void close() {
    threads.close();
  }

  /** The buffers of one thread for the crops of one image. */
  private static final class Buffers {
    private final long[] seeds;
    private final byte[] patches;
    private final float[] normalised;
    private long normaliseNanos;

    Buffers(DataBenchmark.Settings settings) {
      this.seeds = new long[settings.cropsPerImage()];
      this.patches = new byte[seeds.length * settings.imageSize() * settings.imageSize() * 3];
      this.normalised = new float[patches.length];
    }

    void normalise(float[][] values) {
      long start = System.nanoTime();
      for (int i = 0; i < patches.length; i += 3) {
        normalised[i] = values[0][patches[i] & 0xff];
        normalised[i + 1] = values[1][patches[i + 1] & 0xff];
        normalised[i + 2] = values[2][patches[i + 2] & 0xff];
      }
      normaliseNanos += System.nanoTime() - start;
    }
  }
}

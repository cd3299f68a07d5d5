package io.sparkmae.data.prepare;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.Patches;
import io.sparkmae.data.layout.LayoutChoice;
import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.layout.SourceImages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToLongFunction;
import org.apache.hadoop.conf.Configuration;

/**
 * Measures how fast images become patches, and the time of each part.
 *
 * <p>The images are read once and held in memory. Then every pass takes new random crops of all of
 * them, from encoded bytes to normalised floats in patches, the input of a training step.
 */
public final class DataBenchmark {
  private static final int WARM_UP = 3; // passes, until the JIT has compiled the loops

  private final List<SourceImage> images;
  private final Settings settings;
  private final double readSeconds;

  /**
   * The settings of a measurement.
   *
   * @param inputs files, directories or patterns of any layout; prepared data too
   * @param count at most this many images
   * @param imageSize side of a crop, in pixels
   * @param patchSize side of a patch, in pixels
   * @param threads readers that work at the same time, each on its share of the images
   * @param decodeThreads of a reader
   * @param cropsPerImage crops of an image that is decoded once
   * @param passes measured passes over the images
   */
  public record Settings(
      List<String> inputs,
      int count,
      int imageSize,
      int patchSize,
      int threads,
      int decodeThreads,
      int cropsPerImage,
      int passes) {
    public Settings {
      Patches.check(imageSize, patchSize);
      requirePositive("count", count);
      requirePositive("threads", threads);
      requirePositive("decode threads", decodeThreads);
      requirePositive("crops per image", cropsPerImage);
      requirePositive("passes", passes);
    }

    private static void requirePositive(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(
            "Invalid %s: %d (must be at least 1)".formatted(name, value));
      }
    }
  }

  /**
   * The result of a measurement; rates are of all threads together.
   *
   * @param imagesPerSecond from encoded bytes to normalised patches, the median pass
   * @param slowest pass, in images per second
   * @param fastest pass, in images per second
   * @param cropsPerSecond of the median pass
   * @param read images per second from storage into memory, by one thread, once
   * @param decode images per second, if that were all
   * @param resample crops per second, if that were all
   * @param patchify crops per second, if that were all
   * @param normalise crops per second, if that were all
   */
  public record Result(
      int images,
      int threads,
      int decodeThreads,
      int imageSize,
      int patchSize,
      int cropsPerImage,
      double imagesPerSecond,
      double slowest,
      double fastest,
      double cropsPerSecond,
      double read,
      double decode,
      double resample,
      double patchify,
      double normalise) {}

  private DataBenchmark(List<SourceImage> images, Settings settings, double readSeconds) {
    this.images = images;
    this.settings = settings;
    this.readSeconds = readSeconds;
  }

  /**
   * Reads the images and measures.
   *
   * @throws BadData if there are none, or one cannot be decoded
   */
  public static Result run(Settings settings, Configuration conf) {
    long start = System.nanoTime();
    List<SourceImage> images =
        SourceImages.first(settings.inputs(), LayoutChoice.AUTO, settings.count(), conf);
    return new DataBenchmark(images, settings, (System.nanoTime() - start) / 1e9).run();
  }

  private Result run() {
    ExecutorService threads = Executors.newFixedThreadPool(settings.threads());
    List<BenchmarkReader> readers = readers();
    try {
      double[] seconds = new double[settings.passes()];
      for (int pass = -WARM_UP; pass < settings.passes(); pass++) {
        readers.forEach(BenchmarkReader::forget);
        double took = pass(readers, pass + WARM_UP, threads);
        System.err.printf("benchmark: pass %d, %.1f images/s%n", pass, images.size() / took);
        seconds[Math.max(0, pass)] = took;
      }
      return result(seconds, readers);
    } finally {
      threads.shutdownNow();
      readers.forEach(BenchmarkReader::close);
    }
  }

  private List<BenchmarkReader> readers() {
    var readers = new ArrayList<BenchmarkReader>();
    for (int i = 0; i < settings.threads(); i++) {
      int from = images.size() * i / settings.threads();
      int to = images.size() * (i + 1) / settings.threads();
      readers.add(new BenchmarkReader(images.subList(from, to), settings));
    }
    return readers;
  }

  private static double pass(List<BenchmarkReader> readers, int epoch, ExecutorService threads) {
    long start = System.nanoTime();
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      readers.forEach(reader -> tasks.add(() -> reader.pass(epoch)));
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    } catch (ExecutionException e) {
      throw new BadData("Cannot decode every image: " + e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  /** Returns the result; the times by part are those of the last pass. */
  private Result result(double[] seconds, List<BenchmarkReader> readers) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    double rate = images.size() / sorted[sorted.length / 2];
    int crops = images.size() * settings.cropsPerImage();
    return new Result(
        images.size(),
        settings.threads(),
        settings.decodeThreads(),
        settings.imageSize(),
        settings.patchSize(),
        settings.cropsPerImage(),
        rate,
        images.size() / sorted[sorted.length - 1],
        images.size() / sorted[0],
        rate * settings.cropsPerImage(),
        images.size() / readSeconds,
        rate(images.size(), sum(readers, ImagePatches::decodeNanos)),
        rate(crops, sum(readers, ImagePatches::resampleNanos)),
        rate(crops, sum(readers, ImagePatches::patchifyNanos)),
        rate(crops, readers.stream().mapToLong(BenchmarkReader::normaliseNanos).sum()));
  }

  private static long sum(List<BenchmarkReader> readers, ToLongFunction<ImagePatches> nanos) {
    return readers.stream().flatMap(BenchmarkReader::decoders).mapToLong(nanos).sum();
  }

  private double rate(int count, long nanos) {
    return count * settings.threads() * settings.decodeThreads() * 1e9 / nanos;
  }
}

package io.sparkmae.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;

/**
 * How fast images become patches, and where the time goes.
 *
 * <p>The images are read once and held in memory. Then every pass takes new random crops of all of
 * them, from encoded bytes to normalised floats in patches, which is what a training step is fed.
 */
public final class DataBenchmark {
  private static final int WARM_UP = 3; // passes, until the JIT is done with the loops

  private final List<SourceImage> images;
  private final Settings settings;
  private final double readSeconds;

  /**
   * What to measure.
   *
   * @param inputs files, directories or patterns of any layout; prepared data too
   * @param count at most this many images
   * @param imageSize side of a crop, in pixels
   * @param patchSize side of a patch, in pixels
   * @param threads that work at the same time, each on its share of the images
   * @param cropsPerImage crops of an image that is decoded once
   * @param passes over the images, that count
   */
  public record Settings(
      List<String> inputs,
      int count,
      int imageSize,
      int patchSize,
      int threads,
      int cropsPerImage,
      int passes) {
    public Settings {
      Patches.check(imageSize, patchSize);
      requirePositive("count", count);
      requirePositive("threads", threads);
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
   * What was measured; rates are of all threads together.
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
    try {
      List<Share> shares = shares();
      double[] seconds = new double[settings.passes()];
      for (int pass = -WARM_UP; pass < settings.passes(); pass++) {
        shares.forEach(Share::forget);
        double took = pass(shares, pass + WARM_UP, threads);
        System.err.printf("benchmark: pass %d, %.1f images/s%n", pass, images.size() / took);
        seconds[Math.max(0, pass)] = took;
      }
      return result(seconds, shares);
    } finally {
      threads.shutdownNow();
    }
  }

  private List<Share> shares() {
    var shares = new ArrayList<Share>();
    for (int i = 0; i < settings.threads(); i++) {
      int from = images.size() * i / settings.threads();
      int to = images.size() * (i + 1) / settings.threads();
      shares.add(new Share(images.subList(from, to), settings));
    }
    return shares;
  }

  private static double pass(List<Share> shares, int epoch, ExecutorService threads) {
    long start = System.nanoTime();
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      shares.forEach(share -> tasks.add(() -> share.pass(epoch)));
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

  /** The parts are those of the last pass. */
  private Result result(double[] seconds, List<Share> shares) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    double rate = images.size() / sorted[sorted.length / 2];
    int crops = images.size() * settings.cropsPerImage();
    return new Result(
        images.size(),
        settings.threads(),
        settings.imageSize(),
        settings.patchSize(),
        settings.cropsPerImage(),
        rate,
        images.size() / sorted[sorted.length - 1],
        images.size() / sorted[0],
        rate * settings.cropsPerImage(),
        images.size() / readSeconds,
        rate(images.size(), shares.stream().mapToLong(s -> s.patches.decodeNanos()).sum()),
        rate(crops, shares.stream().mapToLong(s -> s.patches.resampleNanos()).sum()),
        rate(crops, shares.stream().mapToLong(s -> s.patches.patchifyNanos()).sum()),
        rate(crops, shares.stream().mapToLong(s -> s.normaliseNanos).sum()));
  }

  private double rate(int count, long nanos) {
    return count * settings.threads() * 1e9 / nanos;
  }

  /** The images of one thread, and its buffers. */
  private static final class Share {
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};

    private final List<SourceImage> images;
    private final Settings settings;
    private final byte[] batch;
    private final float[] normalised;
    private final float[][] values = new float[3][256];
    private ImagePatches patches = new ImagePatches();
    private long normaliseNanos;

    Share(List<SourceImage> images, Settings settings) {
      this.images = images;
      this.settings = settings;
      this.batch =
          new byte[settings.cropsPerImage() * settings.imageSize() * settings.imageSize() * 3];
      this.normalised = new float[batch.length];
      for (int c = 0; c < 3; c++) {
        for (int value = 0; value < 256; value++) {
          values[c][value] = (value / 255f - MEAN[c]) / DEVIATION[c];
        }
      }
    }

    void forget() {
      patches.close();
      patches = new ImagePatches();
      normaliseNanos = 0;
    }

    Void pass(int epoch) throws Undecodable {
      List<RandomCrop> views =
          new RandomCrop(settings.imageSize(), settings.patchSize(), 0, epoch, 0)
              .repeats(settings.cropsPerImage());
      long[] seeds = new long[views.size()];
      for (SourceImage image : images) {
        Arrays.setAll(seeds, i -> views.get(i).sampleSeed(image.key()));
        patches.write(image.bytes(), views, seeds, 0, batch);
        long start = System.nanoTime();
        normalise();
        normaliseNanos += System.nanoTime() - start;
      }
      return null;
    }

    private void normalise() {
      for (int i = 0; i < batch.length; i += 3) {
        normalised[i] = values[0][batch[i] & 0xff];
        normalised[i + 1] = values[1][batch[i + 1] & 0xff];
        normalised[i + 2] = values[2][batch[i + 2] & 0xff];
      }
    }
  }
}

package io.sparkmae.job.benchmark;

import java.util.Map;

/**
 * The result of a benchmark of training steps.
 *
 * @param gradientAccumulation number of parts in which a step's images are computed
 * @param stepSeconds median of the counted steps
 * @param minStepSeconds the fastest of them
 * @param maxStepSeconds the slowest of them
 * @param gflops operations per second in the engine's products, in 10⁹
 * @param productGflops the same for one large product in the step's precision, the limit of this
 *     machine
 * @param peakRssMib largest resident memory of the process
 * @param gpuMemoryMib memory in use on the GPU after the steps; 0 for other engines
 * @param seconds median step's share of each part; empty for the graph engine
 */
public record StepResult(
    String model,
    int imageSize,
    int batchSize,
    int gradientAccumulation,
    int threads,
    String engine,
    String precision,
    boolean fullEncoder,
    int steps,
    double stepSeconds,
    double minStepSeconds,
    double maxStepSeconds,
    double imagesPerSecond,
    double gflops,
    double productGflops,
    long peakRssMib,
    long gpuMemoryMib,
    double loss,
    Map<String, Double> seconds) {}

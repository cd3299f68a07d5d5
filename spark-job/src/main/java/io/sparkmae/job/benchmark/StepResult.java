package io.sparkmae.job.benchmark;

import java.util.Map;

/**
 * What a benchmark of training steps found.
 *
 * @param gradientAccumulation parts that a step's images are computed in
 * @param stepSeconds median of the counted steps
 * @param minStepSeconds the fastest of them
 * @param maxStepSeconds the slowest of them
 * @param gflops operations a second in the products that the engine computes, in 10⁹
 * @param productGflops what a large product of the step's precision reaches here, the machine's own
 *     limit
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

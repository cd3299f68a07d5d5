package io.sparkmae.job.run;

/**
 * The result line of {@code pretrain}.
 *
 * @param version URI of the model version that was written
 * @param loss mean over the images of the last epoch
 * @param images images trained, each counted once per epoch
 * @param imagesPerSecond over the whole training
 * @param paramsSha256 SHA-256 of the final parameters, fp32 little-endian in the graph's order
 */
public record PretrainResult(
    String version, double loss, long images, double imagesPerSecond, String paramsSha256) {}

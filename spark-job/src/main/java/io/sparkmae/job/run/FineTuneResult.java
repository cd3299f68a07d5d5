package io.sparkmae.job.run;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * The result line of {@code finetune}.
 *
 * @param version URI of the model version that was written last
 * @param classes number of classes
 * @param top1 share of the test images whose class came first, after the last epoch; absent without
 *     a test set, as are the next four
 * @param top5 share whose class was among the first five, after the last epoch
 * @param best URI of the version of the best epoch
 * @param bestEpoch number of that epoch, from 1
 * @param bestTop1 its share of test images whose class came first
 * @param loss mean over the images of the last epoch
 * @param images images trained, each counted once per epoch
 * @param imagesPerSecond over the whole training
 * @param paramsSha256 SHA-256 of the final parameters, fp32 little-endian in the graph's order
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FineTuneResult(
    String version,
    int classes,
    Double top1,
    Double top5,
    String best,
    Integer bestEpoch,
    Double bestTop1,
    double loss,
    long images,
    double imagesPerSecond,
    String paramsSha256) {}

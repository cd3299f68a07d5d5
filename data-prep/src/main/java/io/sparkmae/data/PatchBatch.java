package io.sparkmae.data;

import io.sparkmae.data.image.SampleSeed;

/**
 * The patches of a batch of samples, in the requested order; the arrays belong to the caller.
 *
 * <p>It is not sent between executors: Spark's Kryo cannot serialise records, and reading patches
 * again is cheaper.
 *
 * @param patches uint8 [batch, tokens, patchLength]; inside a patch row, column, channel; values of
 *     16 bits have their lower byte first
 * @param tokens patches of one sample
 * @param patchLength bytes of one patch
 * @param keys [batch] sample keys
 * @param sampleSeeds [batch] the seeds of the views, from which masks can be drawn; see {@link
 *     SampleSeed}
 * @param labels [batch] class numbers from 0, or -1 where there is none
 */
public record PatchBatch(
    byte[] patches, int tokens, int patchLength, String[] keys, long[] sampleSeeds, int[] labels) {
  /** Samples in this batch. */
  public int size() {
    return keys.length;
  }
}

package io.sparkmae.data.layout;

/**
 * An image as stored in its source.
 *
 * @param key its name within the source
 * @param bytes the encoded image; belongs to the caller
 * @param label class number from 0, or -1 where there is none
 */
public record SourceImage(String key, byte[] bytes, int label) {}

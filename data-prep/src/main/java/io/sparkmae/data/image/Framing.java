package io.sparkmae.data.image;

/**
 * What a view shows of an image: {@code source} is cut out, resized to width x height, and the
 * square {@code window} of that is kept, mirrored when {@code flip}.
 */
public record Framing(Box source, int width, int height, Box window, boolean flip) {}

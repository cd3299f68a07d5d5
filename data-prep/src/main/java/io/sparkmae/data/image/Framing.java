package io.sparkmae.data.image;

/**
 * The part of an image that a view shows: {@code source} is cut out and resized to width x height,
 * and of that the square {@code window} is kept, mirrored if {@code flip}.
 */
public record Framing(Box source, int width, int height, Box window, boolean flip) {}

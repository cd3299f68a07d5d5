package io.sparkmae.job.store;

import java.io.Serializable;

/**
 * The description of a file at its writing.
 *
 * @param file path inside its directory, with forward slashes
 * @param bytes its length
 * @param sha256 64 lower-case hexadecimal digits
 */
public record StoredFile(String file, long bytes, String sha256) implements Serializable {}

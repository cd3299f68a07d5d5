package io.sparkmae.job.train;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rows [from, to) of an epoch's order.
 *
 * <p>It is sent as a path, since DL4J passes only a path to a loader: the data's file system, which
 * DL4J opens before it calls the loader, and a fragment.
 */
record Minibatch(int epoch, long from, long to) {

  private static final Pattern FRAGMENT = Pattern.compile("epoch=(\\d+)&from=(\\d+)&to=(\\d+)");

  int size() {
    return Math.toIntExact(to - from);
  }

  /** Returns the path, for example {@code hdfs://namenode:8020/#epoch=3&from=64&to=128}. */
  String path(URI fileSystem) {
    return "%s/#epoch=%d&from=%d&to=%d"
        .formatted(fileSystem.toString().replaceAll("/+$", ""), epoch, from, to);
  }

  static Minibatch ofPath(String path) {
    Matcher matcher = FRAGMENT.matcher(path);
    if (!matcher.find()) {
      throw new IllegalArgumentException(
          "Not a minibatch: " + path + " (must end in #epoch=E&from=A&to=B)");
    }
    return new Minibatch(
        Integer.parseInt(matcher.group(1)),
        Long.parseLong(matcher.group(2)),
        Long.parseLong(matcher.group(3)));
  }
}

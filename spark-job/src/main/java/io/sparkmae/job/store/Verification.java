package io.sparkmae.job.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The result of reading every file of a store.
 *
 * @param versions oldest first
 * @param firstBrokenFile its path inside the store, or null if all complete versions are whole
 */
public record Verification(List<Version> versions, String firstBrokenFile) {

  /**
   * One version.
   *
   * @param state complete, incomplete (its writer has not finished, or died) or broken
   */
  public record Version(String name, String state) {}

  static Verification of(List<ModelVersion> versions) throws IOException {
    List<Version> states = new ArrayList<>();
    String firstBrokenFile = null;
    for (ModelVersion version : versions) {
      if (!version.isComplete()) {
        states.add(new Version(version.name(), "incomplete"));
        continue;
      }
      Optional<String> broken = version.brokenFile();
      states.add(new Version(version.name(), broken.isPresent() ? "broken" : "complete"));
      if (firstBrokenFile == null && broken.isPresent()) {
        firstBrokenFile = version.name() + "/" + broken.get();
      }
    }
    return new Verification(states, firstBrokenFile);
  }
}

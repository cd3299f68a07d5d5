package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The files under some inputs, sorted by name.
 *
 * @param roots directories to which the names are relative; the inputs themselves without files
 * @param files their names are unique over all roots
 * @param skipped files that were met and are no inputs, by rule
 * @param met all files, counted as they were listed
 */
public record Inputs(
    List<Path> roots, List<SourceFile> files, Map<SkipRule, Long> skipped, long met) {

  /**
   * A file that was met.
   *
   * @param rulesName what the rules look at; empty for a file that the user named, which is meant
   */
  private record Found(Path root, String name, String rulesName, FileStatus status) {
    /**
     * Returns this file, which {@code other} inputs name too: it is meant if one of them means it.
     */
    Found again(Found other) {
      return other.rulesName.isEmpty() ? new Found(root, name, "", status) : this;
    }
  }

  /**
   * Lists files, and directories recursively, and counts those that a {@link SkipRule} skips.
   *
   * @throws BadData if an input does not exist
   */
  public static Inputs list(List<String> uris, Configuration conf) {
    Map<Path, Found> found = new LinkedHashMap<>();
    for (String uri : uris) {
      for (Found file : list(uri, conf)) {
        found.merge(file.status.getPath(), file, Found::again);
      }
    }
    long met = found.size();
    Map<SkipRule, Long> skipped = skip(found.values());
    var roots = new LinkedHashSet<Path>();
    found.values().forEach(file -> roots.add(file.root));
    Map<Path, String> prefixes = prefixes(roots);
    List<SourceFile> files =
        found.values().stream()
            .map(f -> sourceFile(prefixes.get(f.root) + f.name, f.status))
            .sorted(Comparator.comparing(SourceFile::name))
            .toList();
    List<Path> shown = files.isEmpty() ? uris.stream().map(Path::new).toList() : List.copyOf(roots);
    return new Inputs(shown, files, skipped, met);
  }

  /** Removes the files that a rule skips, and returns how many each rule skipped. */
  private static Map<SkipRule, Long> skip(Collection<Found> found) {
    Map<SkipRule, Long> skipped = new EnumMap<>(SkipRule.class);
    found.removeIf(
        file -> {
          Optional<SkipRule> rule = SkipRule.of(file.rulesName);
          rule.ifPresent(by -> skipped.merge(by, 1L, Long::sum));
          return rule.isPresent();
        });
    return skipped;
  }

  private static SourceFile sourceFile(String name, FileStatus status) {
    return new SourceFile(status.getPath().toString(), name, status.getLen());
  }

  /** Returns these inputs with only the files that {@code accepted} accepts; counts the others. */
  public Inputs filter(Predicate<SourceFile> accepted) {
    List<SourceFile> kept = files.stream().filter(accepted).toList();
    Map<SkipRule, Long> all = new EnumMap<>(SkipRule.class);
    all.putAll(skipped);
    if (kept.size() < files.size()) {
      all.merge(SkipRule.OTHER, (long) files.size() - kept.size(), Long::sum);
    }
    return new Inputs(roots, kept, all, met);
  }

  /** Returns the total size of all files in bytes. */
  public long bytes() {
    return files.stream().mapToLong(file -> Math.max(0, file.length())).sum();
  }

  /** Returns the SHA-256 over the names and lengths of the files. */
  public String fingerprint() {
    MessageDigest digest = DigestUtils.getSha256Digest();
    files.forEach(
        file -> DigestUtils.updateDigest(digest, file.name() + "\n" + file.length() + "\n"));
    return Hex.encodeHexString(digest.digest());
  }

  private static List<Found> list(String uri, Configuration conf) {
    var found = new ArrayList<Found>();
    try {
      Path path = new Path(uri);
      FileSystem fs = path.getFileSystem(conf);
      boolean named = fs.exists(path); // else it is a pattern, which may match what nobody means
      for (FileStatus status : named ? List.of(fs.getFileStatus(path)) : matching(fs, path)) {
        String name = status.getPath().getName();
        if (status.isFile()) {
          Path root = status.getPath().getParent();
          found.add(new Found(root, name, named ? "" : name, status));
        } else {
          listDirectory(fs, status.getPath(), named ? "" : name + "/", found);
        }
      }
    } catch (IOException e) {
      throw new BadData("Cannot list input %s: %s".formatted(uri, e.getMessage()), e);
    }
    return found;
  }

  private static List<FileStatus> matching(FileSystem fs, Path path) throws IOException {
    FileStatus[] matches = fs.globStatus(path);
    if (matches == null || matches.length == 0) {
      throw new BadData(
          "Cannot find input: %s (name a file, a directory or a pattern that exists)"
              .formatted(path));
    }
    return List.of(matches);
  }

  private static void listDirectory(FileSystem fs, Path root, String prefix, List<Found> found)
      throws IOException {
    int start = root.toString().length() + (root.isRoot() ? 0 : 1);
    Consumer<FileStatus> add =
        status -> {
          String name = status.getPath().toString().substring(start);
          found.add(new Found(root, name, prefix + name, status));
        };
    if ("file".equals(fs.getUri().getScheme())) {
      new LocalTree(fs).list(root, add);
      return;
    }
    RemoteIterator<LocatedFileStatus> files = fs.listFiles(root, true);
    while (files.hasNext()) { // one request for many files of an object store
      add.accept(files.next());
    }
  }

  /**
   * Returns the name prefix of each root: none for a single root, else its last name, numbered
   * where two are equal.
   */
  private static Map<Path, String> prefixes(Set<Path> roots) {
    Map<Path, String> prefixes = new LinkedHashMap<>();
    Set<String> taken = new LinkedHashSet<>();
    for (Path root : roots) {
      String prefix = roots.size() == 1 ? "" : root.getName() + "/";
      for (int n = 2; !taken.add(prefix); n++) {
        prefix = root.getName() + "-" + n + "/";
      }
      prefixes.put(root, prefix);
    }
    return prefixes;
  }
}

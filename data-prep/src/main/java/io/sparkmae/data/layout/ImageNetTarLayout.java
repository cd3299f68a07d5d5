package io.sparkmae.data.layout;

import io.sparkmae.data.image.RejectReason;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * ImageNet as it is distributed: {@code ILSVRC2012_img_train.tar}, a tar with one tar per class,
 * and {@code ILSVRC2012_img_val.tar}, flat, whose labels lie beside it.
 *
 * <p>The label is the rank of the sorted class, as torchvision numbers them: see {@link
 * ImageNetLabels}.
 *
 * @param labels of these inputs; null before {@link #knowing}
 */
record ImageNetTarLayout(ImageNetLabels labels) implements Layout {
  static final String NAME = "imagenet-tar";

  private static final long serialVersionUID = 1L;

  ImageNetTarLayout() {
    this(null);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(SourceFile file) {
    return file.extension().equals("tar") && !file.baseName().contains("devkit");
  }

  /**
   * Returns whether the first member that no rule skips is the tar of a class, or has the name of a
   * validation image.
   */
  @Override
  public boolean recognises(byte[] head) {
    return TarReader.first(head).matches("(.*/)?(n\\d{8}\\.tar|ILSVRC2012_(val|test)_\\d+\\.JPEG)");
  }

  @Override
  public Layout knowing(Inputs inputs, Configuration conf) {
    return new ImageNetTarLayout(ImageNetLabels.of(inputs, conf));
  }

  @Override
  public List<String> classes(Inputs inputs, Configuration conf) {
    return labels.classes();
  }

  @Override
  public Stream<Sample> read(SourceUnit unit, Configuration conf) {
    var images = new Images(unit, conf);
    return Stream.generate(images::next)
        .takeWhile(samples -> !samples.isEmpty())
        .flatMap(List::stream)
        .onClose(images.in::close);
  }

  /** The images of a range: those whose header lies in it. */
  private final class Images {
    private final SourceFile file;
    private final SourceInput in;
    private final TarReader tar;
    private TarReader.Entry entry;

    Images(SourceUnit unit, Configuration conf) {
      this.file = unit.file(0);
      this.in = TarReader.open(unit, conf);
      this.tar = new TarReader(in, true);
      do {
        entry = tar.next();
      } while (entry != null && entry.position() < unit.start());
      if (unit.start() > 0) {
        tar.damages(); // the range before this one reports them
      }
    }

    /** Returns the next samples: at least one, or none at the end. */
    List<Sample> next() {
      var samples = new ArrayList<>(rejects());
      while (samples.isEmpty() && entry != null && entry.position() < in.end()) {
        Sample sample =
            SkipRule.of(entry.name()).isPresent() ? Sample.skipped(entry.name()) : sample();
        if (sample != null) {
          samples.add(sample);
        }
        entry = tar.next();
        samples.addAll(rejects());
      }
      return samples;
    }

    private List<Sample> rejects() {
      return tar.damages().stream()
          .map(damage -> Layout.damaged(file, damage.position(), damage.detail()))
          .toList();
    }

    /** Returns the current file's sample, or null if the file is truncated. */
    private Sample sample() {
      String key = file.name() + "/" + entry.name();
      if (!IMAGE_EXTENSIONS.contains(SourceFile.extension(entry.name()))) {
        return Sample.reject(key, RejectReason.NO_BYTES, "its name is not an image's");
      }
      if (entry.size() > MAX_BYTES) {
        return Layout.tooLarge(key, entry.size());
      }
      byte[] bytes = tar.content();
      return bytes == null ? null : Sample.image(key, bytes, labels.of(file.name(), entry));
    }
  }
}

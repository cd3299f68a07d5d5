package io.sparkmae.data;

import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.Manifest.Origin;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.layout.Inputs;
import io.sparkmae.data.layout.ParquetLayout;
import io.sparkmae.data.layout.SourceFile;
import io.sparkmae.data.storage.ParquetImages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The manifest of Parquet files that {@code prepare} did not write, from their footers. */
final class ParquetManifest {
  private ParquetManifest() {}

  static Manifest of(String uri, Configuration conf) {
    Inputs inputs = Inputs.list(List.of(uri), conf).filter(new ParquetLayout()::accepts);
    if (inputs.files().isEmpty()) {
      throw new BadData(
          "Cannot open %s: it has neither manifest.json nor .parquet files (run prepare first)"
              .formatted(uri));
    }
    var files = new ArrayList<DataFile>();
    List<String> classes = List.of();
    for (SourceFile file : inputs.files()) {
      try (var images = new ParquetImages(new Path(file.uri()), conf)) {
        files.add(new DataFile(file.name(), file.length(), "", images.rowGroups()));
        classes = classes.isEmpty() ? images.classes() : classes;
      } catch (IOException e) {
        throw new BadData("Cannot read %s: %s".formatted(file.uri(), e.getMessage()), e);
      }
    }
    var origin = new Origin(List.of(uri), inputs.fingerprint(), ParquetLayout.NAME, 0, 0, 0, "");
    return Manifest.of(origin, classes, Map.of(), Map.of(), 0, files, PixelSums.none());
  }
}

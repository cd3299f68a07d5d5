package io.sparkmae.data.storage;

import io.sparkmae.data.image.BadData;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * The columns of a Parquet file with images, their names and labels.
 *
 * <p>Images are Hugging Face's {@code struct<bytes: binary, path: string>}, a plain binary column,
 * or lists of either. {@link ColumnNames} names the column; else a column named as one of {@link
 * #IMAGES} is preferred, then one of {@link #ALSO}; else it must be the only one of its kind. The
 * name of an image is a string column path beside its bytes. The label is a {@link ParquetLabel}.
 *
 * @param schema only the columns that are read
 * @param image the column of encoded images
 * @param hasPaths whether names lie beside the bytes
 */
record ParquetColumns(MessageType schema, ParquetPath image, boolean hasPaths, ParquetLabel label) {
  private static final String PATH = "path";
  private static final Set<String> IMAGES = Set.of("image", "img", "jpg", "jpeg", "png", "webp");
  private static final Set<String> ALSO = Set.of("bytes", "data", "content");

  /**
   * Finds the columns in a file's schema.
   *
   * @throws BadData if there is no column of images, or several that it may be
   */
  static ParquetColumns of(MessageType found, ColumnNames names, Path file) {
    ParquetPath image = names.image() == null ? image(found, file) : named(found, names, file);
    ParquetLabel label = ParquetLabel.of(found, names, file);
    MessageType schema = image.alone(found);
    List<String> beside = new ArrayList<>(image.column());
    beside.set(beside.size() - 1, PATH);
    boolean hasPaths = isText(found, beside);
    if (hasPaths) {
      schema = schema.union(column(found, beside).alone(found));
    }
    if (label.isThere()) {
      schema = schema.union(column(found, label.column()).alone(found));
    }
    return new ParquetColumns(schema, image, hasPaths, label);
  }

  private static ParquetPath column(MessageType found, List<String> column) {
    return new ParquetPath(column, found.getType(column.toArray(String[]::new)));
  }

  private static boolean isText(MessageType found, List<String> column) {
    GroupType beside = found;
    for (String name : column.subList(0, column.size() - 1)) {
      beside = beside.getType(name).asGroupType();
    }
    return beside.containsField(PATH)
        && beside.getType(PATH).isPrimitive()
        && beside.getType(PATH).asPrimitiveType().getPrimitiveTypeName()
            == PrimitiveTypeName.BINARY;
  }

  private static ParquetPath named(MessageType found, ColumnNames names, Path file) {
    ParquetPath path = ParquetPath.of(found, names.image(), "--image-column", file);
    return path.images()
        .orElseThrow(
            () ->
                new BadData(
                    "Cannot read %s: its column %s is %s (--image-column must name binary, struct<bytes binary>, or a list of these)"
                        .formatted(file, names.image(), ParquetPath.describe(path.type()))));
  }

  private static ParquetPath image(MessageType found, Path file) {
    List<ParquetPath> candidates =
        found.getFields().stream()
            .map(field -> new ParquetPath(List.of(field.getName()), field))
            .flatMap(path -> path.images().stream())
            .toList();
    List<ParquetPath> structs = candidates.stream().filter(c -> c.column().size() > 1).toList();
    List<ParquetPath> others = structs.isEmpty() ? candidates : structs;
    for (List<ParquetPath> one :
        List.of(among(candidates, IMAGES), among(candidates, ALSO), others)) {
      if (one.size() == 1) {
        return one.get(0);
      }
      if (one.size() > 1) {
        throw new BadData(
            "Cannot read %s: its columns %s may all be the images (name one with prepare --image-column)"
                .formatted(file, one.stream().map(path -> path.column().get(0)).toList()));
      }
    }
    throw new BadData(
        "Cannot read %s: no column of images among %s (must be binary, struct<bytes binary>, or a list of these; name it with prepare --image-column)"
            .formatted(file, ParquetPath.describe(found)));
  }

  private static List<ParquetPath> among(List<ParquetPath> candidates, Set<String> names) {
    return candidates.stream().filter(path -> names.contains(path.column().get(0))).toList();
  }

  /** Adds the images of one record: one, or all of a list; one without bytes for an empty list. */
  void fill(List<EncodedRow> rows, int row, Group record) {
    var found = new Found(row, label.number(record), label.word(record), rows);
    int before = rows.size();
    found.collect(record, 0);
    if (rows.size() == before) {
      found.add(null, null);
    }
  }

  /** The images of one record, as they are found. */
  private final class Found {
    private final int row;
    private final int number;
    private final String word;
    private final List<EncodedRow> rows;
    private int index = image.isRepeated() ? 0 : -1;

    Found(int row, int number, String word, List<EncodedRow> rows) {
      this.row = row;
      this.number = number;
      this.word = word;
      this.rows = rows;
    }

    void collect(Group group, int depth) {
      String name = image.column().get(depth);
      int count = group.getFieldRepetitionCount(name);
      if (count == 0 && !group.getType().getType(name).isRepetition(Type.Repetition.REPEATED)) {
        add(null, path(group, depth));
      }
      for (int i = 0; i < count; i++) {
        if (depth < image.column().size() - 1) {
          collect(group.getGroup(name, i), depth + 1);
        } else {
          add(group.getBinary(name, i).getBytes(), path(group, depth));
        }
      }
    }

    private String path(Group group, int depth) {
      boolean beside = hasPaths && depth == image.column().size() - 1;
      return beside && group.getFieldRepetitionCount(PATH) > 0 ? group.getString(PATH, 0) : null;
    }

    private void add(byte[] bytes, String path) {
      rows.add(new EncodedRow(row, index < 0 ? -1 : index++, bytes, path, number, word));
    }
  }
}

package io.sparkmae.data.storage;

import io.sparkmae.data.image.BadData;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * The column of labels of a Parquet file: integers of 8 to 64 bits, with or without sign, whole
 * floats, booleans, or text.
 *
 * @param column its path; empty if there is none
 * @param note why there is none, for the user; empty if there is one or none was wanted
 */
record ParquetLabel(List<String> column, String note) {
  private static final List<String> NAMES = List.of("label", "labels", "cls", "class");

  /**
   * Finds the column.
   *
   * @throws BadData if the column that {@code names} names is not there, or of another type
   */
  static ParquetLabel of(MessageType found, ColumnNames names, Path file) {
    if (!names.hasLabels()) {
      return new ParquetLabel(List.of(), "");
    }
    if (names.label() != null) {
      ParquetPath path = ParquetPath.of(found, names.label(), "--label-column", file);
      if (!isLabel(path)) {
        throw new BadData(
            "Cannot read %s: its column %s is %s (--label-column must name one number or text a row, or be none)"
                .formatted(file, names.label(), ParquetPath.describe(path.type())));
      }
      return new ParquetLabel(path.column(), "");
    }
    String note = "has no column of labels (%s)".formatted(String.join(", ", NAMES));
    for (String name : NAMES) {
      if (found.containsField(name)) {
        var path = new ParquetPath(List.of(name), found.getType(name));
        if (isLabel(path)) {
          return new ParquetLabel(path.column(), "");
        }
        note = "column %s is %s".formatted(name, ParquetPath.describe(path.type()));
      }
    }
    return new ParquetLabel(List.of(), note);
  }

  private static boolean isLabel(ParquetPath path) {
    Type type = path.type();
    if (!type.isPrimitive() || path.isRepeated()) {
      return false;
    }
    return switch (type.asPrimitiveType().getPrimitiveTypeName()) {
      case INT32, INT64 ->
          type.getLogicalTypeAnnotation() == null
              || type.getLogicalTypeAnnotation()
                  instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation;
      case FLOAT, DOUBLE, BOOLEAN, BINARY -> true;
      default -> false;
    };
  }

  boolean isThere() {
    return !column.isEmpty();
  }

  MessageType alone(MessageType schema) {
    return new ParquetPath(column, schema).alone(schema);
  }

  boolean isText(MessageType schema) {
    return isThere()
        && schema.getType(column.toArray(String[]::new)).asPrimitiveType().getPrimitiveTypeName()
            == PrimitiveTypeName.BINARY;
  }

  /** Returns the group that has the label of a record, or null if that is null. */
  private Group group(Group record) {
    Group group = record;
    for (String name : column.subList(0, column.size() - 1)) {
      if (group.getFieldRepetitionCount(name) == 0) {
        return null;
      }
      group = group.getGroup(name, 0);
    }
    return group.getFieldRepetitionCount(last()) == 0 ? null : group;
  }

  private String last() {
    return column.get(column.size() - 1);
  }

  /** Returns the label of a record; -1 where there is none, or one that is no class number. */
  int number(Group record) {
    Group group = isThere() ? group(record) : null;
    if (group == null) {
      return -1;
    }
    String name = last();
    GroupType type = group.getType();
    return switch (type.getType(name).asPrimitiveType().getPrimitiveTypeName()) {
      case INT32 -> number(group.getInteger(name, 0)); // large unsigned ones come out negative
      case INT64 -> number(group.getLong(name, 0));
      case FLOAT -> whole(group.getFloat(name, 0));
      case DOUBLE -> whole(group.getDouble(name, 0));
      case BOOLEAN -> group.getBoolean(name, 0) ? 1 : 0;
      default -> -1;
    };
  }

  private static int number(long label) {
    return label < 0 || label > Integer.MAX_VALUE ? -1 : (int) label;
  }

  private static int whole(double label) {
    return label == Math.rint(label) && Math.abs(label) <= Integer.MAX_VALUE
        ? number((long) label)
        : -1;
  }

  /** Returns the text of a label; null where there is none, or a number. */
  String word(Group record) {
    Group group = isThere() ? group(record) : null;
    boolean text =
        group != null
            && group.getType().getType(last()).asPrimitiveType().getPrimitiveTypeName()
                == PrimitiveTypeName.BINARY;
    return text ? group.getBinary(last(), 0).toStringUsingUTF8().strip() : null;
  }
}

package io.sparkmae.data.storage;

import io.sparkmae.data.image.BadData;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * A place in a Parquet schema, with the groups that lists are made of.
 *
 * @param column names from the top
 * @param type what is there
 * @param isRepeated whether a row may have several values there
 */
record ParquetPath(List<String> column, Type type, boolean isRepeated) {
  static final String BYTES = "bytes";

  ParquetPath(List<String> column, Type type) {
    this(column, type, type.isRepetition(Type.Repetition.REPEATED));
  }

  /**
   * Returns the place that a name with dots names; lists are entered without being named.
   *
   * @throws BadData if there is none
   */
  static ParquetPath of(MessageType found, String dotted, String option, Path file) {
    var path = new ParquetPath(List.of(), found, false);
    for (String name : dotted.split("\\.")) {
      path = path.element();
      if (path.type.isPrimitive() || !path.type.asGroupType().containsField(name)) {
        throw new BadData(
            "Cannot read %s: there is no column %s (%s must name one of %s)"
                .formatted(file, dotted, option, describe(found)));
      }
      path = path.within(name);
    }
    return path;
  }

  private ParquetPath within(String name) {
    var names = new ArrayList<>(column);
    names.add(name);
    Type inner = type.asGroupType().getType(name);
    return new ParquetPath(
        List.copyOf(names), inner, isRepeated || inner.isRepetition(Type.Repetition.REPEATED));
  }

  /** Returns the elements' place if this is a list, in any of the ways to write one; else this. */
  private ParquetPath element() {
    if (!isList()) {
      return this;
    }
    ParquetPath repeated = within(type.asGroupType().getFieldName(0));
    boolean wraps =
        !repeated.type.isPrimitive()
            && repeated.type.asGroupType().getFieldCount() == 1
            && !repeated.type.asGroupType().getFieldName(0).equals(BYTES);
    return (wraps ? repeated.within(repeated.type.asGroupType().getFieldName(0)) : repeated)
        .element();
  }

  private boolean isList() {
    if (type.isPrimitive() || type instanceof MessageType) {
      return false;
    }
    GroupType group = type.asGroupType();
    return group.getFieldCount() == 1
        && group.getType(0).isRepetition(Type.Repetition.REPEATED)
        && !(type.getLogicalTypeAnnotation()
            instanceof LogicalTypeAnnotation.MapLogicalTypeAnnotation);
  }

  /** Returns the place of the encoded images below this one, if it holds images. */
  Optional<ParquetPath> images() {
    ParquetPath inner = element();
    if (!inner.type.isPrimitive() && inner.type.asGroupType().containsField(BYTES)) {
      inner = inner.within(BYTES);
    }
    return isBytes(inner.type) ? Optional.of(inner) : Optional.empty();
  }

  /** Returns whether a column is binary; text, which is also stored as binary, is not. */
  private static boolean isBytes(Type type) {
    return type.isPrimitive()
        && type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY
        && type.getLogicalTypeAnnotation() == null;
  }

  /** Returns the schema with this column alone. */
  MessageType alone(MessageType found) {
    return new MessageType(found.getName(), narrowed(found, 0));
  }

  private Type narrowed(GroupType group, int depth) {
    Type inner = group.getType(column.get(depth));
    return depth == column.size() - 1
        ? inner
        : inner.asGroupType().withNewFields(narrowed(inner.asGroupType(), depth + 1));
  }

  /** Returns a type in the words of people who write Parquet. */
  static String describe(Type type) {
    if (!type.isPrimitive()) {
      var path = new ParquetPath(List.of(), type);
      return path.isList()
          ? "list<" + describe(path.element().type) + ">"
          : type.asGroupType().getFields().stream()
              .map(field -> field.getName() + " " + describe(field))
              .collect(Collectors.joining(", ", "struct<", ">"));
    }
    PrimitiveType primitive = type.asPrimitiveType();
    String name =
        primitive.getLogicalTypeAnnotation() == null
            ? primitive.getPrimitiveTypeName().name()
            : primitive.getLogicalTypeAnnotation().toString();
    return name.toLowerCase(java.util.Locale.ROOT);
  }
}

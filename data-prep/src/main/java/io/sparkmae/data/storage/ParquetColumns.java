package io.sparkmae.data.storage;

import io.sparkmae.data.image.BadData;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * The columns of a Parquet file with images, their names and labels.
 *
 * <p>Images are Hugging Face's {@code struct<bytes: binary, path: string>}, or a plain binary
 * column. A column named image, img, jpg, jpeg or png is preferred; else it must be the only one of
 * its kind. The label is an integer column named label, labels or cls; a plain image's name a
 * string column path.
 *
 * @param schema only the columns that are read
 * @param image column of the images
 * @param path column of the names, beside the bytes; null if there is none
 * @param label column of the labels; null if there is none
 */
public record ParquetColumns(MessageType schema, Type image, Type path, Type label) {
  private static final String BYTES = "bytes";
  private static final String PATH = "path";
  private static final List<String> IMAGES = List.of("image", "img", "jpg", "jpeg", "png");
  private static final List<String> LABELS = List.of("label", "labels", "cls");

  /**
   * Finds the columns in a file's schema.
   *
   * @throws BadData if there is no column of images, or several
   */
  static ParquetColumns of(MessageType found, Path file) {
    Type image = image(found, file);
    Type label =
        LABELS.stream()
            .filter(found::containsField)
            .map(found::getType)
            .filter(ParquetColumns::isInteger)
            .findFirst()
            .orElse(null);
    Type path = within(image, found, PATH);
    var fields = new ArrayList<Type>();
    if (image.isPrimitive()) {
      fields.add(image);
      if (path != null) {
        fields.add(path);
      }
    } else {
      Type bytes = image.asGroupType().getType(BYTES);
      fields.add(
          path == null
              ? image.asGroupType().withNewFields(bytes)
              : image.asGroupType().withNewFields(bytes, path));
    }
    if (label != null) {
      fields.add(label);
    }
    return new ParquetColumns(new MessageType(found.getName(), fields), image, path, label);
  }

  private static Type image(MessageType found, Path file) {
    for (Predicate<Type> kind :
        List.<Predicate<Type>>of(ParquetColumns::isStruct, ParquetColumns::isBytes)) {
      List<Type> images = found.getFields().stream().filter(kind).toList();
      for (Type image : images) {
        if (images.size() == 1 || IMAGES.contains(image.getName())) {
          return image;
        }
      }
    }
    throw new BadData(
        "Cannot read %s: no column image.bytes (must be Hugging Face Parquet: image struct<bytes, path>, label; or have one binary column)"
            .formatted(file));
  }

  private static Type within(Type image, MessageType found, String name) {
    var group = image.isPrimitive() ? found : image.asGroupType();
    return group.containsField(name)
            && group.getType(name).isPrimitive()
            && group.getType(name).asPrimitiveType().getPrimitiveTypeName()
                == PrimitiveTypeName.BINARY
        ? group.getType(name)
        : null;
  }

  private static boolean isStruct(Type type) {
    return !type.isPrimitive()
        && type.asGroupType().containsField(BYTES)
        && isBytes(type.asGroupType().getType(BYTES));
  }

  /** Returns whether a column is binary; text, which is also stored as binary, is not. */
  private static boolean isBytes(Type type) {
    return type.isPrimitive()
        && !type.isRepetition(Type.Repetition.REPEATED)
        && type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY
        && type.getLogicalTypeAnnotation() == null;
  }

  private static boolean isInteger(Type type) {
    return type.isPrimitive()
        && (type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64
            || type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT32);
  }

  /** Copies one record into its row. */
  void fill(EncodedRows rows, int row, Group record) {
    rows.labels()[row] = label(record);
    boolean plain = image.isPrimitive();
    if (!plain && record.getFieldRepetitionCount(image.getName()) == 0) {
      return;
    }
    Group group = plain ? record : record.getGroup(image.getName(), 0);
    String bytes = plain ? image.getName() : BYTES;
    if (group.getFieldRepetitionCount(bytes) > 0) {
      rows.images()[row] = group.getBinary(bytes, 0).getBytes();
    }
    if (path != null && group.getFieldRepetitionCount(PATH) > 0) {
      rows.paths()[row] = group.getString(PATH, 0);
    }
  }

  /** Returns the label of a record; -1 where there is none, or one that is no class number. */
  int label(Group record) {
    if (label == null || record.getFieldRepetitionCount(label.getName()) == 0) {
      return -1;
    }
    boolean wide = label.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64;
    long number = wide ? record.getLong(label.getName(), 0) : record.getInteger(label.getName(), 0);
    return number < 0 || number > Integer.MAX_VALUE ? -1 : (int) number;
  }
}

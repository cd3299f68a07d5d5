package io.sparkmae.job.ml;

import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.image.codec.PngEncoder;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A column of images: the bytes of image files, or the struct of Spark's {@code image} data source.
 *
 * @param index of the column
 * @param isStruct whether it has Spark's structs
 */
record ImageColumn(int index, boolean isStruct) implements Serializable {

  /**
   * Finds the column of a schema.
   *
   * @throws IllegalArgumentException if it is missing or has no images
   */
  static ImageColumn of(StructType schema, String name) {
    if (!Arrays.asList(schema.fieldNames()).contains(name)) {
      throw new IllegalArgumentException(
          "Invalid inputCol: %s (must be one of %s)"
              .formatted(name, String.join(", ", schema.fieldNames())));
    }
    DataType type = schema.apply(name).dataType();
    if (!(type instanceof BinaryType) && !isImage(type)) {
      throw new IllegalArgumentException(
          "Invalid inputCol: %s has type %s (must be binary, the bytes of image files, or the struct of Spark's image data source)"
              .formatted(name, type.simpleString()));
    }
    return new ImageColumn(schema.fieldIndex(name), !(type instanceof BinaryType));
  }

  private static boolean isImage(DataType type) {
    return type instanceof StructType struct
        && Arrays.stream(struct.fields()).map(StructField::name).toList().containsAll(Image.FIELDS);
  }

  /**
   * Returns a row's image as the bytes of an image file.
   *
   * @throws Undecodable if it is null, or a struct that is no image
   */
  byte[] encoded(Row row) throws Undecodable {
    if (row.isNullAt(index)) {
      throw new Undecodable(RejectReason.EMPTY, "the column is null");
    }
    return isStruct ? Image.of(row.getStruct(index)).png() : row.getAs(index);
  }

  /**
   * Pixels of 8 bits as OpenCV has them: rows of gray, of blue, green, red, or of these and alpha.
   */
  private record Image(int width, int height, int channels, byte[] data) {

    static final List<String> FIELDS = List.of("width", "height", "nChannels", "data");

    static Image of(Row image) throws Undecodable {
      Image read =
          new Image(
              image.getAs("width"),
              image.getAs("height"),
              image.getAs("nChannels"),
              image.getAs("data"));
      boolean whole =
          read.width > 0
              && read.height > 0
              && (read.channels == 1 || read.channels == 3 || read.channels == 4)
              && (long) read.width * read.height * read.channels == read.data.length;
      if (!whole) {
        throw new Undecodable(
            RejectReason.CORRUPT,
            "%d bytes are not %d x %d pixels of %d channels"
                .formatted(read.data.length, read.width, read.height, read.channels));
      }
      return read;
    }

    /** Returns these pixels in PNG, without alpha. */
    byte[] png() {
      byte[] bgr = new byte[3 * width * height];
      for (int pixel = 0; pixel < width * height; pixel++) {
        for (int colour = 0; colour < 3; colour++) {
          bgr[3 * pixel + colour] = data[channels * pixel + (channels == 1 ? 0 : colour)];
        }
      }
      return PngEncoder.ofBgr(bgr, 0, width, height);
    }
  }
}

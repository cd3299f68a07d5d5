package io.sparkmae.data.layout;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sparkmae.data.image.RejectReason;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@code tf.Example} with an image: the first value of each of its features.
 *
 * <p>The names of TensorFlow Datasets are image, label, file_name; labels count from 0, or are
 * text. Those of the TPU and Slim scripts are image/encoded, image/class/label, image/filename;
 * labels count from 1, and 0 is background, which becomes -1.
 */
final class TfExample {
  private static final List<String> IMAGES = List.of("image/encoded", "image");
  private static final List<String> NAMES = List.of("image/filename", "file_name", "filename");
  private static final String LABEL = "label";
  private static final String LABEL_FROM_1 = "image/class/label";

  // Protocol buffers: wire types, and the numbers of the fields.
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED_32 = 5;
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int BYTES_LIST = 1;
  private static final int INT64_LIST = 3;

  private final Map<String, byte[]> bytes = new HashMap<>();
  private final Map<String, Long> numbers = new HashMap<>();

  private TfExample() {}

  /**
   * Returns the image of an example.
   *
   * @param place unique name among all samples
   */
  static Sample sample(String place, byte[] data, TextLabels labels) {
    var example = new TfExample();
    try {
      example.messages(ByteBuffer.wrap(data), 1, example::features);
    } catch (RuntimeException e) { // of a buffer that ends, or holds impossible numbers
      return Sample.reject(place, RejectReason.CORRUPT, "the record is not a tf.Example");
    }
    return example.sample(place, labels);
  }

  private Sample sample(String place, TextLabels labels) {
    String name = new String(first(NAMES, new byte[0]), UTF_8);
    String key = name.isEmpty() ? place : place + "/" + name;
    byte[] image = first(IMAGES, null);
    if (image == null) {
      return Sample.reject(
          key,
          RejectReason.NO_BYTES,
          "no feature is named %s".formatted(String.join(" or ", IMAGES)));
    }
    if (!numbers.containsKey(LABEL) && bytes.containsKey(LABEL)) {
      return Sample.image(key, image, labels.number(new String(bytes.get(LABEL), UTF_8).strip()));
    }
    long label = numbers.getOrDefault(LABEL, numbers.getOrDefault(LABEL_FROM_1, 0L) - 1);
    return Sample.image(key, image, label < 0 || label > Integer.MAX_VALUE ? -1 : (int) label);
  }

  private byte[] first(List<String> names, byte[] otherwise) {
    return names.stream()
        .map(bytes::get)
        .filter(found -> found != null)
        .findFirst()
        .orElse(otherwise);
  }

  @FunctionalInterface
  private interface Message {
    void read(ByteBuffer message);
  }

  /** Passes every submessage in field {@code number} to {@code reader}. */
  private void messages(ByteBuffer in, int number, Message reader) {
    while (in.hasRemaining()) {
      long tag = varint(in);
      if (tag == (number << 3 | BYTES)) {
        reader.read(slice(in));
      } else {
        skip(in, (int) tag & 7);
      }
    }
  }

  private void features(ByteBuffer in) {
    messages(in, 1, this::feature);
  }

  /** Reads an entry of the feature map: a name and a list of values. */
  private void feature(ByteBuffer entry) {
    var name = new String[] {""};
    messages(entry.duplicate(), KEY, key -> name[0] = UTF_8.decode(key).toString());
    messages(
        entry,
        VALUE,
        lists -> {
          messages(lists.duplicate(), BYTES_LIST, list -> bytes(list, name[0]));
          messages(lists, INT64_LIST, list -> numbers(list, name[0]));
        });
  }

  private void bytes(ByteBuffer list, String name) {
    messages(
        list,
        1,
        value -> {
          byte[] copy = new byte[value.remaining()];
          value.get(copy);
          bytes.putIfAbsent(name, copy);
        });
  }

  /** Reads integers: packed, as in current files, or each with its own tag. */
  private void numbers(ByteBuffer list, String name) {
    if (list.hasRemaining()) {
      boolean packed = (varint(list) & 7) == BYTES;
      ByteBuffer values = packed ? slice(list) : list;
      if (values.hasRemaining()) {
        numbers.putIfAbsent(name, varint(values));
      }
    }
  }

  private static ByteBuffer slice(ByteBuffer in) {
    long length = varint(in);
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer slice = in.slice(in.position(), (int) length);
    in.position(in.position() + (int) length);
    return slice;
  }

  private static void skip(ByteBuffer in, int wireType) {
    switch (wireType) {
      case VARINT -> varint(in);
      case FIXED_64 -> in.getLong();
      case BYTES -> slice(in);
      case FIXED_32 -> in.getInt();
      default -> throw new IllegalArgumentException("wire type " + wireType);
    }
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number of more than 64 bits");
  }
}

package io.sparkmae.data.layout;

import io.sparkmae.data.image.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.SequenceFile;
import org.apache.hadoop.io.Text;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Writes the same labelled images into each of the layouts. */
public enum LayoutWriter {
  FOLDER {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      for (Labelled image : images) {
        TestImages.write(dir.resolve(image.wnid()).resolve(image.name()), image.bytes());
      }
    }
  },
  IMAGENET_TRAIN {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      var classes = new TreeMap<String, Map<String, byte[]>>();
      for (Labelled image : images) {
        classes
            .computeIfAbsent(image.wnid(), name -> new LinkedHashMap<>())
            .put(image.name(), image.bytes());
      }
      var outer = new LinkedHashMap<String, byte[]>();
      for (var one : classes.entrySet()) {
        TestImages.tar(dir.resolve("_inner"), one.getValue());
        outer.put(one.getKey() + ".tar", Files.readAllBytes(dir.resolve("_inner")));
      }
      Files.delete(dir.resolve("_inner"));
      TestImages.tar(dir.resolve("ILSVRC2012_img_train.tar"), outer);
    }
  },
  IMAGENET_VALIDATION {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      var members = new LinkedHashMap<String, byte[]>();
      var truth = new StringBuilder();
      for (int i = 0; i < images.size(); i++) {
        members.put("ILSVRC2012_val_%08d.JPEG".formatted(i + 1), images.get(i).bytes());
        truth.append(CLASSES - images.get(i).label()).append('\n'); // IDs are not ranks
      }
      TestImages.tar(dir.resolve("ILSVRC2012_img_val.tar"), members);
      TestImages.write(dir.resolve(ImageNetLabels.TRUTH), TestImages.text(truth.toString()));
      var ids = new StringBuilder();
      for (int label = 0; label < CLASSES; label++) {
        ids.append("%s %d name_%d\n".formatted(wnid(label), CLASSES - label, label));
      }
      TestImages.write(dir.resolve(ImageNetLabels.IDS), TestImages.text(ids.toString()));
    }
  },
  WEBDATASET {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      TestImages.tar(dir.resolve("a.tar"), members(images.subList(0, images.size() / 2)));
      TestImages.tar(
          dir.resolve("b.tar"), members(images.subList(images.size() / 2, images.size())));
    }
  },
  WEBDATASET_GZIP {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      TestImages.tar(dir.resolve(".a.tar"), members(images));
      gzip(dir.resolve(".a.tar"), dir.resolve("a.tar.gz"));
    }
  },
  TFRECORD_TFDS {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      try (var out = Files.newOutputStream(dir.resolve("x-train.tfrecord-00000-of-00001"))) {
        tfds(out, images);
      }
    }
  },
  TFRECORD_TPU {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      try (var out = Files.newOutputStream(dir.resolve("train-00000-of-00001"))) {
        for (Labelled image : images) {
          record(
              out,
              example(
                  Map.of(
                      "image/encoded", image.bytes(),
                      "image/class/label", image.label() + 1L,
                      "image/filename", TestImages.text(image.name()))));
        }
      }
    }
  },
  TFRECORD_GZIP {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      try (var out = Files.newOutputStream(dir.resolve(".x"))) {
        tfds(out, images);
      }
      gzip(dir.resolve(".x"), dir.resolve("x.tfrecord.gz"));
    }
  },
  SEQUENCE_FILE {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      sequenceFile(dir, images, SequenceFile.CompressionType.NONE);
    }
  },
  SEQUENCE_FILE_BLOCKS {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      sequenceFile(dir, images, SequenceFile.CompressionType.BLOCK);
    }
  },
  PARQUET {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      MessageType schema =
          MessageTypeParser.parseMessageType(
              "message m { optional group image { optional binary bytes; optional binary path"
                  + " (STRING); } optional int64 label; optional binary caption (STRING); }");
      parquet(dir, schema, images);
    }
  },
  PARQUET_PLAIN {
    @Override
    public void write(Path dir, List<Labelled> images) throws IOException {
      MessageType schema =
          MessageTypeParser.parseMessageType(
              "message m { required binary jpeg; optional binary path (STRING);"
                  + " optional int32 label; }");
      parquet(dir, schema, images);
    }
  };

  static final int CLASSES = 3;

  /** An image whose name is unique. */
  record Labelled(String name, int label, byte[] bytes) {
    String wnid() {
      return LayoutWriter.wnid(label);
    }
  }

  static String wnid(int label) {
    return "n0000000" + (label + 1);
  }

  /** Images of all classes, of many sizes, in no order of class. */
  public static List<Labelled> images(int count) {
    return java.util.stream.IntStream.range(0, count)
        .mapToObj(
            i ->
                new Labelled(
                    "%s_%d.JPEG".formatted(wnid(i % CLASSES), i), i % CLASSES, TestImages.jpeg(i)))
        .toList();
  }

  /** The directory exists and is empty. */
  public abstract void write(Path dir, List<Labelled> images) throws IOException;

  static Map<String, byte[]> members(List<Labelled> images) {
    var members = new LinkedHashMap<String, byte[]>();
    for (Labelled image : images) {
      String key = image.name().replace(".JPEG", "");
      members.put(key + ".cls", TestImages.text("" + image.label()));
      members.put(key + ".JPEG", image.bytes());
    }
    return members;
  }

  private static void gzip(Path from, Path to) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(to))) {
      Files.copy(from, out);
    }
  }

  private static void tfds(OutputStream out, List<Labelled> images) throws IOException {
    for (Labelled image : images) {
      record(
          out,
          example(
              Map.of(
                  "image", image.bytes(),
                  "label", (long) image.label(),
                  "file_name", TestImages.text(image.name()))));
    }
  }

  static void record(OutputStream out, byte[] data) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(data.length);
    header.putInt(TfRecords.masked(header.array(), 8));
    out.write(header.array());
    out.write(data);
    ByteBuffer end = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    out.write(end.putInt(TfRecords.masked(data, data.length)).array());
  }

  /** A tf.Example of bytes and longs, written by the rules of protocol buffers. */
  static byte[] example(Map<String, Object> values) {
    var features = new ByteArrayOutputStream();
    values.forEach(
        (name, value) -> {
          var list = new ByteArrayOutputStream();
          if (value instanceof byte[] bytes) {
            field(list, 1, bytes);
          } else {
            var packed = new ByteArrayOutputStream();
            varint(packed, (Long) value);
            field(list, 1, packed.toByteArray());
          }
          var feature = new ByteArrayOutputStream();
          field(feature, value instanceof byte[] ? 1 : 3, list.toByteArray());
          var entry = new ByteArrayOutputStream();
          field(entry, 1, name.getBytes(StandardCharsets.UTF_8));
          field(entry, 2, feature.toByteArray());
          field(features, 1, entry.toByteArray());
        });
    var example = new ByteArrayOutputStream();
    field(example, 1, features.toByteArray());
    return example.toByteArray();
  }

  private static void field(ByteArrayOutputStream out, int number, byte[] bytes) {
    varint(out, number << 3 | 2);
    varint(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    for (; (value & ~0x7fL) != 0; value >>>= 7) {
      out.write((int) (value & 0x7f | 0x80));
    }
    out.write((int) value);
  }

  private static void sequenceFile(
      Path dir, List<Labelled> images, SequenceFile.CompressionType compression)
      throws IOException {
    try (var writer =
        SequenceFile.createWriter(
            new Configuration(),
            SequenceFile.Writer.file(new org.apache.hadoop.fs.Path(dir + "/a.seq")),
            SequenceFile.Writer.keyClass(Text.class),
            SequenceFile.Writer.valueClass(BytesWritable.class),
            SequenceFile.Writer.syncInterval(5000),
            SequenceFile.Writer.compression(compression))) {
      for (Labelled image : images) {
        writer.append(
            new Text(image.name() + "\n" + image.label()), new BytesWritable(image.bytes()));
      }
    }
    Files.deleteIfExists(dir.resolve(".a.seq.crc"));
  }

  private static void parquet(Path dir, MessageType schema, List<Labelled> images)
      throws IOException {
    try (var writer =
        ExampleParquetWriter.builder(new org.apache.hadoop.fs.Path(dir + "/a.parquet"))
            .withType(schema)
            .withCompressionCodec(CompressionCodecName.GZIP)
            .withRowGroupSize(10_000L)
            .withPageSize(4000)
            .withMinRowCountForPageSizeCheck(1)
            .build()) {
      for (Labelled image : images) {
        Group row = new SimpleGroup(schema);
        if (schema.containsField("image")) {
          row.addGroup("image")
              .append("bytes", Binary.fromConstantByteArray(image.bytes()))
              .append("path", image.name());
          row.append("label", (long) image.label());
        } else {
          row.append("jpeg", Binary.fromConstantByteArray(image.bytes()));
          row.append("path", image.name());
          row.append("label", image.label());
        }
        writer.write(row);
      }
    }
    Files.deleteIfExists(dir.resolve(".a.parquet.crc"));
  }
}

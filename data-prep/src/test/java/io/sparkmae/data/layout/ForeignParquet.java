package io.sparkmae.data.layout;

import static io.sparkmae.data.image.TestImages.jpeg;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.storage.ColumnNames;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.apache.parquet.schema.Type;
import org.junit.jupiter.api.io.TempDir;

/** Writes Parquet as others do, five rows into {@code a.parquet}, and reads it. */
abstract class ForeignParquet {
  static final int ROWS = 5;
  static final String IMAGE = "optional binary image; ";

  final Configuration conf = new Configuration();

  @TempDir Path dir;

  void isJpeg(Sample sample) {
    assertThat(sample.bytes()).startsWith(0xff, 0xd8);
  }

  static Binary image(int number) {
    return Binary.fromConstantByteArray(jpeg(number));
  }

  static Integer[] hashes(int from) {
    return IntStream.range(from, from + ROWS)
        .mapToObj(i -> Arrays.hashCode(jpeg(i)))
        .toArray(Integer[]::new);
  }

  void write(CompressionCodecName codec, String fields, ObjIntConsumer<Group> fill)
      throws IOException {
    write(codec, fields, fill, Map.of());
  }

  void write(
      CompressionCodecName codec,
      String fields,
      ObjIntConsumer<Group> fill,
      Map<String, String> metadata)
      throws IOException {
    MessageType schema = MessageTypeParser.parseMessageType("message m { " + fields + " }");
    Files.deleteIfExists(dir.resolve("a.parquet"));
    try (var writer =
        ExampleParquetWriter.builder(new org.apache.hadoop.fs.Path(dir + "/a.parquet"))
            .withType(schema)
            .withExtraMetaData(metadata)
            .withCompressionCodec(codec)
            .build()) {
      for (int i = 0; i < ROWS; i++) {
        Group row = new SimpleGroup(schema);
        if (schema.getType(0).isPrimitive()
            && !schema.getType(0).isRepetition(Type.Repetition.REPEATED)) {
          row.add(schema.getFieldName(0), image(i));
        }
        fill.accept(row, i);
        writer.write(row);
      }
    }
    Files.deleteIfExists(dir.resolve(".a.parquet.crc"));
  }

  void resource(String name) throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/parquet/" + name)) {
      Files.copy(in, dir.resolve(name));
    }
  }

  LayoutChoice choice(ColumnNames columns) {
    return LayoutChoice.of("auto", Inputs.list(List.of(dir.toString()), conf), conf)
        .withColumns(columns);
  }

  List<Sample> read(ColumnNames columns) {
    return read(choice(columns));
  }

  List<Sample> read(LayoutChoice choice) {
    var samples = new ArrayList<Sample>();
    for (SourceUnit unit : choice.layout().units(choice.inputs())) {
      try (Stream<Sample> stream = unit.read(choice.layout(), conf)) {
        stream.forEach(samples::add);
      }
    }
    return samples;
  }

  List<Integer> labels(ColumnNames columns) {
    return read(columns).stream().map(Sample::label).toList();
  }
}

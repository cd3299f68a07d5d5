package io.sparkmae.data.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkmae.data.image.Box;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Awkward image files, what they should give, and the pixels that Pillow makes of them. */
public final class OddFiles {
  static final ObjectMapper JSON = new ObjectMapper();

  private OddFiles() {}

  /** A crop box of a file, and its size x size x 3 pixels. */
  public record Crop(String file, Box box, int size, byte[] pixels) {
    @Override
    public String toString() {
      return file + " " + box;
    }
  }

  public static byte[] bytes(String file) {
    return resource("/odd/" + file);
  }

  public static List<JsonNode> expectations() throws IOException {
    var files = new ArrayList<JsonNode>();
    JSON.readTree(resource("/odd/manifest.json")).path("files").forEach(files::add);
    return files;
  }

  public static List<Crop> pillowCrops() throws IOException {
    byte[] packed = resource("/pillow_crops_odd.safetensors.gz");
    byte[] unpacked = new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes();
    ByteBuffer file = ByteBuffer.wrap(unpacked).order(ByteOrder.LITTLE_ENDIAN);
    byte[] json = new byte[(int) file.getLong()];
    file.get(json);
    JsonNode header = JSON.readTree(new String(json, StandardCharsets.UTF_8));
    ByteBuffer data = file.slice().order(ByteOrder.LITTLE_ENDIAN);
    String[] keys = header.at("/__metadata__/keys").asText().split("\n");
    int size = header.at("/pixels/shape/1").asInt();
    int boxes = header.at("/boxes/data_offsets/0").asInt();
    int pixels = header.at("/pixels/data_offsets/0").asInt();
    var crops = new ArrayList<Crop>();
    for (int i = 0; i < keys.length; i++) {
      int at = boxes + i * 16;
      var box =
          new Box(data.getInt(at), data.getInt(at + 4), data.getInt(at + 8), data.getInt(at + 12));
      byte[] crop = new byte[size * size * 3];
      data.get(pixels + i * crop.length, crop);
      crops.add(new Crop(keys[i], box, size, crop));
    }
    return crops;
  }

  private static byte[] resource(String name) {
    try (InputStream in = OddFiles.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}

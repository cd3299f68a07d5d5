package io.sparkmae.job.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.HuggingFaceNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/** Files that lie: each is either read, or refused by {@link BadModel}, in memory of its size. */
class HostileFilesIT {

  private static final Configuration HADOOP = new Configuration();
  private static final int MUTATIONS = 10_000;
  private static final long OVERHEAD = 4 << 20; // buffers of Hadoop and JSON, and the exception
  private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final String[] NUMBERS = {
    "-1",
    "0",
    "4",
    "1e9",
    "2147483648",
    "4294967296",
    "4611686018427387904",
    "9223372036854775807",
    "99999999999999999999",
    "0.5",
    "null",
    "[]",
    "\"\""
  };

  @TempDir Path directory;

  /** Loads classes and Hadoop's settings, which are nobody's file. */
  @BeforeEach
  void readAGoodFile() throws IOException {
    Path good = Files.write(directory.resolve("good.safetensors"), Stored.file(weights(), "F32"));
    try (ForeignWeights read = ForeignWeights.open(good.toString(), HADOOP)) {
      assertThat(read.all()).isNotEmpty();
    }
    Stored.shards(weights(), 2, directory.resolve("good"));
    ForeignWeights.open(directory.resolve("good").toString(), HADOOP).close();
    Files.delete(good);
  }

  private static Map<String, INDArray> weights() {
    MaeConfig config =
        MaeConfig.preset("mae_vit_base_patch16")
            .withGeometry(4, 2, 1)
            .withTowers(new Tower(64, 1, 1), new Tower(16, 1, 16));
    return HuggingFaceNames.fromReference(
        MaeWeights.all(MaeGraph.create(config, new NoOp(), 0, 1)));
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void tenThousandMutationsOfAFileNeitherCrashNorHangNorTakeMemory() throws IOException {
    byte[] whole = Stored.file(weights(), "BF16");
    int header = 8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    Path file = directory.resolve("model.safetensors");
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] mutated = mutate(whole, header, random);
      Files.write(file, mutated);
      refused += isRefused(file, mutated.length, "mutation " + i) ? 1 : 0;
    }
    assertThat(refused).isBetween(MUTATIONS / 2, MUTATIONS - 1);
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void tenThousandMutationsOfAnIndexNeitherCrashNorHangNorTakeMemory() throws IOException {
    Stored.shards(weights(), 3, directory);
    Path file = directory.resolve("model.safetensors.index.json");
    byte[] whole = Files.readAllBytes(file);
    long length = 0;
    try (var files = Files.list(directory)) {
      for (Path shard : files.filter(Files::isRegularFile).toList()) {
        length += Files.size(shard);
      }
    }
    Random random = new Random(2);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      Files.write(file, mutate(whole, whole.length, random));
      refused += isRefused(file, length, "mutation " + i) ? 1 : 0;
    }
    assertThat(refused).isBetween(MUTATIONS / 2, MUTATIONS - 1);
  }

  private static boolean isRefused(Path file, long length, String what) throws IOException {
    long before = MEMORY.getCurrentThreadAllocatedBytes();
    boolean refused = false;
    try (ForeignWeights weights = ForeignWeights.open(file.toString(), HADOOP)) {
      long numbers = weights.all().values().stream().mapToLong(INDArray::length).sum();
      assertThat(2 * numbers).as(what).isLessThanOrEqualTo(length);
    } catch (BadModel e) {
      assertThat(e.getMessage()).as(what).startsWith("Cannot use " + file).doesNotContain("\n  at");
      refused = true;
    }
    long taken = MEMORY.getCurrentThreadAllocatedBytes() - before;
    assertThat(taken).as(what).isLessThan(OVERHEAD + 8 * length);
    return refused;
  }

  private static byte[] mutate(byte[] whole, int header, Random random) throws IOException {
    byte[] mutated = whole.clone();
    int at = random.nextInt(header);
    int to = Math.min(whole.length, at + random.nextInt(40));
    return switch (random.nextInt(8)) {
      case 0 -> { // a bit
        mutated[at] ^= (byte) (1 << random.nextInt(8));
        yield mutated;
      }
      case 1 -> Arrays.copyOf(whole, random.nextInt(whole.length)); // cut off
      case 2 -> join(Arrays.copyOf(whole, at), Arrays.copyOfRange(whole, to, whole.length));
      case 3 -> join(Arrays.copyOf(whole, to), Arrays.copyOfRange(whole, at, whole.length));
      case 4 -> { // the length of the header, or of nothing
        byte[] length =
            ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(random.nextLong() >>> random.nextInt(64))
                .array();
        System.arraycopy(length, 0, mutated, 0, 8);
        yield mutated;
      }
      case 5 -> { // bytes at random
        for (int i = at; i < to; i++) {
          mutated[i] = (byte) random.nextInt();
        }
        yield mutated;
      }
      case 6 -> join(whole, new byte[random.nextInt(100)]);
      default -> withNumber(whole, header, at, random);
    };
  }

  /** Puts another number where one begins, and mends the header's length. */
  private static byte[] withNumber(byte[] whole, int header, int at, Random random)
      throws IOException {
    int from = at;
    while (from < header && !Character.isDigit(whole[from])) {
      from++;
    }
    int to = from;
    while (to < header && Character.isDigit(whole[to])) {
      to++;
    }
    byte[] number = NUMBERS[random.nextInt(NUMBERS.length)].getBytes(StandardCharsets.UTF_8);
    byte[] mutated =
        join(Arrays.copyOf(whole, from), number, Arrays.copyOfRange(whole, to, whole.length));
    if (whole[0] != '{') {
      long length = header - 8L + number.length - (to - from);
      ByteBuffer.wrap(mutated).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    }
    return mutated;
  }

  private static byte[] join(byte[]... parts) throws IOException {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.write(part);
    }
    return joined.toByteArray();
  }

  @Test
  void everyKindOfLieIsRefused() throws IOException {
    String tensor = "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";
    refused("{\"a\":" + tensor + "}", 7, "its tensors have 8 bytes, the file has 7");
    refused("{\"a\":" + tensor + "}", 9, "its tensors have 8 bytes, the file has 9");
    refused("{\"a\":" + tensor + ",\"a\":" + tensor + "}", 8, "no JSON of tensors");
    refused(
        "{\"a\":" + tensor + ",\"b\":" + tensor + "}", 8, "a gap or an overlap before tensor b");
    refused("{\"a\":" + tensor.replace("[0,8]", "[8,16]") + "}", 16, "a gap or an overlap");
    refused("{\"a\":" + tensor.replace("[0,8]", "[8,0]") + "}", 8, "does not fill its bytes");
    refused("{\"a\":" + tensor.replace("[2]", "[-2]") + "}", 8, "is negative");
    refused("{\"a\":" + tensor.replace("F32", "F31") + "}", 8, "type F31 is unknown");
    refused("{\"a\":" + tensor.replace("F32", "F64") + "}", 8, "does not fill its bytes");
    refused("{\"a\":" + tensor.replace("[2]", "[2.0]") + "}", 8, "no JSON of tensors");
    refused("{\"a\":" + tensor.replace("[2]", "[1,1,1,1,1,1,1,1,2]") + "}", 8, "more than 8 axes");
    // 4 · 2³² · 2³² is 0 in 64 bits
    refused(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
        0,
        "does not fill its bytes");
    refused("{\"a\":" + tensor.replace("8]", "8,9]") + "}", 8, "needs dtype, shape and two");
    refused("{\"a\":" + tensor + "} {}", 8, "no JSON of tensors");
    refused("{\"a\":" + "[".repeat(100_000) + "}", 8, "no JSON of tensors");
    refused("{\"a\":{\"shape\":[" + "9".repeat(1_000_000) + "]}}", 8, "too large");
    refused("{\"a\":{\"dtype\":\"F32\",\"x\":1}}", 8, "tensor a has a x");
    refused("{\"__metadata__\":{\"a\":1},\"a\":" + tensor + "}", 8, "no JSON of tensors");
    refused("{\"a\":" + tensor + "}", 8, "patch_embed.proj.weight is missing"); // and no lie
  }

  private void refused(String header, int data, String said) throws IOException {
    Path file = directory.resolve("lie.safetensors");
    Files.write(file, Stored.file(header, new byte[data]));
    assertThatThrownBy(() -> ForeignWeights.open(file.toString(), HADOOP).close())
        .as(header.substring(0, Math.min(100, header.length())))
        .isInstanceOf(BadModel.class)
        .hasMessageContaining(said);
  }

  @Test
  void anIndexStaysInItsDirectoryAndTellsTheTruth() throws IOException {
    Path model = directory.resolve("model");
    Stored.shards(weights(), 2, model);
    Path index = model.resolve("model.safetensors.index.json");
    String truth = Files.readString(index);
    String shard = "model-00002-of-00002.safetensors";
    for (String lie :
        new String[] {
          "../" + shard,
          "/etc/" + shard,
          "hdfs://host/" + shard,
          "a/" + shard,
          "..",
          ".hidden.safetensors",
          "C:x.safetensors",
          "model.pth"
        }) {
      refusedIndex(index, truth.replace(shard, lie), "its index names the file " + lie);
    }
    refusedIndex(index, truth.replace(shard, "no.safetensors"), "which is not there");
    String name = "vit.layernorm.bias";
    refusedIndex(index, truth.replace("\"" + name, "\"" + name + "es"), "which its index does not");
    refusedIndex(
        index,
        truth.replace("\"weight_map\": {", "\"weight_map\": {\"more\": \"" + shard + "\", "),
        "lacks the tensor more, which its index names");
    refusedIndex(
        index,
        truth.replace(
            "\"weight_map\": {", "\"weight_map\": {\"" + name + "\": \"" + shard + "\", "),
        "no JSON with a weight_map");
    refusedIndex(index, "{\"weight_map\": {}}", "no JSON with a weight_map");
    refusedIndex(index, "[".repeat(100_000), "no JSON with a weight_map");
    Files.writeString(index, truth);
    ForeignWeights.open(model.toString(), HADOOP).close();
  }

  private static void refusedIndex(Path index, String text, String said) throws IOException {
    Files.writeString(index, text);
    assertThatThrownBy(() -> ForeignWeights.open(index.toString(), HADOOP).close())
        .isInstanceOf(BadModel.class)
        .hasMessageContaining(said);
  }
}

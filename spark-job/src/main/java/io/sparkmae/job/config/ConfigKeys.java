package io.sparkmae.job.config;

import static java.util.stream.Collectors.joining;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import io.sparkmae.job.averaging.OuterStep;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.config.Tower;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** A run's settings under their HOCON keys, in both directions. */
public final class ConfigKeys {

  private ConfigKeys() {}

  /**
   * Reads a configuration that has every key; a null asks the preset, or for the warm-up the
   * paper's share.
   */
  static RunConfig read(Config config) {
    String name = config.getString("model.name");
    return new RunConfig(
        name,
        model(MaeConfig.preset(name), config),
        train(config),
        averaging(config),
        data(config),
        checkpoints(config));
  }

  /** The preset of {@code model.name} with the geometry and task that {@code config} overrides. */
  public static MaeConfig model(MaeConfig preset, Config config) {
    return new MaeConfig(
        or(config, "model.image-size", preset.imageSize()),
        or(config, "model.patch-size", preset.patchSize()),
        or(config, "model.channels", preset.channels()),
        tower(preset.encoder(), config, "model."),
        tower(preset.decoder(), config, "model.decoder-"),
        preset.mlpRatio(),
        preset.layerNormEps(),
        or(config, "model.mask-ratio", preset.maskRatio()),
        config.hasPath("model.norm-pix-loss")
            ? config.getBoolean("model.norm-pix-loss")
            : preset.normPixLoss());
  }

  static String text(RunConfig config) {
    ConfigRenderOptions plain =
        ConfigRenderOptions.defaults().setOriginComments(false).setJson(false);
    return settings(config).root().render(plain);
  }

  /**
   * The settings that decide a run's result and differ from {@code text}, each with both values.
   *
   * @param text of another run; a key that it lacks, being newer, has its default there
   */
  public static List<String> differences(String text, RunConfig config) {
    Config there = ConfigFactory.parseString(text).withFallback(ConfigLayers.defaults());
    List<String> differences = new ArrayList<>();
    for (var entry : ConfigFactory.parseString(text(config)).entrySet()) { // 10.0 is read as 10
      String key = entry.getKey();
      Object value = entry.getValue().unwrapped();
      Object other = there.hasPath(key) ? there.getAnyRef(key) : "unknown";
      if (decides(key) && !value.equals(other)) {
        differences.add("%s is %s there and %s here".formatted(key, other, value));
      }
    }
    return differences.stream().sorted().toList();
  }

  private static boolean decides(String key) {
    return !key.startsWith("checkpoint.") && !key.equals("data.decode-threads");
  }

  private static Config settings(RunConfig config) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("model.name", config.modelName());
    putModel(settings, config.model());
    putTrain(settings, config.train());
    putAveraging(settings, config.averaging());
    settings.put("data.uri", config.data().uri());
    settings.put("data.crop-scale-min", config.data().cropScaleMin());
    settings.put("data.crops-per-image", config.data().cropsPerImage());
    settings.put("data.decode-threads", config.data().decodeThreads());
    settings.put("checkpoint.rounds", config.checkpoints().rounds());
    settings.put("checkpoint.minutes", config.checkpoints().minutes());
    settings.put("checkpoint.keep", config.checkpoints().keep());
    return ConfigFactory.parseMap(settings);
  }

  private static RunConfig.Train train(Config config) {
    int epochs = config.getInt("train.epochs");
    return new RunConfig.Train(
        epochs,
        config.getInt("train.batch-size"),
        config.getInt("train.workers"),
        config.getInt("train.gradient-accumulation"),
        config.getInt("train.averaging-frequency"),
        config.getDouble("train.base-lr"),
        or(config, "train.warmup-epochs", epochs / 20.0),
        config.getDouble("train.weight-decay"),
        config.getDouble("train.beta1"),
        config.getDouble("train.beta2"),
        config.getDouble("train.min-lr"),
        config.getDouble("train.clip-grad"),
        config.getLong("train.seed"),
        constant(config, "train.optimizer", RunConfig.Optimiser.class),
        constant(config, "train.engine", Engine.class),
        constant(config, "train.precision", Precision.class));
  }

  private static RunConfig.Averaging averaging(Config config) {
    return new RunConfig.Averaging(
        config.getBoolean("averaging.optimizer-state"),
        config.getDouble("averaging.growth"),
        config.getBoolean("averaging.every-step-in-warmup"),
        new OuterStep(
            config.getDouble("averaging.outer-rate"), config.getDouble("averaging.outer-momentum")),
        constant(config, "averaging.exchange-precision", Precision.class));
  }

  private static RunConfig.Checkpoints checkpoints(Config config) {
    return new RunConfig.Checkpoints(
        config.getInt("checkpoint.rounds"),
        config.getDouble("checkpoint.minutes"),
        config.getInt("checkpoint.keep"));
  }

  private static RunConfig.Data data(Config config) {
    return new RunConfig.Data(
        or(config, "data.uri", ""),
        config.getDouble("data.crop-scale-min"),
        config.getInt("data.crops-per-image"),
        config.getInt("data.decode-threads"));
  }

  private static Tower tower(Tower preset, Config config, String prefix) {
    return new Tower(
        or(config, prefix + "embed-dim", preset.embedDim()),
        or(config, prefix + "depth", preset.depth()),
        or(config, prefix + "num-heads", preset.numHeads()));
  }

  private static int or(Config config, String key, int preset) {
    return config.hasPath(key) ? config.getInt(key) : preset;
  }

  private static double or(Config config, String key, double preset) {
    return config.hasPath(key) ? config.getDouble(key) : preset;
  }

  private static String or(Config config, String key, String preset) {
    return config.hasPath(key) ? config.getString(key) : preset;
  }

  private static <E extends Enum<E>> E constant(Config config, String key, Class<E> type) {
    String name = config.getString(key).toUpperCase(Locale.ROOT);
    return Stream.of(type.getEnumConstants())
        .filter(constant -> constant.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(unknown(key, config.getString(key), type)));
  }

  private static <E extends Enum<E>> String unknown(String key, String value, Class<E> type) {
    String known = Stream.of(type.getEnumConstants()).map(ConfigKeys::lower).collect(joining(", "));
    return "Invalid %s: %s (must be one of %s)".formatted(key, value, known);
  }

  private static void putModel(Map<String, Object> settings, MaeConfig model) {
    settings.put("model.image-size", model.imageSize());
    settings.put("model.patch-size", model.patchSize());
    settings.put("model.channels", model.channels());
    putTower(settings, "model.", model.encoder());
    putTower(settings, "model.decoder-", model.decoder());
    settings.put("model.mask-ratio", model.maskRatio());
    settings.put("model.norm-pix-loss", model.normPixLoss());
  }

  private static void putTower(Map<String, Object> settings, String prefix, Tower tower) {
    settings.put(prefix + "embed-dim", tower.embedDim());
    settings.put(prefix + "depth", tower.depth());
    settings.put(prefix + "num-heads", tower.numHeads());
  }

  private static void putTrain(Map<String, Object> settings, RunConfig.Train train) {
    settings.put("train.epochs", train.epochs());
    settings.put("train.batch-size", train.batchSize());
    settings.put("train.workers", train.workers());
    settings.put("train.gradient-accumulation", train.accumulation());
    settings.put("train.averaging-frequency", train.averagingFrequency());
    settings.put("train.base-lr", train.baseLearningRate());
    settings.put("train.warmup-epochs", train.warmupEpochs());
    settings.put("train.weight-decay", train.weightDecay());
    settings.put("train.beta1", train.beta1());
    settings.put("train.beta2", train.beta2());
    settings.put("train.min-lr", train.minLearningRate());
    settings.put("train.clip-grad", train.maxGradientNorm());
    settings.put("train.seed", train.seed());
    settings.put("train.optimizer", lower(train.optimiser()));
    settings.put("train.engine", lower(train.engine()));
    settings.put("train.precision", lower(train.precision()));
  }

  private static void putAveraging(Map<String, Object> settings, RunConfig.Averaging averaging) {
    settings.put("averaging.optimizer-state", averaging.optimiserState());
    settings.put("averaging.growth", averaging.growth());
    settings.put("averaging.every-step-in-warmup", averaging.everyStepInWarmup());
    settings.put("averaging.outer-rate", averaging.outer().rate());
    settings.put("averaging.outer-momentum", averaging.outer().momentum());
    settings.put("averaging.exchange-precision", lower(averaging.exchangePrecision()));
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}

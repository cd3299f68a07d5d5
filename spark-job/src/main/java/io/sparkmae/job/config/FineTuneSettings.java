package io.sparkmae.job.config;

import java.util.List;
import java.util.stream.Stream;

/**
 * Every setting of a fine-tuning run: those of pre-training that it has too, with the defaults of
 * the paper's Table 9, and its own.
 */
final class FineTuneSettings {

  static final String MODEL = "finetune.model";

  static final SettingsTable TABLE =
      new SettingsTable(
          Stream.concat(
                  Settings.ALL.stream()
                      .filter(setting -> !isOfMasking(setting.key()))
                      .map(FineTuneSettings::adapted),
                  own().stream())
              .toList());

  private FineTuneSettings() {}

  private static boolean isOfMasking(String key) {
    return key.startsWith("model.decoder")
        || key.startsWith("model.mask-")
        || key.equals("model.predict-ratio")
        || key.equals("model.encoder-mask-tokens")
        || key.equals("model.norm-pix-loss")
        || key.equals("train.optimizer");
  }

  private static Setting adapted(Setting setting) {
    return switch (setting.key()) {
      case "model.name" ->
          setting
              .flag(null)
              .doc("The preset of a model that starts from scratch; else the model's.");
      case "model.image-size" -> setting.doc("Side of the crop in pixels; else the model's.");
      case "train.epochs" -> setting.defaultValue("100");
      case "train.base-lr" ->
          setting
              .defaultValue("1e-3")
              .doc("Learning rate of the head for 256 images; it grows with the effective batch.");
      case "train.beta2" -> setting.defaultValue("0.999");
      case "train.min-lr" -> setting.defaultValue("1e-6");
      case "train.weight-decay" ->
          setting.doc("Decoupled decay of the matrices, not of biases, norms, tokens, positions.");
      case "train.seed" ->
          setting.doc("Decides head, order, crops, augmentation and dropped paths.");
      case "train.engine" ->
          setting.flag("--engine=auto|onednn").doc("What computes a step: processors, by oneDNN.");
      case "train.precision" -> setting.flag("--precision=fp32|bf16");
      case "data.crop-scale-min" -> setting.defaultValue("0.08");
      default -> setting;
    };
  }

  private static List<Setting> own() {
    return List.of(
        row("model", "model", "null")
            .flag("--model=URI|none")
            .doc("The pre-trained model, or none to start from scratch; it must be given."),
        row("test", "test", "\"\"")
            .flag("--test=URI")
            .doc("Prepared data with labels, judged after every epoch; the best model is kept."),
        row("classes", "classes", "0").doc("Number of classes; 0 takes the names of the data."),
        row("pooling", "pooling", "mean")
            .flag("--pooling=cls|mean|attention")
            .doc(
                "What the head sees: class token, mean of the patches, or a trained query's answer."),
        row("blocks", "blocks", "-1")
            .flag("--blocks=N")
            .doc("The last blocks that train, with norm and head; 0: head and query; -1: all."),
        row("layer-decay", "layerDecay", "0.75")
            .flag("--layer-decay=FACTOR")
            .doc("Learning rate of a block over that of the next one."),
        row("drop-path", "dropPath", "0.1")
            .flag("--drop-path=SHARE")
            .doc("Share of the images that skip the last block; less in earlier blocks."),
        row("mixup", "mixup", "0.8")
            .flag("--mixup=ALPHA")
            .doc("Mixes the images of a batch, by shares from Beta(alpha, alpha); 0 for none."),
        row("cutmix", "cutmix", "1.0")
            .flag("--cutmix=ALPHA")
            .doc(
                "Exchanges boxes between the images of a batch; 0 for none. With mixup: by turns."),
        row("label-smoothing", "smoothing", "0.1")
            .flag("--label-smoothing=SHARE")
            .doc("Share of a target that all classes have in common."),
        row("rand-augment", "randAugment", "9")
            .flag("--rand-augment=LEVEL")
            .doc("Strength of RandAugment, to 10; 0 for none."),
        row("rand-augment-deviation", "randAugmentDeviation", "0.5")
            .doc("Standard deviation of that strength."),
        row("rand-augment-operations", "randAugmentOperations", "2")
            .doc("Operations drawn for an image; each is applied with probability 1/2."),
        row("random-erasing", "randomErasing", "0.25")
            .flag("--random-erasing=SHARE")
            .doc("Share of the images that lose a rectangle to noise; 0 for none."));
  }

  private static Setting row(String key, String component, String defaultValue) {
    return Settings.row("finetune." + key, "fineTune." + component, defaultValue);
  }
}

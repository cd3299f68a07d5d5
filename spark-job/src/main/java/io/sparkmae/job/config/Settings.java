package io.sparkmae.job.config;

import java.util.List;

/**
 * Every setting of a pre-training run, a row each, which is all that its key, default, flag, help
 * and line of {@code docs/settings.md} come from.
 */
final class Settings {

  static final List<Setting> ALL =
      List.of(
          row("model.name", "modelName", "mae_vit_base_patch16")
              .flag("--model=NAME")
              .doc("The preset; it decides what of the model is not set."),
          row("model.image-size", "model.imageSize")
              .flag("--image-size=PIXELS")
              .doc("Side of the crop that is trained on, in pixels."),
          row("model.patch-size", "model.patchSize").doc("Side of a patch, in pixels."),
          row("model.channels", "model.channels")
              .flag("--channels=C")
              .doc("Channels of a pixel; those of the prepared data unless given."),
          row("model.embed-dim", "model.encoder.embedDim").doc("Width of the encoder."),
          row("model.depth", "model.encoder.depth").doc("Blocks of the encoder."),
          row("model.num-heads", "model.encoder.numHeads").doc("Heads of the encoder's attention."),
          row("model.decoder-embed-dim", "model.decoder.embedDim").doc("Width of the decoder."),
          row("model.decoder-depth", "model.decoder.depth").doc("Blocks of the decoder."),
          row("model.decoder-num-heads", "model.decoder.numHeads")
              .doc("Heads of the decoder's attention."),
          row("model.decoder-attention", "model.decoderAttention")
              .flag("--decoder-attention=self|cross")
              .doc(
                  "What the decoder's tokens attend to; cross: the visible ones alone (CrossMAE)."),
          row("model.mask-ratio", "model.maskRatio")
              .flag("--mask-ratio=SHARE")
              .doc("Share of the patches removed."),
          row("model.predict-ratio", "model.predictRatio")
              .flag("--predict-ratio=SHARE")
              .doc(
                  "Share of all patches that cross predicts in training; 0 for every removed one."),
          row("model.mask-sampling", "model.maskSampling", "random")
              .flag("--mask-sampling=random|block|grid")
              .doc(
                  "How the removed patches are chosen: each alike, large blocks, or all but a regular grid."),
          row("model.encoder-mask-tokens", "model.encoderMaskTokens", "false")
              .doc("Sends the removed patches through the encoder too, without their pixels."),
          row("model.norm-pix-loss", "model.normPixLoss")
              .flag("--norm-pix-loss=true|false")
              .doc("Normalises the target patch by patch."),
          row("train.init", "init", "\"\"")
              .flag("--init=URI")
              .doc(
                  "A model to start from: ours, or safetensors of timm, Hugging Face or the reference."),
          row("train.epochs", "train.epochs", "800")
              .flag("--epochs=N")
              .doc("Passes over the data."),
          row("train.batch-size", "train.batchSize", "64")
              .flag("--batch-size=N")
              .doc("Crops that a worker computes at once."),
          row("train.workers", "train.workers", "0")
              .flag("--workers=N")
              .doc(
                  "Parallel workers; 0 takes the number of the checkpoint that the run goes on from, or every task slot."),
          row("train.gradient-accumulation", "train.accumulation", "1")
              .flag("--gradient-accumulation=N")
              .doc("Batches of one local step of one worker."),
          row("train.averaging-frequency", "train.averagingFrequency", "16")
              .flag("--averaging-frequency=N")
              .doc("Local steps between averagings."),
          row("train.base-lr", "train.baseLearningRate", "1.5e-4")
              .flag("--base-lr=RATE")
              .doc("Learning rate for 256 images; it grows with the effective batch."),
          row("train.warmup-epochs", "train.warmupEpochs")
              .flag("--warmup-epochs=N")
              .doc("Epochs of linear warm-up; a twentieth of all unless given."),
          row("train.weight-decay", "train.weightDecay", "0.05")
              .flag("--weight-decay=RATE")
              .doc("Decoupled decay of the weights, not of biases and norms."),
          row("train.beta1", "train.beta1", "0.9").doc("Decay of the first moment."),
          row("train.beta2", "train.beta2", "0.95").doc("Decay of the second moment."),
          row("train.min-lr", "train.minLearningRate", "0")
              .doc("Learning rate at the end of the cosine."),
          row("train.clip-grad", "train.maxGradientNorm", "0")
              .doc("Gradients of a larger norm are scaled down to it; 0 for none."),
          row("train.seed", "train.seed", "0")
              .flag("--seed=N")
              .doc("Decides weights, order, crops and masks."),
          row("train.optimizer", "train.optimiser", "adamw")
              .doc("What turns gradients into steps: adamw or sgd."),
          row("train.engine", "train.engine", "auto")
              .flag("--engine=auto|graph|onednn|cuda")
              .doc("What computes a step; auto takes the fastest that the machine has."),
          row("train.precision", "train.precision", "fp32")
              .flag("--precision=fp32|tf32|bf16")
              .doc("Number format of the products."),
          row("averaging.optimizer-state", "averaging.optimiserState", "true")
              .flag("--average-optimizer-state=true|false")
              .doc("Averages Adam's moments in every round; false: with checkpoints alone."),
          row("averaging.growth", "averaging.growth", "0")
              .doc("Alpha of the Quadratic Synchronization Rule; 0 for none."),
          row("averaging.every-step-in-warmup", "averaging.everyStepInWarmup", "false")
              .doc("Averages after every step of the warm-up."),
          row("averaging.outer-rate", "averaging.outer.rate", "1")
              .doc("How far a round moves towards the average; DiLoCo takes 0.7."),
          row("averaging.outer-momentum", "averaging.outer.momentum", "0")
              .doc("Nesterov's momentum over rounds; DiLoCo takes 0.9."),
          row("averaging.exchange-precision", "averaging.exchangePrecision", "fp32")
              .doc(
                  "What rounds travel in: fp32; bf16: results half as long; int4: parameters in less than an eighth."),
          row("checkpoint.rounds", "checkpoints.rounds", "0")
              .flag("--checkpoint-rounds=N")
              .doc("Rounds between checkpoints; 0 for none."),
          row("checkpoint.minutes", "checkpoints.minutes", "10")
              .flag("--checkpoint-minutes=N")
              .doc("Minutes between checkpoints; 0 for none."),
          row("checkpoint.keep", "checkpoints.keep", "2")
              .flag("--keep-last=N")
              .doc("Newest versions of the run that are kept."),
          row("data.uri", "data.uri")
              .flag("--data=URI")
              .doc("The prepared data set; it must be given."),
          row("data.crop-scale-min", "data.cropScaleMin", "0.2")
              .doc("Smallest share of a photograph's area that a crop takes."),
          row("data.crops-per-image", "data.cropsPerImage", "1")
              .flag("--crops-per-image=N")
              .doc("Crops of an image that is decoded once; must divide train.batch-size."),
          row("data.decode-threads", "data.decodeThreads", "0")
              .doc("Threads that decode for a worker; 0 takes as many as a step has."));

  static final SettingsTable PRETRAINING = new SettingsTable(ALL);

  private Settings() {}

  private static Setting row(String key, String component) {
    return row(key, component, "null");
  }

  static Setting row(String key, String component, String defaultValue) {
    Class<?> type = Components.type(RunConfig.class, component);
    return new Setting(key, component, type, defaultValue, null, "");
  }
}

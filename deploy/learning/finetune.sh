#!/usr/bin/env bash
# Fine-tuned from our pre-training against from scratch, at the same fine-tuning budget: a Markdown table.
#   deploy/learning/finetune.sh TRAIN TEST DIRECTORY      prepared data sets with labels, for example CIFAR-10
# PRETRAIN_EPOCHS (default 45), EPOCHS of fine-tuning (6), SEEDS (0 1 2), CLASSES for data that names none (0),
# BLOCKS and WIDTH of the encoder (4, 96), PATCH (4). MAE is the launcher. What is finished is not done again.
set -euo pipefail
train=$1 test=$2 directory=$3
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
mae=${MAE:-$root/deploy/bin/mae}
mkdir -p "$directory"

# field NAME: its value in the last line of stdin.
field() { tail -1 | grep -o "\"$1\":[^,}]*" | cut -d: -f2; }

geometry=(model.name=mae_vit_tiny_patch16 "model.patch-size=${PATCH:-4}" "model.embed-dim=${WIDTH:-96}" "model.depth=${BLOCKS:-4}")
common=(--image-size 32 --workers 2 --batch-size 64 --averaging-frequency 8)
# what a short run on little data needs: see docs/finetuning.md
recipe=(--mixup 0 --cutmix 0 --rand-augment 0 --random-erasing 0 --drop-path 0 --label-smoothing 0.1 --layer-decay 0.75 --base-lr 2e-3)

"$mae" pretrain --data "$train" --output "$directory/pretrained" "${common[@]}" --epochs "${PRETRAIN_EPOCHS:-45}" --base-lr 6e-3 --warmup-epochs 4 \
  --norm-pix-loss=true --set "${geometry[@]}" model.decoder-depth=2 data.crop-scale-min=0.5 >"$directory/pretrained.json" 2>"$directory/pretrained.log"

# tune MODEL SEED SETTING...: prints the top-1 after the last epoch.
tune() {
  local model=$1 seed=$2 name
  shift 2
  name=$directory/$(basename "$model")-$seed
  "$mae" finetune --model "$model" --data "$train" --test "$test" --output "$name" "${common[@]}" --epochs "${EPOCHS:-6}" \
    --seed "$seed" "${recipe[@]}" --set "finetune.classes=${CLASSES:-0}" data.crop-scale-min=0.5 "$@" >"$name.json" 2>"$name.log"
  field top1 <"$name.json"
}

echo '| seed | from scratch: top-1 | fine-tuned: top-1 |'
echo '|---|---|---|'
for seed in ${SEEDS:-0 1 2}; do
  scratch=$(tune none "$seed" "${geometry[@]}")
  echo "| $seed | $scratch | $(tune "$directory/pretrained" "$seed") |"
done

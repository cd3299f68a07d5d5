#!/usr/bin/env bash
# The loss of runs whose workers exchange fp32 or bf16, seed by seed: a Markdown table.
#   deploy/soak/exchange-precision.sh TRAIN DIRECTORY        TRAIN is a prepared data set
# EPOCHS, default 4; SEEDS, default "0 1 2".
set -euo pipefail
train=$1 directory=$2
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
mkdir -p "$directory"

# loss SEED STEPS PRECISION
loss() {
  "$root/deploy/bin/mae" --master 'local[2]' pretrain --data "$train" --output "$directory/s$1-h$2-$3" --model mae_vit_tiny_patch16 \
    --image-size 32 --epochs "${EPOCHS:-4}" --batch-size 64 --workers 2 --averaging-frequency "$2" --seed "$1" --base-lr 1e-3 \
    --set model.patch-size=4 model.depth=4 model.decoder-depth=2 data.crop-scale-min=0.5 "averaging.exchange-precision=$3" \
    2>"$directory/s$1-h$2-$3.log" | tail -1 | grep -o '"loss":[^,}]*' | cut -d: -f2
}

echo '| seed | local steps | loss, fp32 | loss, bf16 |'
echo '|---|---|---|---|'
for seed in ${SEEDS:-0 1 2}; do
  for steps in 1 16; do
    echo "| $seed | $steps | $(loss "$seed" "$steps" fp32) | $(loss "$seed" "$steps" bf16) |"
  done
done

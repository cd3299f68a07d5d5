#!/usr/bin/env bash
# The loss of runs whose workers exchange fp32, bf16 or int4, seed by seed: a Markdown table.
#   deploy/soak/exchange-precision.sh TRAIN DIRECTORY        TRAIN is a prepared data set
# EPOCHS, default 4; SEEDS, default "0 1 2".
set -euo pipefail
train=$1 directory=$2
source "$(dirname "$(readlink -f "$0")")/tiny.sh"
mkdir -p "$directory"

# loss SEED STEPS PRECISION
loss() {
  "$root/deploy/bin/mae" --master 'local[2]' pretrain --data "$train" --output "$directory/s$1-h$2-$3" \
    --epochs "${EPOCHS:-4}" --batch-size 64 --workers 2 --averaging-frequency "$2" --seed "$1" --base-lr 1e-3 \
    "${tiny[@]}" "averaging.exchange-precision=$3" 2>"$directory/s$1-h$2-$3.log" | field loss
}

echo '| seed | local steps | loss, fp32 | loss, bf16 | loss, int4 |'
echo '|---|---|---|---|---|'
for seed in ${SEEDS:-0 1 2}; do
  for steps in 1 16; do
    echo "| $seed | $steps | $(loss "$seed" "$steps" fp32) | $(loss "$seed" "$steps" bf16) | $(loss "$seed" "$steps" int4) |"
  done
done

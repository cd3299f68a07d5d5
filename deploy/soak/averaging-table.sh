#!/usr/bin/env bash
# Loss and probe accuracy for averaging frequencies, workers and the outer step, at equal images seen: a Markdown table.
#   deploy/soak/averaging-table.sh TRAIN TEST DIRECTORY      prepared data sets with labels, for example CIFAR-10
# EPOCHS, default 20. The rate grows with the workers, as always.
set -euo pipefail
train=$1 test=$2 directory=$3
source "$(dirname "$(readlink -f "$0")")/tiny.sh"
mkdir -p "$directory"

echo '| workers | local steps | outer step | loss | top-1, linear |'
echo '|---|---|---|---|---|'
for workers in 1 2 4; do
  for steps in 1 4 16 64; do
    for outer in '1 0' '0.7 0.9'; do
      read -r rate momentum <<<"$outer"
      model=$directory/w$workers-h$steps-m$momentum
      loss=$("$root/deploy/bin/mae" --master "local[2]" pretrain --data "$train" --output "$model" \
        --epochs "${EPOCHS:-20}" --batch-size $((128 / workers)) --workers "$workers" --averaging-frequency "$steps" \
        --base-lr 1e-3 "${tiny[@]}" \
        "averaging.outer-rate=$rate" "averaging.outer-momentum=$momentum" 2>"$model.log" | field loss)
      top1=$("$root/deploy/bin/mae" --master "local[2]" probe --model "$model" --train "$train" --test "$test" --method linear \
        2>>"$model.log" | field top1)
      echo "| $workers | $steps | $rate, $momentum | $loss | $top1 |"
    done
  done
done

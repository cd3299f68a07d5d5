#!/usr/bin/env bash
# Variants of a recipe at a fixed number of epochs, judged on a fifth of the training images that pre-training never saw: a Markdown table.
#   deploy/learning/search.sh IMAGES DIRECTORY <<'END'      images with labels, in any layout; a variant a line: its name and options of pretrain
#   rate-6e-3 --base-lr 6e-3
#   raw --norm-pix-loss=false
#   END
# RECIPE (small-images), EPOCHS (30), SEEDS (0), MAE (the launcher and Spark's options). What is finished is not done again.
set -euo pipefail
images=$1 directory=$2
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
read -ra mae <<<"${MAE:-$root/deploy/bin/mae}"
mkdir -p "$directory"

# field NAME: its value in the last line of stdin.
field() { tail -1 | grep -o "\"$1\":[^,}]*" | cut -d: -f2; }

# probe MODEL POOLING: top-1 on the images of validation.
probe() {
  "${mae[@]}" probe --model "$1" --train "$directory/data/train" --test "$directory/data/validation" --pooling "$2" </dev/null 2>>"$1.log" | field top1
}

[[ -d $directory/data/train ]] ||
  "${mae[@]}" prepare --input "$images" --output "$directory/data" --validation-share 0.2 >"$directory/prepare.json" 2>"$directory/prepare.log"
echo '| variant | seed | processor seconds | loss | top-1, mean | top-1, class token |'
echo '|---|---|---|---|---|---|'
TIMEFORMAT=%U
while read -ra variant; do
  for seed in ${SEEDS:-0}; do
    run=$directory/${variant[0]}-$seed
    { time "${mae[@]}" pretrain --config "recipe:${RECIPE:-small-images}" --data "$directory/data/train" --output "$run" --epochs "${EPOCHS:-30}" \
      --seed "$seed" "${variant[@]:1}" </dev/null >"$run.json" 2>"$run.log"; } 2>"$run.seconds"
    echo "| ${variant[0]} | $seed | $(<"$run.seconds") | $(field loss <"$run.json") | $(probe "$run" mean) | $(probe "$run" cls) |"
  done
done

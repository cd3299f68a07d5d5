#!/usr/bin/env bash
# The table of training steps: this engine beside its peers, in turn, on one machine.
#
#   deploy/benchmark/step.sh [ROUNDS]                  default 3
#
# PYTORCH and LIBTORCH hold the peers' commands, if they are to run; each takes --model vit_base|vit_tiny64 --batch N
# --threads N --precision fp32|bf16 --steps N and prints a JSON line with step_seconds and peak_rss_mib.
# Prints a row for each geometry, precision and number of threads: medians, and the median of the rounds' ratios.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source "$here/table.sh"
mae=$here/../bin/mae
rounds=${1:-3}
tiny='--model mae_vit_tiny_patch16 --image-size 64 --set model.patch-size=8'

# run FILE COMMAND…: runs a peer or this engine, keeps its seconds and memory; the peer may be absent.
run() {
  local file=$1 line
  shift
  line=$("$@" 2>/dev/null </dev/null | tail -n 1)
  value step_seconds "$line" >>"$file.seconds"
  value peak_rss_mib "$line" >>"$file.rss"
}

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
echo "| geometry | threads | precision | this engine, s (MiB) | PyTorch, s (MiB) | ratio | LibTorch, s (MiB) | ratio |"
echo "|---|---|---|---|---|---|---|---|"
while read -r name peer batch options; do
  for threads in 1 2; do
    for precision in fp32 bf16; do
      rm -f "$results"/*
      for ((round = 0; round < rounds; round++)); do
        # shellcheck disable=SC2086 # options and peers are several words
        run "$results/mae" "$mae" benchmark step $options --batch-size "$batch" --threads "$threads" --precision "$precision"
        for other in PYTORCH LIBTORCH; do
          # shellcheck disable=SC2086
          [[ -z ${!other:-} ]] || OMP_NUM_THREADS=$threads run "$results/$other" ${!other} --model "$peer" --batch "$batch" \
            --threads "$threads" --precision "$precision" --steps 5
        done
      done
      row="| $name | $threads | $precision"
      row+=" | $(median <"$results/mae.seconds") ($(median <"$results/mae.rss"))"
      for other in PYTORCH LIBTORCH; do
        if [[ -f $results/$other.seconds ]]; then
          row+=" | $(median <"$results/$other.seconds") ($(median <"$results/$other.rss"))"
          row+=" | $(ratio "$results/$other.seconds" "$results/mae.seconds")"
        else
          row+=" | - | -"
        fi
      done
      echo "$row |"
    done
  done
done <<TABLE
ViT-B/16,224 vit_base 8 --model mae_vit_base_patch16
tiny,64/8 vit_tiny64 64 $tiny
TABLE
echo
echo "| geometry | visible-only encoder, s | all tokens in the encoder, s | slowdown |"
echo "|---|---|---|---|"
for model in base large; do
  rm -f "$results"/*
  for ((round = 0; round < rounds; round++)); do
    run "$results/visible" "$mae" benchmark step --model "mae_vit_${model}_patch16" --steps 3
    run "$results/full" "$mae" benchmark step --model "mae_vit_${model}_patch16" --steps 3 --full-encoder
  done
  echo "| ViT-$model/16, batch 8, fp32, 1 thread | $(median <"$results/visible.seconds") | $(median <"$results/full.seconds")" \
    "| $(ratio "$results/full.seconds" "$results/visible.seconds") |"
done

#!/usr/bin/env bash
# The table of training steps: this engine beside its peers, in turn, on one machine.
#
#   deploy/benchmark/step.sh [ROUNDS [GEOMETRY …]]      default 3, and all: base tiny small 32px 64px asymmetry
#
# PYTORCH and LIBTORCH hold the peers' commands, if they are to run; each takes --model NAME --batch N --threads N
# --precision fp32|bf16 --steps N and prints a JSON line with step_seconds and peak_rss_mib. PyTorch runs in each of its
# modes, as it is, with --sdpa and with --compile; its columns are the fastest one's.
# Prints a row for each geometry, precision and number of threads: medians, lowest and highest of ours, the median of the
# rounds' ratios, and the share of a large product's speed. THREADS="1 2" and PRECISIONS="fp32 bf16" choose the rows; STEPS, how many are counted.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source "$here/table.sh"
mae=$here/../bin/mae
rounds=${1:-3}
shift || true
geometries=" ${*:-base tiny small 32px 64px asymmetry} "

# run FILE COMMAND…: runs a peer or this engine, keeps its seconds, memory and speeds; a mode that a peer lacks leaves none.
run() {
  local file=$1 line
  shift
  line=$("$@" 2>/dev/null </dev/null | tail -n 1) || true
  value step_seconds "$line" >>"$file.seconds"
  value peak_rss_mib "$line" >>"$file.rss"
  value gflops "$line" >>"$file.gflops"
  value product_gflops "$line" >>"$file.product"
}

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
# peer COMMAND FILE [OPTION]: a peer on the row's geometry, threads and precision.
peer() {
  # shellcheck disable=SC2086 # a peer is several words
  OMP_NUM_THREADS=$threads run "$2" $1 --model "$peer" --batch "$batch" --threads "$threads" --precision "$precision" --steps "$steps" ${3:-}
}

# fastest NAME: of the modes of a peer, the one with the lowest median; nothing without a peer.
fastest() {
  local mode
  for mode in "$results/$1".*.seconds; do
    [[ ! -s $mode ]] || echo "$(median <"$mode") ${mode%.seconds}"
  done | sort -g | sed -n '1s/[^ ]* //p'
}

# columns FILE: a peer's columns of the table.
columns() {
  if [[ -n $1 ]]; then
    echo " | $(median <"$1.seconds") ($(median <"$1.rss")) ${1##*.} | $(ratio "$1.seconds" "$results/mae.seconds")"
  else
    echo " | - | -"
  fi
}

echo "| geometry | threads | precision | this engine, s (MiB) | of a large product | PyTorch, s (MiB) | ratio | LibTorch, s (MiB) | ratio |"
echo "|---|---|---|---|---|---|---|---|---|"
# The steps that are counted, of all: short steps need more of them until the compilers of Java and of PyTorch are through.
while read -r key name peer batch steps options; do
  [[ $geometries == *" $key "* ]] || continue
  steps=${STEPS:-$steps}
  for threads in ${THREADS:-1 2}; do
    for precision in ${PRECISIONS:-fp32 bf16}; do
      rm -f "$results"/*
      for ((round = 0; round < rounds; round++)); do
        # shellcheck disable=SC2086 # options are several words
        run "$results/mae" "$mae" benchmark step $options --batch-size "$batch" --steps "$steps" --threads "$threads" --precision "$precision"
        for mode in eager sdpa compile; do
          option=--$mode
          [[ -z ${PYTORCH:-} ]] || peer "$PYTORCH" "$results/PYTORCH.$mode" "${option/--eager/}"
        done
        [[ -z ${LIBTORCH:-} ]] || peer "$LIBTORCH" "$results/LIBTORCH.one"
      done
      row="| $name | $threads | $precision | $(median <"$results/mae.seconds")"
      row+=" [$(sort -g "$results/mae.seconds" | sed -n 1p)–$(sort -g "$results/mae.seconds" | sed -n '$p')] ($(median <"$results/mae.rss"))"
      row+=" | $(ratio "$results/mae.gflops" "$results/mae.product")"
      echo "$row$(columns "$(fastest PYTORCH)")$(columns "$(fastest LIBTORCH)") |"
    done
  done
done <<TABLE
base ViT-B/16,224 vit_base 8 10 --model mae_vit_base_patch16
tiny ViT-T/16,224 vit_tiny 32 20 --model mae_vit_tiny_patch16
small ViT-S/16,224 vit_small 16 10 --model mae_vit_small_patch16
32px 128x6,32/4 vit_p4 128 60 --model mae_vit_tiny_patch16 --image-size 32 --set model.patch-size=4 model.embed-dim=128 model.depth=6 model.num-heads=4 model.decoder-embed-dim=64 model.decoder-depth=2 model.decoder-num-heads=4
64px tiny,64/8 vit_tiny64 64 40 --model mae_vit_tiny_patch16 --image-size 64 --set model.patch-size=8
TABLE
[[ $geometries == *' asymmetry '* ]] || exit 0
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

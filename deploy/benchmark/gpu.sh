#!/usr/bin/env bash
# The table of training steps on a GPU in bf16: this engine, and PyTorch eager and compiled, in turn, on one GPU.
#
#   deploy/benchmark/gpu.sh [ROUNDS [MODEL:BATCH …]]     default: 3 base:256 base:1024 large:256 large:1024
#
# Build with -Pcuda first. PYTHON, default python3, is a Python with PyTorch 2; without one its columns stay empty.
# Prints seconds of a step (MiB of the GPU in use): medians of the rounds, ratios paired by round, and the share of what a
# large bf16 product reaches on the same GPU.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source "$here/table.sh"
rounds=${1:-3}
shift || true
[[ $# -gt 0 ]] || set -- base:256 base:1024 large:256 large:1024

# run FILE COMMAND…: keeps a run's numbers; what fails (out of memory, no PyTorch) leaves its messages and no number.
run() {
  local file=$1 line
  shift
  line=$("$@" 2>"$file.log" </dev/null | tail -n 1) || true
  [[ -n $line ]] || tail -n 2 "$file.log" >&2
  value step_seconds "$line" >>"$file.seconds"
  value gpu_memory_mib "$line" >>"$file.memory"
  value gflops "$line" >>"$file.gflops"
  value product_gflops "$line" >>"$file.product"
}

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null || true
echo "| geometry, batch | this engine, s (MiB) | share of product | PyTorch eager, s (MiB) | ratio | PyTorch compiled, s (MiB) | ratio |"
echo "|---|---|---|---|---|---|---|"
for row in "$@"; do
  model=${row%:*} batch=${row#*:}
  rm -f "$results"/*
  for ((round = 0; round < rounds; round++)); do
    run "$results/mae" "$here/../bin/mae" benchmark step --engine cuda --precision bf16 --model "mae_vit_${model}_patch16" \
      --batch-size "$batch" --steps 20
    for mode in eager compile; do
      option=()
      [[ $mode == eager ]] || option=(--compile)
      run "$results/$mode" "${PYTHON:-python3}" "$here/pytorch_step.py" --model "vit_$model" --batch "$batch" --steps 20 "${option[@]}"
    done
  done
  line="| ViT-$model, $batch | $(median <"$results/mae.seconds") ($(median <"$results/mae.memory"))"
  line+=" | $(ratio "$results/mae.gflops" "$results/mae.product")"
  for mode in eager compile; do
    line+=" | $(median <"$results/$mode.seconds") ($(median <"$results/$mode.memory"))"
    line+=" | $(ratio "$results/$mode.seconds" "$results/mae.seconds")"
  done
  echo "$line |"
done

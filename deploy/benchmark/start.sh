#!/usr/bin/env bash
# Prints how long starts take with everything built: median, least and most wall seconds, and median processor seconds, of each of these calls.
#
#   deploy/benchmark/start.sh DIRECTORY [CHECKOUT…]    of a few MiB; the checkouts, default this one, are called in turns
#
# RUNS, default 5, is how often. "first-step" lasts from the command to the first line of progress; its processor seconds are the whole run's.
set -euo pipefail
directory=$(realpath "$1")
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
shift
(($#)) || set -- "$root"
train=(--master 'local[2]' pretrain --data "$directory/data" --model mae_vit_tiny_patch16 --image-size 32 --epochs 2 --batch-size 2
  --warmup-epochs 0 --set model.patch-size=8 model.depth=2 model.decoder-depth=1)
calls=(help finished-run first-step)

# call NAME CHECKOUT
call() {
  case $1 in
    help) "$2/deploy/bin/mae" --help ;;
    finished-run) "$2/deploy/bin/mae" "${train[@]}" --output "$directory/finished" ;;
    first-step) rm -rf "$directory/model" && "$2/deploy/bin/mae" "${train[@]}" --output "$directory/model" ;;
  esac
}

# Prints "wall cpu" of a call.
measure() {
  local began=$EPOCHREALTIME ended cpu TIMEFORMAT='%U %S'
  cpu=$({ time call "$@" >/dev/null 2> >(while read -r line; do
    [[ $line != *images/s* ]] || echo "$EPOCHREALTIME"
  done >"$directory/steps"); } 2>&1)
  ended=$EPOCHREALTIME
  [[ $1 != first-step ]] || read -r ended <"$directory/steps"
  awk -v began="$began" -v ended="$ended" '{printf "%.2f %.2f\n", ended - began, $1 + $2}' <<<"$cpu"
}

mkdir -p "$directory/images"
for checkout; do
  "$checkout/deploy/bin/mae" --help >/dev/null # builds what is missing
done
if [[ ! -e $directory/data/manifest.json ]]; then
  for image in {1..12}; do cp "$root/docs/reconstruction.png" "$directory/images/$image.png"; done
  "$1/deploy/bin/mae" --master 'local[1]' prepare --input "$directory/images" --output "$directory/data" --short-side 64 >/dev/null
fi
call finished-run "$1" >/dev/null

declare -A times=()
for ((run = 0; run < ${RUNS:-5}; run++)); do
  for name in "${calls[@]}"; do
    for checkout; do times[$name $checkout]+=$(measure "$name" "$checkout")$'\n'; done
  done
done
printf '| call | checkout | wall, s | least–most | processor, s |\n|---|---|---|---|---|\n'
for name in "${calls[@]}"; do
  for checkout; do
    awk '{print $1}' <<<"${times[$name $checkout]}" | sed '/^$/d' | sort -n >"$directory/wall"
    awk '{print $2}' <<<"${times[$name $checkout]}" | sed '/^$/d' | sort -n >"$directory/cpu"
    median=$((($(wc -l <"$directory/wall") + 1) / 2))
    echo "| $name | $checkout | $(sed -n ${median}p "$directory/wall") | $(head -1 "$directory/wall")–$(tail -1 "$directory/wall") | $(sed -n ${median}p "$directory/cpu") |"
  done
done

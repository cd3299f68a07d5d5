#!/usr/bin/env bash
# Many workers on few cores: seconds of a round by part, the same bits in one process and in executors, and the driver's heap over many rounds.
#   deploy/soak/many-workers.sh IMAGES DIRECTORY        IMAGES is anything that prepare reads; 64 images at least
# WORKERS, default "2 8 32 64"; ROUNDS, default 10000, of the last part, 0 leaves it out.
set -euo pipefail
images=$1 directory=$2 rounds=${ROUNDS:-10000}
source "$(dirname "$(readlink -f "$0")")/tiny.sh"
mkdir -p "$directory"
mae=$root/deploy/bin/mae
[[ -f $directory/data/manifest.json ]] || "$mae" prepare --input "$images" --output "$directory/data" >"$directory/prepare.json" 2>"$directory/prepare.log"
count=$(grep -m1 -o '"rows" *: *[0-9]*' "$directory/data/manifest.json" | grep -o '[0-9]*$')

# pretrain MASTER NAME WORKERS BATCH STEPS EPOCHS
pretrain() {
  "$mae" --master "$1" pretrain --data "$directory/data" --output "$directory/$2" --workers "$3" --batch-size "$4" \
    --averaging-frequency "$5" --epochs "$6" --checkpoint-minutes 0 --model mae_vit_tiny_patch16 --image-size 16 \
    --set model.patch-size=8 model.embed-dim=16 model.depth=1 model.num-heads=2 model.decoder-embed-dim=16 model.decoder-depth=1 \
    model.decoder-num-heads=2 >"$directory/$2.json" 2>"$directory/$2.log"
}

# milliseconds NAME: medians over its rounds: all, waiting, computing, exchanging with averaging, the rest.
milliseconds() {
  awk -F'[,:}]' '{ all = ($10 - images) / $12; images = $10; print all, $14, $16, $18, all - $14 - $16 - $18 }' \
    "$directory/$1"/v*/metrics.jsonl >"$directory/$1.rounds"
  for column in 1 2 3 4 5; do
    cut -d' ' -f"$column" "$directory/$1.rounds" | sort -g |
      awk '{ sorted[NR] = $1 } END { printf " %.1f |", 1000 * sorted[int((NR + 1) / 2)] }'
  done
}

echo '| master | workers | local steps | ms of a round | waiting | computing | exchanging, averaging | the rest |'
echo '|---|---|---|---|---|---|---|---|'
for workers in ${WORKERS-2 8 32 64}; do
  for steps in 1 8; do
    for master in 'local[2]' 'local-cluster[2,1,2048]'; do
      name=w$workers-h$steps-${master%%[*}
      pretrain "$master" "$name" "$workers" 2 "$steps" 3
      echo "| $master | $workers | $steps |$(milliseconds "$name")"
      [[ $(field images <"$directory/$name.json") == $((3 * count)) ]] || { echo "$name trained not every image once an epoch"; exit 1; }
    done
    [[ $(field params_sha256 <"$directory/w$workers-h$steps-local.json") == $(field params_sha256 <"$directory/$name.json") ]] ||
      { echo "$workers workers, $steps local steps: executors ended elsewhere"; exit 1; }
  done
done

((rounds)) || exit 0
echo
echo '| round | live heap of the driver, MiB | seconds |'
echo '|---|---|---|'
steps=$(((count + 3) / 4)) # an epoch of two workers, batches of two
pretrain 'local[2]' heap 2 2 1 $((1 + rounds / steps)) &
driver='' start=$SECONDS
until [[ $driver ]]; do
  sleep 1
  kill -0 $! 2>/dev/null || { echo "It ended: see $directory/heap.log"; exit 1; }
  driver=$(jcmd | grep -- "--output $directory/heap " | cut -d' ' -f1 || true)
done
for ((round = 1000; round <= rounds; round += 1000)); do
  until (($(grep -c '^epoch ' "$directory/heap.log") >= round)); do sleep 0.2; done
  live=$(jcmd "$driver" GC.class_histogram | awk '/^Total/ { print $3 }') # collects first
  echo "| $round | $((live / 1048576)) | $((SECONDS - start)) |"
done
wait $!

#!/usr/bin/env bash
# A model at its true size: two rounds; the same with the driver killed after its first checkpoint; both must end at the same parameters, which are then exported.
#   deploy/soak/large.sh IMAGES DIRECTORY [SETTING…]     IMAGES: a directory of JPEG files, or a tar of them; a few are taken
#   MODEL=mae_vit_huge_patch14 MASTER='local[1]' PRECISION=bf16 STEPS=2 WORKERS=1 deploy/soak/large.sh photos.tar out train.optimizer=sgd
# MODEL, MASTER, PRECISION, HEAP (MiB), ARRAYS (bytes, as 12g), STEPS and WORKERS are the environment's.
set -euo pipefail
images=$1 directory=$2
shift 2
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
model=${MODEL:-mae_vit_large_patch16} master=${MASTER:-local-cluster[2,1,3072]} precision=${PRECISION:-bf16}
heap=${HEAP:-3072} arrays=${ARRAYS:-12g} workers=${WORKERS:-2} steps=${STEPS:-4}
mkdir -p "$directory"
# a killed driver leaves its slices on the disk
SPARK_LOCAL_DIRS=$(realpath "$directory")/scratch
export SPARK_LOCAL_DIRS
trap 'rm -rf "$SPARK_LOCAL_DIRS"' EXIT
java="-Djava.awt.headless=true -Dorg.bytedeco.javacpp.maxbytes=$arrays -Dorg.bytedeco.javacpp.maxphysicalbytes=0"

mae() {
  "$root/deploy/bin/mae" --master "$master" --driver-memory "${heap}m" --conf "spark.driver.defaultJavaOptions=$java" \
    --conf "spark.executor.defaultJavaOptions=$java" "$@"
}

# pretrain NAME [OPTION…]: two rounds of STEPS / 2 steps, one image a step and worker.
pretrain() {
  local name=$1
  shift
  mae pretrain --data "$directory/data" --output "$directory/$name" --model "$model" --precision "$precision" --epochs 1 --workers "$workers" \
    --batch-size 1 --averaging-frequency $((steps / 2)) --checkpoint-rounds 1 "$@" --set "${settings[@]}" \
    >"$directory/$name.json" 2>>"$directory/$name.log"
}

# descendants PID
descendants() { for child in $(pgrep -P "$1" || true); do echo "$child"; descendants "$child"; done; }

# watch PID: the most memory that its JVMs had together, and each of them alone, in MiB.
watch() {
  local most=0 all pid
  declare -A peak
  while kill -0 "$1" 2>/dev/null; do
    all=0
    for pid in "$1" $(descendants "$1"); do
      now=$(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$pid/status" 2>/dev/null || true)
      ((all += ${now:-0})) || true
      ((${now:-0} <= ${peak[$pid]:-100})) || peak[$pid]=$now
    done
    ((all <= most)) || most=$all
    sleep 0.5
  done
  echo "memory: $most MiB at once; processes alone: ${peak[*]} MiB"
}

field() { grep -o "\"$2\":\"\?[^,}\"]*" "$1" | sed 's/.*:"\?//'; }

settings=(train.warmup-epochs=0 "$@")
rm -rf "$directory"/{calm,killed,timm,huggingface}*
if [[ ! -e $directory/data ]]; then
  mkdir -p "$directory/images"
  first="NR <= $((steps * workers))"
  if [[ -f $images ]]; then
    tar -tf "$images" | grep -iE '\.jpe?g$' | awk "$first" | tar -xf "$images" -C "$directory/images" -T -
  else
    find "$images" -type f | grep -iE '\.jpe?g$' | sort | awk "$first" | xargs -d '\n' cp -t "$directory/images"
  fi
  mae prepare --input "$directory/images" --output "$directory/data" 2>"$directory/prepare.log"
fi

echo "$model, $precision, $master, ${settings[*]}"
pretrain calm &
watch $!
wait $!
grep -E '^checkpoint [^{]|weights, gradients' "$directory/calm.log"
sed 's/.*"step":\([0-9]*\).*"seconds_waiting":\([0-9.]*\).*"seconds_computing":\([0-9.]*\).*"seconds_exchanging":\([0-9.]*\).*/round to step \1: waiting \2, computing \3, exchanging \4 s/' \
  "$directory"/calm/v000002/metrics.jsonl

pretrain killed &
driver=$!
until [[ -e $directory/killed/v000001/_SUCCESS ]]; do
  kill -0 $driver
  sleep 0.2
done
for pid in $(descendants $driver); do kill -9 "$pid" 2>/dev/null || true; done
wait $driver || true
rm -rf "$SPARK_LOCAL_DIRS"
pretrain killed
grep -h 'going on from' "$directory/killed.log"
calm=$(field "$directory/calm.json" params_sha256) killed=$(field "$directory/killed.json" params_sha256)
[[ $calm && $calm == "$killed" ]] || { echo "undisturbed $calm, resumed $killed"; exit 1; }
echo "undisturbed and resumed: $calm"

for layout in timm huggingface; do
  mae export --model "$directory/killed" --output "$directory/$layout" --layout $layout 2>>"$directory/killed.log"
done

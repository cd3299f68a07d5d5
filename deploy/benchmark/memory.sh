#!/usr/bin/env bash
# The table of docs/memory.md: the memory that runs took, beside what `mae plan` says, in MiB.
#
#   deploy/benchmark/memory.sh DIRECTORY               of a few hundred MiB; it may keep the data of an earlier call
#
# Each run trains two epochs of 32 small images. The heap counts in full, since a longer run fills it sooner or later: Java touches all of it at the start.
# ROWS, default all, picks rows by number, as in "1 4".
set -euo pipefail
directory=$1
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
source "$root/deploy/benchmark/table.sh"
mkdir -p "$directory"
SPARK_LOCAL_DIRS=$(realpath "$directory")/scratch
export SPARK_LOCAL_DIRS OMP_NUM_THREADS=1
trap 'rm -rf "$SPARK_LOCAL_DIRS" "$directory/model"' EXIT
mae=$root/deploy/bin/mae
java='-Djava.awt.headless=true -Dorg.bytedeco.javacpp.maxphysicalbytes=0 -Dorg.bytedeco.javacpp.maxbytes=8g -XX:+AlwaysPreTouch'

if [[ ! -e $directory/data/manifest.json ]]; then
  mkdir -p "$directory/images"
  for image in {1..32}; do cp "$root/docs/reconstruction.png" "$directory/images/$image.png"; done
  "$mae" --master 'local[1]' prepare --input "$directory/images" --output "$directory/data" --short-side 320 >/dev/null 2>"$directory/prepare.log"
fi

# descendants PID
descendants() { for child in $(pgrep -P "$1" || true); do echo "$child"; descendants "$child"; done; }

# peaks PID: the most memory of the driver and of an executor, in MiB, once PID has ended.
peaks() {
  local driver=0 executor=0 pid now
  while kill -0 "$1" 2>/dev/null; do
    for pid in "$1" $(descendants "$1"); do
      now=$(awk '/^VmHWM/ {print int($2 / 1024)}' "/proc/$pid/status" 2>/dev/null) || true
      case $(cat "/proc/$pid/cmdline" 2>/dev/null | tr '\0' ' ') in
        *CoarseGrainedExecutorBackend*) ((${now:-0} <= executor)) || executor=$now ;;
        *deploy.SparkSubmit*) ((${now:-0} <= driver)) || driver=$now ;;
      esac
    done
    sleep 0.1
  done
  echo "$driver $executor"
}

# planned PROCESS LINE: its total, 0 for none.
planned() { sed -n "s/.*\"$1\":{[^}]*},[^}]*\"total\":\([0-9]*\)}.*/\1/p" <<<"$2" | grep . || echo 0; }

# beside PLANNED MEASURED: both, and the plan's error.
beside() { (($2 == 0)) && echo '– | – | –' || awk -v p="$1" -v m="$2" 'BEGIN {printf "%d | %d | %+.1f %%", p, m, 100 * (p / m - 1)}'; }

echo '| model | precision | batch × parts | workers | master | driver: plan | measured | error | executor: plan | measured | error |'
echo '|---|---|---|---|---|---|---|---|---|---|---|'
row=0
while read -r model precision batch parts workers master driver; do
  row=$((row + 1))
  [[ -z ${ROWS:-} || " $ROWS " == *" $row "* ]] || continue
  heap=$(sed -n 's/^local-cluster.*,\([0-9]*\)]$/\1/p' <<<"$master")
  settings=(--model "mae_vit_${model}_patch16" --precision "$precision" --batch-size "$batch" --gradient-accumulation "$parts" --workers "$workers" --epochs 2)
  plan=$("$mae" plan --images 32 "${settings[@]}" --master "$master" --driver-memory "${driver}m" --executor-memory "${heap:-0}m" 2>"$directory/plan.log" | tail -n 1)
  rm -rf "$directory/model"
  "$mae" --master "$master" --driver-memory "${driver}m" --conf "spark.driver.defaultJavaOptions=$java -Xms${driver}m" \
    --conf "spark.executor.defaultJavaOptions=$java -Xms${heap:-0}m" pretrain --data "$directory/data" --output "$directory/model" "${settings[@]}" \
    >"$directory/run$row.json" 2>"$directory/run$row.log" &
  read -r of_driver of_executor <<<"$(peaks $!)"
  wait $! || { tail -n 3 "$directory/run$row.log" >&2; exit 1; }
  echo "| $model | $precision | $batch × $parts | $workers | \`$master\`, driver $driver | $(beside "$(planned driver "$plan")" "$of_driver") | $(beside "$(planned executor "$plan")" "$of_executor") |"
done <<ROWS
tiny fp32 8 1 1 local[1] 1024
tiny fp32 16 1 2 local-cluster[2,1,1024] 512
tiny bf16 16 1 2 local[2] 1536
small fp32 8 1 2 local-cluster[2,1,1536] 512
small bf16 16 1 2 local-cluster[2,1,1024] 1024
small fp32 4 4 1 local[1] 2048
base fp32 8 1 1 local[1] 2048
ROWS

#!/usr/bin/env bash
# Trains for an hour, run after run, while something is killed every few minutes; then once without. All must end at the same parameters.
#   deploy/soak/kill.sh DATA DIRECTORY [MINUTES]       DATA is a prepared data set
# Pauses are of PAUSE to 3 PAUSE seconds, default 60. An executor is killed twice out of three times, the driver the third; the run is started again until it is done.
set -euo pipefail
data=$1 directory=$2 minutes=${3:-60} pause=${PAUSE:-60}
source "$(dirname "$(readlink -f "$0")")/tiny.sh"
mkdir -p "$directory"

# pretrain NAME: a model that takes many minutes; EPOCHS fits it to the data.
pretrain() {
  exec "$root/deploy/bin/mae" --master 'local-cluster[2,1,2048]' pretrain --data "$data" --output "$directory/$1" \
    --epochs "${EPOCHS:-30}" --batch-size 32 --workers 2 --averaging-frequency 4 --checkpoint-minutes 1 "${tiny[@]}"
}

# descendants PID
descendants() { for child in $(pgrep -P "$1" || true); do echo "$child"; descendants "$child"; done; }

end=$((SECONDS + 60 * minutes)) kills=0 starts=0 runs=0
# killed NAME: a run to its end, started again after each kill.
killed() {
  local name=$1 code=75 driver victim executors
  while ((code != 0)); do
    ((++starts))
    pretrain "$name" >"$directory/$name.json" 2>>"$directory/$name.log" &
    driver=$!
    while ((SECONDS < end)) && kill -0 "$driver" 2>/dev/null; do
      sleep $((pause + RANDOM % (2 * pause))) &
      wait -n "$driver" $! || true
      kill -0 "$driver" 2>/dev/null || break
      executors=$(for pid in $(descendants "$driver"); do
        if grep -qa CoarseGrainedExecutorBackend "/proc/$pid/cmdline"; then echo "$pid"; fi
      done 2>/dev/null || true)
      victim=$driver
      if ((kills++ % 3 < 2)) && [[ $executors ]]; then victim=${executors%%$'\n'*}; fi
      echo "$(date +%T) SIGKILL to $victim (driver $driver)"
      kill -9 "$victim" 2>/dev/null || true
    done
    wait "$driver" && code=0 || code=$?
    ((code == 0 || code == 75 || code == 137)) || { echo "Exit code $code: see $directory/$name.log"; exit 1; }
  done
  echo "$(date +%T) run $name is done: $(hash "$name")"
}

hash() { grep -o '"params_sha256":"[0-9a-f]*"' "$directory/$1.json"; }

while ((SECONDS < end)); do
  killed "killed-$((++runs))"
done
(pretrain calm >"$directory/calm.json" 2>"$directory/calm.log")
echo "$runs runs, $kills kills, $starts starts; calm $(hash calm)"
for ((run = 1; run <= runs; run++)); do
  [[ $(hash "killed-$run") == "$(hash calm)" ]] || { echo "killed-$run ended elsewhere: $(hash "killed-$run")"; exit 1; }
done

#!/usr/bin/env bash
# Prepares and trains on each of SPARKS, default "3.5 4.0 4.1". All must end at the same parameters.
#   deploy/soak/sparks.sh DIRECTORY [JAVA_HOME_OF_4.1]       the others run on JAVA_HOME's Java
set -euo pipefail
directory=$1 newer=${2:-${JAVA_HOME:-}}
source "$(dirname "$(readlink -f "$0")")/tiny.sh"
mkdir -p "$directory"

# train SPARK JAVA_HOME: prints the versions and the SHA-256 of the parameters.
train() {
  local out=$directory/$1 home=$root/deploy/target
  export MAE_SPARK=$1 JAVA_HOME=$2
  [[ $JAVA_HOME ]] || unset JAVA_HOME
  [[ $1 == 3.5 ]] || home+=/spark-$1
  rm -rf "$out" && mkdir -p "$out"
  mae() { "$root/deploy/bin/mae" --master 'local-cluster[2,1,1024]' "$@" 2>>"$out/log" || { tail -5 "$out/log" >&2; exit 1; }; }
  mae prepare --input "$root/data-prep/src/test/resources/odd" --output "$out/data" >"$out/prepare.json"
  mae pretrain --data "$out/data" --output "$out/model" --seed 7 --epochs 4 --batch-size 2 --workers 2 --averaging-frequency 2 \
    "${tiny[@]}" >"$out/pretrain.json"
  local java=${JAVA_HOME:+$JAVA_HOME/bin/}java core
  core=("$home"/spark/jars/spark-core_*.jar)
  printf '%s, Java %s: %s\n' "$(basename "${core[0]}" .jar)" "$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p')" \
    "$(field params_sha256 <"$out/pretrain.json")"
}

for spark in ${SPARKS:-3.5 4.0 4.1}; do
  if [[ $spark == 4.1 ]]; then (train 4.1 "$newer"); else (train "$spark" "${JAVA_HOME:-}"); fi
done | tee "$directory/sparks"
[[ $(sed 's/.*: //' "$directory/sparks" | sort -u | wc -l) == 1 ]] || { echo "The parameters differ"; exit 1; }

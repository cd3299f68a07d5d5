#!/usr/bin/env bash
# The same pre-training by spark-mae and by a PyTorch script: the loss of each epoch, and one probe for both encoders, as Markdown tables.
#   PEER="python3 torch_learn.py" deploy/learning/parity.sh TRAIN TEST DIRECTORY [SEED…]      directories of tars of KEY.png or KEY.jpg with KEY.cls
# PEER is a command, not part of this project, that has
#   pretrain --data TRAIN --out FILE.safetensors --epochs N --batch N --seed N --precision P --base-lr RATE      "epoch E/N loss L …" on stderr
#   probe FILE.safetensors --train TRAIN --test TEST --pooling cls|mean                                          {…,"top1":…} on stdout
# for images of 32 px in patches of 4, an encoder 192 x 12 x 3 and a decoder 128 x 4 x 4. Without it only our half is run.
# Seeds: 0 1 2 unless given. EPOCHS (20), BATCH (125: divides 5,000, so that both make the same steps), BASE_LR (1.5e-4), PRECISIONS (fp32 bf16),
# GEOMETRY (settings for a peer of other sizes: "model.embed-dim=128 model.depth=6 …"), MAE (the launcher and Spark's options).
# What is finished is not done again.
set -euo pipefail
train=$1 test=$2 directory=$3
shift 3
seeds=("${@:-0 1 2}")
read -ra seeds <<<"${seeds[*]}"
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
epochs=${EPOCHS:-20} batch=${BATCH:-125} rate=${BASE_LR:-1.5e-4}
read -ra mae <<<"${MAE:-$root/deploy/bin/mae}"
read -ra peer <<<"${PEER:-}"
read -ra geometry <<<"${GEOMETRY:-}"
((${#peer[@]})) || echo 'parity.sh: PEER is not set, so there is nothing to compare with: only our half is run' >&2
mkdir -p "$directory"

# field NAME: its value in the last line of stdin.
field() { tail -1 | grep -o "\"$1\": *[^,}]*" | sed 's/.*: *//'; }

# by_epoch FILE: the mean loss of each epoch of a version's metrics.jsonl.
by_epoch() {
  sed 's/.*"epoch":\([0-9.]*\),"loss":\([0-9.Ee-]*\).*/\1 \2/' "$1" |
    awk '{ e = int($1 - 1e-6) + 1; sum[e] += $2; n[e]++ } END { for (e = 1; e in sum; e++) printf "%.4f\n", sum[e] / n[e] }'
}

# probes FILE: top-1 by the class token and by the mean of the patches.
probes() {
  local pooling
  ((${#peer[@]})) || { echo -n '| | '; return; }
  for pooling in cls mean; do
    printf '| %s ' "$("${peer[@]}" probe "$1" --train "$train" --test "$test" --pooling $pooling | field top1)"
  done
}

# ours PRECISION SEED NAME
ours() {
  "${mae[@]}" pretrain --data "$directory/prepared" --output "$3" --model mae_vit_tiny_patch16 --image-size 32 --set model.patch-size=4 "${geometry[@]}" --workers 1 \
    --epochs "$epochs" --batch-size "$batch" --base-lr "$rate" --averaging-frequency 1000 --seed "$2" --precision "$1" >"$3.json" 2>"$3.log"
  "${mae[@]}" export --model "$3" --output "$3-timm" --layout timm >"$3-timm.json" 2>>"$3.log"
  by_epoch "$(field version <"$3.json" | sed 's/"//g; s/^file://')/metrics.jsonl" >"$3.losses"
  echo "| spark-mae | $1 | $2 | $(tail -1 "$3.losses") $(probes "$3-timm/model.safetensors")|"
}

# theirs PRECISION SEED NAME
theirs() {
  [[ -f $3.safetensors ]] || {
    "${peer[@]}" pretrain --data "$train" --out "$3.part" --epochs "$epochs" --batch "$batch" --base-lr "$rate" --seed "$2" --precision "$1" 2>"$3.log" >"$3.json"
    mv "$3.part" "$3.safetensors"
  }
  sed -n 's/^epoch .* loss \([0-9.]*\).*/\1/p' "$3.log" >"$3.losses"
  echo "| peer | $1 | $2 | $(tail -1 "$3.losses") $(probes "$3.safetensors")|"
}

[[ -f $directory/prepared/manifest.json ]] ||
  "${mae[@]}" prepare --input "$train" --output "$directory/prepared" >"$directory/prepare.json" 2>"$directory/prepare.log"
echo '| by | precision | seed | loss of the last epoch | top-1, class token | top-1, mean |'
echo '|---|---|---|---|---|---|'
names=()
for precision in ${PRECISIONS:-fp32 bf16}; do
  for seed in "${seeds[@]}"; do
    for by in ours ${PEER:+theirs}; do
      names+=("$by-$precision-$seed")
      "$by" "$precision" "$seed" "$directory/$by-$precision-$seed"
    done
  done
done

echo
echo "| epoch |$(printf ' %s |' "${names[@]}")"
echo "|---|$(printf -- '---|%.0s' "${names[@]}")"
cd "$directory"
paste -d'|' <(seq "$epochs") "${names[@]/%/.losses}" | sed 's/|/ | /g; s/^/| /; s/$/ |/'

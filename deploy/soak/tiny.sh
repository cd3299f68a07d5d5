# Sourced by the scripts beside it: a model for images of 32 px, and how result lines are read.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)

# Its last option takes more settings after it.
tiny=(--model mae_vit_tiny_patch16 --image-size 32 --set model.patch-size=4 model.depth=4 model.decoder-depth=2 data.crop-scale-min=0.5)

# field NAME: its value in the last line of stdin.
field() { tail -1 | grep -o "\"$1\":[^,}]*" | cut -d: -f2; }

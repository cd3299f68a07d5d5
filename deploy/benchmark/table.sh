# shellcheck shell=bash
# Sourced by the scripts beside it: numbers of their tables.

# value NAME LINE: a number of a JSON line.
value() { sed -n "s/.*\"$1\": *\([0-9.eE+-]*\).*/\1/p" <<<"$2"; }

median() { sort -g | awk '{v[NR] = $1} END {if (NR) print v[int((NR + 1) / 2)]; else print "-"}'; }

# ratio FILE OTHER: the median of the rounds' FILE / OTHER.
ratio() { paste "$1" "$2" | awk 'NF == 2 {printf "%.3f\n", $1 / $2}' | median; }

#!/bin/bash
# Decode time of a 200-slice 512 x 512 series for each codec. Release build; the files are in
# the page cache. Usage: codecs.sh PROGNODE BENCH_CODECS [SIZE]
set -eu
prognode=$1 bench=$2 size=${3:-large}
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-codecs.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$prognode" phantom -o "$work" --size "$size" --seed 5 > /dev/null
mv "$work/PHANTOM-005" "$work/plain"
while read -r name tool; do
  mkdir "$work/$name"
  for f in "$work"/plain/ct-*.dcm; do $tool "$f" "$work/$name/$(basename "$f")" 2> /dev/null; done
done <<'LIST'
rle dcmcrle
jpeg-lossless-sv1 dcmcjpeg +e1
jpeg-lossless-57 dcmcjpeg +el +sv 6
jpeg-extended-12 dcmcjpeg +ee +bt +un
jpeg-ls dcmcjpls +el
LIST
mkdir "$work/jpeg2000" "$work/jpeg2000-lossy-8"
"$bench" --j2k "$work/plain" "$work/jpeg2000"
"$bench" --j2k-lossy "$work/plain" "$work/jpeg2000-lossy-8"
cd "$work"
for d in plain rle jpeg-lossless-sv1 jpeg-lossless-57 jpeg-extended-12 jpeg-ls jpeg2000 jpeg2000-lossy-8; do
  printf '%6s MB  ' "$(du -sm "$d" | cut -f1)"
  "$bench" "$d"
done

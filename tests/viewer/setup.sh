#!/bin/sh
# Lays the viewer (OHIF, as published) and the browser driver out in a folder, once.
#   tests/viewer/setup.sh FOLDER
# Both come from the npm registry in the versions and with the digests named here. Prints why and
# exits with 77 where npm or the registry is not there.
set -eu
folder=$1
ohif_version=3.13.2
ohif_sha256=b189d3963bfc58e9394a9db8c7be75d07beb029ec211dbb126d47b62969dd3f1
playwright_version=1.65.1
playwright_sha256=6f5a60be62a4fddfbe7d10c448d8fbd54547da3358f2f8a04211440471ee863e

command -v npm >/dev/null || { echo "SKIPPED: npm is not installed"; exit 77; }

# unpack NAME VERSION SHA256 TO
unpack() {
  [ ! -d "$4" ] || return 0
  tmp=$(mktemp -d "$folder/unpack.XXXXXX")
  (cd "$tmp" && npm pack --silent "$1@$2" >/dev/null 2>npm.log) || {
    echo "SKIPPED: npm cannot fetch $1 $2: $(tail -1 "$tmp/npm.log")"
    rm -rf "$tmp"
    exit 77
  }
  archive=$(ls "$tmp"/*.tgz)
  echo "$3  $archive" | sha256sum -c --quiet || { echo "setup.sh: $1 $2 is not what it was" >&2; exit 1; }
  tar -xzf "$archive" -C "$tmp"
  mv "$tmp/package" "$4"
  rm -rf "$tmp"
}

mkdir -p "$folder"
unpack @ohif/app "$ohif_version" "$ohif_sha256" "$folder/ohif-$ohif_version"
unpack playwright-core "$playwright_version" "$playwright_sha256" "$folder/playwright-core-$playwright_version"
ln -sfn "ohif-$ohif_version/dist" "$folder/ohif"
ln -sfn "playwright-core-$playwright_version" "$folder/playwright-core"

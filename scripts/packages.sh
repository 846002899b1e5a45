#!/bin/sh
# Installs the Debian packages that prognode needs.
#   scripts/packages.sh build   to build it
#   scripts/packages.sh test    to build and test it
#   scripts/packages.sh demo    to build it and run the demonstration
#   scripts/packages.sh fuzz    to build it and run tests/fuzz/campaign.sh
#   scripts/packages.sh r       to build it and compare it with R (tests/survival/against_r.sh, tests/bench/survival_r.sh)
#   scripts/packages.sh fault   to build it and run the long forms of tests/fault
# Does nothing where all are there; else needs root or sudo.
set -eu
build="build-essential cmake ninja-build pkg-config libdcmtk-dev dcmtk libssl-dev libyaml-dev
       libopenblas-dev libsvm-dev libsqlite3-dev libpq-dev libcjson-dev libopenjp2-7-dev libcharls-dev libseccomp-dev libcmocka-dev zlib1g-dev
       libcairo2-dev libharfbuzz-dev libfribidi-dev fonts-noto-core fonts-wqy-microhei"
test="bubblewrap openssl systemd btrfs-progs poppler-utils libxml2-utils libnifti-dev dicom3tools python3-pydicom python3-jsonschema python3-yaml pixelmed-apps orthanc orthanc-dicomweb chromium curl jq strace procps postgresql"
demo="orthanc curl"
fault="xfsprogs gnuplot-nox user-mode-linux kmod nfs-kernel-server nfs-common"
r="r-base-core r-cran-survival r-cran-glmnet r-cran-maxstat r-cran-cmprsk r-cran-proc r-bioc-sva r-bioc-consensusclusterplus"
fuzz="clang-14 libclang-rt-14-dev"

case "${1:-build}" in
build) wanted=$build ;;
test)  wanted="$build $test" ;;
demo)  wanted="$build $demo" ;;
fuzz)  wanted="$build $fuzz" ;;
r)     wanted="$build $r" ;;
fault) wanted="$build $test $fault" ;;
*)     echo "usage: scripts/packages.sh build|test|demo|fuzz|fault|r" >&2; exit 2 ;;
esac

missing=""
for p in $wanted; do
  dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "packages.sh: run as root, or install:$missing" >&2; exit 1; }
  sudo=sudo
fi
echo "installing:$missing"
# Orthanc's package starts a service of its own where a service manager runs; it is not wanted.
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
if command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then
  case "$missing" in *orthanc*) $sudo systemctl disable --now orthanc >/dev/null 2>&1 || true ;; esac
fi

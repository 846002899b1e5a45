#!/bin/bash
# Feature maps of a phantom, from DICOM and from files; the prepare block; landmarks.
set -eu
prognode=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-maps.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
cd "$work"
"$prognode" phantom -o p --seed 5 --size small > /dev/null

# ---- Maps: a table that names the files, NIfTI and DICOM objects beside each other.
"$prognode" extract p --roi 'GTV*' --maps glcm_Contrast,firstorder_Mean --maps-dir maps -o maps.csv -q
[ "$(wc -l < maps.csv)" -eq 2 ] || fail "one row was expected: $(cat maps.csv)"
for feature in glcm_Contrast firstorder_Mean; do
  head -1 maps.csv | grep -q "original_$feature" || fail "no column of $feature"
  map=maps/Case-1_1_GTV-1_original_$feature
  [ -s "$map.nii.gz" ] && [ -s "$map.dcm" ] || fail "no map of $feature: $(ls maps)"
  grep -q "$map.nii.gz" maps.csv || fail "the table does not name $map.nii.gz"
  if command -v dciodvfy > /dev/null; then
    dciodvfy -new "$map.dcm" 2>&1 | grep '^Error' && fail "$map.dcm is not what the standard wants"
  fi
done

# ---- Wildcards take what the settings enable, of every image type; kernels as they say.
cat > params.yaml <<'YAML'
setting: {binWidth: 20}
imageType: {Original: {}, Square: {}}
featureClass: {ngtdm: [Busyness], glcm: [Contrast, Id]}
voxelSetting: {kernelRadius: 2, initValue: -1}
YAML
"$prognode" extract p --roi 'GTV*' -p params.yaml --maps all --maps-dir all -o all.csv -q
[ "$(ls all/*.nii.gz | wc -l)" -eq 6 ] || fail "six maps were expected: $(ls all)"
ls all | grep -q square_ngtdm_Busyness || fail "no map of the filtered image"

# ---- The same maps again are the same files.
"$prognode" extract p --roi 'GTV*' -p params.yaml --maps all --maps-dir again -o again.csv -q
for map in all/*.nii.gz; do cmp "$map" "again/${map#all/}" || fail "$map differs"; done

# ---- What is wrong is told.
code=0; "$prognode" extract p --maps glcm_Contrst 2> log || code=$?
[ "$code" -eq 2 ] && grep -q '"glcm_Contrst" is no feature' log || fail "exit $code: $(cat log)"
code=0; "$prognode" extract p --maps shape_MeshVolume 2> log || code=$?
[ "$code" -eq 2 ] || fail "a shape has no map: exit $code"
code=0; "$prognode" extract p --maps all --profile ibsi 2> log || code=$?
[ "$code" -eq 2 ] || fail "maps of the ibsi profile: exit $code"

# ---- Preparation: told with the settings, and it changes what is measured.
printf 'prepare: {normalise: {method: z, of: roi, scale: 10}}\n' > z.yaml
"$prognode" extract p --roi 'GTV*' -p z.yaml -f long -o z.csv -q
"$prognode" extract p --roi 'GTV*' -p z.yaml -q | grep -q "prepare normalise=z:of=roi:scale=10" \
  || fail "the table does not say what was done"
grep -q ',original_firstorder_Mean,' z.csv || fail "no mean: $(head -3 z.csv)"
awk -F, '/original_firstorder_Mean,/ { if ($(NF - 1) < -1e-9 || $(NF - 1) > 1e-9) exit 1 }' z.csv || fail "the mean after a z-score is not 0: $(grep firstorder_Mean z.csv)"
printf 'prepare: {denoise: {method: mediam}}\n' > bad.yaml
code=0; "$prognode" extract p -p bad.yaml 2> log || code=$?
[ "$code" -eq 2 ] && grep -q 'bad.yaml:1:.*did you mean median' log || fail "exit $code: $(cat log)"

# ---- Landmarks: learned from two patients, applied to one.
"$prognode" phantom -o q --seed 6 --size small > /dev/null
printf 'prepare: {normalise: {of: foreground}}\n' > learn.yaml
"$prognode" landmarks p/PHANTOM-* q/PHANTOM-* -p learn.yaml -o standard.yaml || fail "landmarks"
grep -q "^images: 2$" standard.yaml || fail "$(cat standard.yaml)"
printf 'prepare: {normalise: {method: histogram, of: foreground, landmarks: standard.yaml}}\n' > match.yaml
"$prognode" extract p --roi 'GTV*' -p match.yaml -q | grep -q 'normalise=histogram:of=foreground:landmarks=1@0' \
  || fail "matched images are not measured"
echo "maps, preparation and landmarks: all as told"

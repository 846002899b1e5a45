#!/bin/bash
# A list of images and masks in PyRadiomics' form, through the whole verb: each value of the golden
# tables, which PyRadiomics printed, to 1e-8 (1e-10 near zero); NIfTI and NRRD, DICOM folders with
# RTSTRUCT; and the same bytes whatever the number of workers.
set -eu
prognode=$1 shared=$2
data=$shared/data/radiomics golden=$shared/reference/radiomics/golden
[ -d "$data" ] && [ -d "$golden" ] || { echo "SKIPPED: test data not found at $shared"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-batch.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

p=$data/pyradiomics sts=$data/ibsi_validation_sts/STS_001/nifti ct=$data/ibsi_1_ct_radiomics_phantom/dicom
cat > "$work/list.csv" <<CSV
case,Image,Mask,Label,Centre
brain1,$p/brain1_image.nrrd,$p/brain1_label.nrrd,1,"Boston, MA"
brain2,$p/brain2_image.nrrd,$p/brain2_label.nrrd,1,
breast1,$p/breast1_image.nrrd,$p/breast1_label.nrrd,1.0,x
sts001_ct,$sts/CT_image.nii.gz,$sts/CT_mask.nii.gz,1,x
ibsi_ct_gtv,$ct/image,$ct/mask/DCM_RS_00060.dcm,,x
CSV

# compare CONFIGURATION CASE...: the long table against PyRadiomics' own, every feature of both.
compare() {
  local config=$1; shift
  for c in "$@"; do
    grep "^$c," "$work/$config.csv" > "$work/mine" || fail "$config: no row of $c"
    awk -F, -v name="$c $config" '
      function abs(x) { return x < 0 ? -x : x }
      FNR == NR { if ($1 !~ /^diagnostics/ && FNR > 1) { want[$1] = $2; n++ } next }
      { f = $(NF - 4); v = $(NF - 1); if (!(f in want)) { print name ": " f " is not in the golden table"; bad++; next }
        w = want[f] + 0; d = abs(v - w); delete want[f]; found++
        if (v == "" || (d > 1e-10 && d > 1e-8 * abs(w))) { print name ": " f " is " v ", expected " w; bad++ } }
      END { for (f in want) { print name ": " f " is missing"; bad++ }
            if (bad || found != n || n == 0) { exit 1 } print name ": " n " values" }' \
      "$golden/${c}__$config.csv" "$work/mine" || fail "$config of $c"
  done
}
extract() { "$prognode" extract "$work/list.csv" -q -f long "$@"; }

printf 'setting: {binWidth: 25}\n' > "$work/orig.yaml"
extract -p "$work/orig.yaml" -j 2 -o "$work/orig_bw25.csv"
compare orig_bw25 brain1 brain2 breast1 sts001_ct ibsi_ct_gtv

printf 'setting: {binCount: 32}\n' > "$work/bc32.yaml"
extract -p "$work/bc32.yaml" -o "$work/orig_bc32.csv"
compare orig_bc32 brain1 brain2 breast1 sts001_ct ibsi_ct_gtv

printf 'setting: {binWidth: 25, resampledPixelSpacing: [2, 2, 2], interpolator: sitkLinear}\n' > "$work/iso2.yaml"
extract -p "$work/iso2.yaml" -o "$work/iso2_linear_bw25.csv"
compare iso2_linear_bw25 brain1 brain2 breast1

printf 'setting: {binWidth: 25, resampledPixelSpacing: [1, 1, 1]}\n' > "$work/iso1.yaml"
extract -p "$work/iso1.yaml" -o "$work/iso1_bspline_bw25.csv"
compare iso1_bspline_bw25 brain2 breast1

# The columns of PyRadiomics' batch mode, with its digests of voxels: 5 rows whatever the jobs.
"$prognode" extract "$work/list.csv" -q -o "$work/one.csv"
"$prognode" extract "$work/list.csv" -q -o "$work/four.csv" -j 4
cmp "$work/one.csv" "$work/four.csv" || fail "the output depends on --jobs"
[ "$(wc -l < "$work/one.csv")" -eq 6 ] || fail "$(wc -l < "$work/one.csv") lines, expected 6"
head -1 "$work/one.csv" | grep -q '^case,Image,Mask,Label,Centre,.*diagnostics_Image-original_Hash,diagnostics_Image-original_Dimensionality,diagnostics_Image-original_Spacing,diagnostics_Image-original_Size,diagnostics_Image-original_Mean,diagnostics_Image-original_Minimum,diagnostics_Image-original_Maximum,diagnostics_Mask-original_Hash,diagnostics_Mask-original_Spacing,diagnostics_Mask-original_Size,diagnostics_Mask-original_BoundingBox,diagnostics_Mask-original_VoxelNum,diagnostics_Mask-original_VolumeNum,diagnostics_Mask-original_CenterOfMassIndex,diagnostics_Mask-original_CenterOfMass,.*original_shape_Elongation,original_shape_Flatness,' \
  || fail "columns: $(head -1 "$work/one.csv" | cut -c1-900)"
grep -q '^brain1,.*,1,"Boston, MA",' "$work/one.csv" || fail "a further column is not handed on"
grep -q '5c9ce3ca174f0f8324aa4d277e0fef82dc5ac566.*9dc2c3137b31fd872997d92c9a92d5178126d9d3.*"(162, 84, 11, 47, 70, 7)",4137,2,' \
  "$work/one.csv" || fail "diagnostics of brain1"

# IBSI 1, configuration C, from DICOM, by its own profile: a morphological, a local, a texture value and
# the voxel counts, with their tolerances in the initiative's table.
cat > "$work/c.yaml" <<'YAML'
spacing_mm: [2, 2, 2]
image_interpolation: linear
mask_interpolation: linear
round_intensities: true
range: [-1000, 400]
bins: {size: 25}
ivh_bins: {size: 2.5}
YAML
"$prognode" extract "$ct" --profile ibsi -p "$work/c.yaml" -q -f long -o "$work/c.csv"
awk -F, '
  function abs(x) { return x < 0 ? -x : x }
  function check(name, want, tolerance) { if (!(name in v) || abs(v[name] - want) > tolerance) { print name " is " v[name] ", expected " want; bad = 1 } }
  { v[$(NF - 4)] = $(NF - 1) }
  END { check("morph_volume", 367000, 6000); check("cm_joint_entr_3D_avg", 6.39, 0.06); check("stat_mean", -49, 2.9)
        check("loc_peak_loc", 169, 10); exit bad }' "$work/c.csv" || fail "IBSI configuration C"
grep -q ',45985,45981,' "$work/c.csv" || fail "voxel counts of configuration C"

# IBSI 2, second phase, slice by slice, from DICOM: every value of the initiative's table.
cat > "$work/responses.yaml" <<'YAML'
dimension: 2D
range: [-1000, 400]
families: [statistics]
filters:
  - {filter: mean, support: 5}
  - {filter: log, sigma_mm: 1.5, cutoff: 4}
  - {filter: laws, kernels: L5E5, rotation_invariant: true, pooling: max, energy_distance: 7}
  - {filter: gabor, sigma_mm: 5, wavelength_mm: 2, aspect: 1.5, rotation_invariant: true, theta_step: 0.3927}
  - {filter: wavelet, wavelet: db3, kernels: LH, rotation_invariant: true}
  - {filter: wavelet, wavelet: db3, kernels: HH, level: 2, rotation_invariant: true}
  - {filter: simoncelli, level: 1, boundary: periodic}
  - {filter: simoncelli, level: 2, boundary: periodic}
YAML
"$prognode" extract "$ct" --profile ibsi -p "$work/responses.yaml" -q -f long -o "$work/responses.csv"
awk -F, '
  BEGIN { split("mean_2d_5_mirror log_2d_s1.5_c4_mirror laws_2d_L5E5_inv_max_energy7_mirror gabor_2d_s5_l2_g1.5_t0_d0.3927_inv_avg_mirror " \
                "wavelet_2d_db3_LH_1_inv_avg_mirror wavelet_2d_db3_HH_2_inv_avg_mirror simoncelli_2d_1_periodic simoncelli_2d_2_periodic", filter, " ") }
  FNR == NR { v[$(NF - 4)] = $(NF - 1); next }
  $2 ~ /^[1-9]\.A$/ {
    n = substr($2, 1, 1); name = $(NF - 3) (n > 1 ? "_" filter[n - 1] : ""); off = v[name] - $(NF - 2); off = off < 0 ? -off : off
    if (!(name in v) || off > $(NF - 1)) { print name " is " v[name] ", expected " $(NF - 2); bad = 1 }
    rows++ }
  END { if (rows != 162) { print rows " rows"; bad = 1 } exit bad }' "$work/responses.csv" "$shared/reference/radiomics/ibsi2_reference.csv" || fail "IBSI 2 in slices"

# A grid that would take absurd memory is refused with its number, and the rest goes on.
printf 'setting: {resampledPixelSpacing: [0.001, 0.001, 0.001]}\n' > "$work/fine.yaml"
"$prognode" extract "$work/list.csv" -p "$work/fine.yaml" -q > /dev/null 2> "$work/err" && fail "a grid of micrometres"
[ "$(grep -c 'limit exceeded: resampling to 0.001 x 0.001 x 0.001 mm makes .* voxels, at most' "$work/err")" -ge 5 ] || fail "$(cat "$work/err")"

# PET in SUV. These images are SUV already; said to be Bq/ml, they are scaled by weight and decayed dose:
# 71 kg, 388,777,472 Bq, 2,711 s from injection to the series' time at a half-life of 6,588 s.
"$prognode" extract "$data/ibsi_validation_sts/STS_001/dicom/PET" --suv -q -f json > "$work/pet.json"
grep -q 'SUVbw in g/ml as stored (GML)' "$work/pet.json" || fail "SUV is not told"
pet=$work/pet
cp -r "$data/ibsi_validation_sts/STS_001/dicom/PET" "$pet"
chmod -R u+w "$pet"
# suv EXPRESSION NOTE: the mean is that of the stored values times this
suv() {
  "$prognode" extract "$pet" --suv -q -f json > "$work/suv.json" 2> "$work/err" || fail "SUV: $(cat "$work/err")"
  grep -q "$2" "$work/suv.json" || fail "SUV: $(grep Note "$work/suv.json")"
  paste -d' ' <(sed -n 's/.*"original_firstorder_Mean": \([^,]*\),*/\1/p' "$work/pet.json") \
              <(sed -n 's/.*"original_firstorder_Mean": \([^,]*\),*/\1/p' "$work/suv.json") |
    awk '{ w = $1 * '"$1"'; if (!(w > 0) || $2 / w > 1 + 1e-9 || $2 / w < 1 - 1e-9) { print "mean " $2 ", expected " w; exit 1 } n++ }
         END { exit n == 0 }' || fail "SUV by $1"
}
modify() { dcmodify -nb "$@" "$pet"/image/*.dcm > /dev/null 2>&1 || fail "dcmodify $*"; }
modify -m '0054,1001=BQML' -m '0054,1102=START'
suv '71000 / (388777472 * 2 ^ (-2711 / 6588))' 'SUVbw in g/ml from BQML: factor 0.0002429[0-9]*, decay of 2711 s'
modify -m '0054,1102=ADMIN'
suv '71000 / 388777472' 'from BQML'
# A series made later: its time is not the scan's.
modify -m '0054,1102=START' -m '0008,0031=180000.00'
suv '71000 / (388777472 * 2 ^ (-2711 / 6588))' 'to the first acquisition'
modify -e '0010,1030'
"$prognode" extract "$pet" --suv -q > /dev/null 2> "$work/err" && fail "SUV without a weight"
grep -q "no Patient's Weight: SUV cannot be computed" "$work/err" || fail "$(cat "$work/err")"
modify -m '0054,1001=CPS'
"$prognode" extract "$pet" --suv -q > /dev/null 2> "$work/err" && fail "SUV of counts a second"
grep -q 'Units "CPS": expected BQML, GML or CNTS' "$work/err" || fail "$(cat "$work/err")"
code=0
"$prognode" extract "$ct" --suv -q -o "$work/none.csv" 2> "$work/err" || code=$?
[ $code -eq 1 ] && grep -q 'only PET has one' "$work/err" || fail "SUV of CT: exit $code, $(cat "$work/err")"
[ ! -e "$work/none.csv" ] || fail "a table without a row is written"
echo passed

/* Segmentations of our own: what is written comes back voxel for voxel, in every geometry, and
 * passes readers that know nothing of this project. */
#include "check.h"
#include "dicom/header.h"
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "dicom/seg_write.h"
#include "dicom_fixture.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static pn_error err;

#define NEOPLASM ((pn_code_triple){"108369006", "SCT", "Neoplasm"})
#define NO_SITE  ((pn_code_triple){"", "", ""})

static pn_made made_of(const pn_volume *v)
{
    return (pn_made){.study = &v->study, .sop_class_uid = PN_UID_SEGMENTATION, .sop_uid = "2.25.501",
                     .series_uid = "2.25.502", .modality = "SEG", .datetime = "20260131120000",
                     .series_number = 900, .series_description = "prognode: region", .institution = "Klinik",
                     .station_name = "NODE", .model = "example 1", .device_uid = "2.25.503"};
}

/* A mask on the volume's grid; caller frees. */
static pn_mask blank(const pn_volume *v)
{
    const rx_grid *g = &v->image.grid;
    pn_mask m = {.voxels = calloc(g->dim[0] * g->dim[1] * g->dim[2], 1)};
    assert_non_null(m.voxels);
    m.mask = (rx_mask){.grid = *g, .voxels = m.voxels, .label = 1};
    return m;
}

static void write_seg(const char *path, const pn_volume *v, const pn_mask *const *masks, size_t n)
{
    static const char *const labels[] = {"GTV-1", "GTV-2 (linke Lunge, groß)", "肿瘤"};
    static const char *const tracking[] = {"2.25.601", "2.25.602", "2.25.603"};
    pn_packed_mask packed[3];
    pn_seg_segment segments[3];
    assert_true(n <= 3);
    for (size_t i = 0; i < n; i++) {
        CHECK_OK(pn_mask_pack(&packed[i], masks[i], &err), err);
        segments[i] = (pn_seg_segment){&packed[i], labels[i], tracking[i], NEOPLASM, NO_SITE};
    }
    pn_made made = made_of(v);
    CHECK_OK(pn_seg_write(&made, v, segments, n, path, &err), err);
    for (size_t i = 0; i < n; i++) { pn_packed_mask_free(&packed[i]); }
}

static void assert_same_mask(const char *path, int segment, const pn_volume *v, const pn_mask *want)
{
    pn_mask got;
    CHECK_OK(pn_mask_from_seg(&got, path, segment, v, &err), err);
    const size_t *d = v->image.grid.dim;
    size_t n = 0;
    for (size_t i = 0; i < d[0] * d[1] * d[2]; i++) { n += (got.voxels[i] != 0) != (want->voxels[i] != 0); }
    assert_int_equal(n, 0);
    assert_true(got.n_voxels > 0);
    pn_mask_free(&got);
}

static bool have(const char *command)
{
    char line[256];
    snprintf(line, sizeof line, "command -v %s >/dev/null 2>&1", command);
    if (system(line) == 0) { return true; }
    fprintf(stderr, "SKIPPED: %s not found\n", command);
    return false;
}

/* Output of a program, and its exit code. */
static int run(char *out, size_t size, const char *command)
{
    FILE *p = popen(command, "r");
    assert_non_null(p);
    size_t n = fread(out, 1, size - 1, p);
    out[n] = '\0';
    int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_valid(const char *path)
{
    static char out[1 << 16];
    char line[1200];
    if (!have("dciodvfy")) { return; }
    snprintf(line, sizeof line, "dciodvfy -new '%s' 2>&1", path);
    (void)run(out, sizeof out, line);
    assert_non_null(strstr(out, "Segmentation"));
    for (const char *at = out; at != NULL && *at != '\0'; at = strchr(at, '\n'), at += at != NULL) {
        if (strncmp(at, "Error", 5) == 0) { fail_msg("%s", out); }
    }
}

/* An independent reader unpacks the frames by the standard's words; what it counts for each
 * segment and image must be what the mask holds there. */
static void assert_read_by_pydicom(const char *path, const pn_volume *v, const pn_mask *const *masks, size_t n)
{
    static char out[1 << 20];
    char line[1600];
    if (system("/usr/bin/python3 -c 'import pydicom' 2>/dev/null") != 0) {
        fprintf(stderr, "SKIPPED: python3-pydicom not found\n");
        return;
    }
    snprintf(line, sizeof line, "/usr/bin/python3 '%s/tests/node/dicom/read_seg.py' '%s'", PN_SOURCE_DIR, path);
    assert_int_equal(run(out, sizeof out, line), 0);
    const size_t *d = v->image.grid.dim, plane = d[0] * d[1];
    const char *at = out;
    for (size_t s = 0; s < n; s++) {
        for (size_t k = 0; k < d[2]; k++) {
            size_t inside = 0, sum = 0;
            for (size_t i = 0; i < plane; i++) {
                if (masks[s]->voxels[k * plane + i] == 0) { continue; }
                inside++;
                sum = (sum * 31 + i) % 1000000007;
            }
            if (inside == 0) { continue; }
            char want[256];
            snprintf(want, sizeof want, "%zu %s %u %zu %zu\n", s + 1, v->slices[k].sop_uid,
                     v->slices[k].frame_number, inside, sum);
            if (strncmp(at, want, strlen(want)) != 0) { fail_msg("wanted %s, got %.200s", want, at); }
            at += strlen(want);
        }
    }
    assert_string_equal(at, "");
}

/* ---- First principles --------------------------------------------------------- */

/* 7 x 5 pixels: no slice is a whole number of bytes. Overlapping segments, holes, empty slices. */
static void odd_sizes_and_overlaps_come_back(void **state)
{
    (void)state;
    const char *paths[6];
    pn_volume v;
    stack_write(paths, 6, 7, 5);
    CHECK_OK(pn_volume_load(&v, paths, 6, &err), err);
    pn_mask m[3] = {blank(&v), blank(&v), blank(&v)};
    const pn_mask *all[3] = {&m[0], &m[1], &m[2]};
    unsigned seed = 7;
    for (size_t i = 0; i < (size_t)7 * 5 * 6; i++) {
        for (size_t s = 0; s < 3; s++) {
            seed = seed * 1103515245u + 12345u;
            m[s].voxels[i] = i / 35 != 2 + s && (seed >> 16 & 3) == 0;
        }
    }
    m[1].voxels[34] = m[1].voxels[6 * 35 - 1] = 1;      /* the last bits of a slice and of all */
    const char *path = tmp_path("seg.dcm");
    write_seg(path, &v, all, 3);
    for (int s = 0; s < 3; s++) { assert_same_mask(path, s + 1, &v, &m[s]); }
    assert_read_by_pydicom(path, &v, all, 3);
    assert_valid(path);
    for (int s = 0; s < 3; s++) { pn_mask_free(&m[s]); }
    pn_volume_free(&v);
}

static void oblique_slices_come_back(void **state)
{
    (void)state;
    const char *paths[4];
    char uid[4][40], position[4][64];
    slice_spec s = slice_default();
    s.rows = 12, s.columns = 9, s.n_pixels = 2 * 12 * 9;
    /* Normal (0.36, 0.48, 0.8) x 2.5 mm. */
    s.orientation = "0.8\\-0.6\\0\\0.48\\0.64\\-0.6";
    s.spacing = "0.7\\0.45";
    for (int k = 0; k < 4; k++) {
        snprintf(uid[k], sizeof uid[k], "1.2.3.4.%d", k + 1);
        snprintf(position[k], sizeof position[k], "%.4f\\%.4f\\%.4f", -101.3 + 0.9 * k, 55.2 + 1.2 * k, -7.1 + 2 * k);
        s.sop_uid = uid[k];
        s.position = position[k];
        char name[32];
        snprintf(name, sizeof name, "oblique%d.dcm", k);
        paths[k] = strdup(tmp_path(name));
        slice_write(&s, paths[k]);
    }
    pn_volume v;
    CHECK_OK(pn_volume_load(&v, paths, 4, &err), err);
    pn_mask m = blank(&v);
    const pn_mask *all[1] = {&m};
    m.voxels[0] = m.voxels[9 * 12 - 1] = m.voxels[9 * 12 + 20] = m.voxels[3 * 9 * 12 + 50] = 1;
    const char *path = tmp_path("seg.dcm");
    write_seg(path, &v, all, 1);
    assert_same_mask(path, 1, &v, &m);
    assert_valid(path);
    assert_read_by_pydicom(path, &v, all, 1);
    pn_mask_free(&m);
    pn_volume_free(&v);
    for (int k = 0; k < 4; k++) { free((void *)(uintptr_t)paths[k]); }
}

static void it_is_known_as_our_own_and_repeats_its_bytes(void **state)
{
    (void)state;
    const char *paths[2];
    pn_volume v;
    stack_write(paths, 2, 8, 8);
    CHECK_OK(pn_volume_load(&v, paths, 2, &err), err);
    pn_mask m = blank(&v);
    const pn_mask *all[1] = {&m};
    m.voxels[3] = 1;
    char a[256], b[256], line[600];
    snprintf(a, sizeof a, "%s", tmp_path("a.dcm"));
    snprintf(b, sizeof b, "%s", tmp_path("b.dcm"));
    write_seg(a, &v, all, 1);
    write_seg(b, &v, all, 1);
    snprintf(line, sizeof line, "cmp '%s' '%s'", a, b);
    assert_int_equal(system(line), 0);
    pn_header h;
    CHECK_OK(pn_header_read(&h, a, &err), err);
    assert_int_equal(h.kind, PN_KIND_OWN);
    pn_header_free(&h);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void what_makes_no_segmentation_is_refused(void **state)
{
    (void)state;
    const char *paths[2];
    pn_volume v;
    stack_write(paths, 2, 8, 8);
    CHECK_OK(pn_volume_load(&v, paths, 2, &err), err);
    pn_mask m = blank(&v);
    pn_packed_mask empty, full;
    CHECK_OK(pn_mask_pack(&empty, &m, &err), err);
    m.voxels[0] = 1;
    CHECK_OK(pn_mask_pack(&full, &m, &err), err);
    pn_made made = made_of(&v);
    const char *path = tmp_path("no.dcm");
    pn_seg_segment good = {&full, "GTV", "2.25.1", NEOPLASM, NO_SITE}, bad = good;
    assert_int_equal(pn_seg_write(&made, &v, &good, 0, path, &err), PN_EINVAL);
    bad.mask = &empty;
    assert_int_equal(pn_seg_write(&made, &v, &bad, 1, path, &err), PN_EINVAL);
    bad = good;
    bad.tracking_uid = "";
    assert_int_equal(pn_seg_write(&made, &v, &bad, 1, path, &err), PN_EINVAL);
    full.width = 4;
    assert_int_equal(pn_seg_write(&made, &v, &good, 1, path, &err), PN_EINVAL);
    full.width = 8;
    v.study.frame_of_reference_uid[0] = '\0';
    assert_int_equal(pn_seg_write(&made, &v, &good, 1, path, &err), PN_EINVAL);
    assert_non_null(strstr(err.msg, "frame of reference"));
    struct stat st;
    assert_int_not_equal(stat(path, &st), 0);
    pn_packed_mask_free(&empty);
    pn_packed_mask_free(&full);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

/* ---- Real contours -------------------------------------------------------------- */

#define DATA(path) SHARED("data/radiomics/" path)

static void check_real(const char *images, const char *rtstruct)
{
    char **paths;
    pn_volume v;
    pn_mask m;
    size_t n = paths_read(&paths, images);
    CHECK_OK(pn_volume_load(&v, (const char *const *)paths, n, &err), err);
    paths_free(paths, n);
    CHECK_OK(pn_mask_from_rtstruct(&m, rtstruct, 1, &v, &err), err);
    const pn_mask *all[1] = {&m};
    const char *path = tmp_path("real.dcm");
    write_seg(path, &v, all, 1);
    assert_same_mask(path, 1, &v, &m);
    assert_valid(path);
    assert_read_by_pydicom(path, &v, all, 1);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void ibsi_phantom_comes_back(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_1_ct_radiomics_phantom"));
    check_real(DATA("ibsi_1_ct_radiomics_phantom/dicom/image"),
               DATA("ibsi_1_ct_radiomics_phantom/dicom/mask/DCM_RS_00060.dcm"));
}

static void sts_patient_comes_back(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_validation_sts"));
    check_real(DATA("ibsi_validation_sts/STS_001/dicom/CT/image"),
               DATA("ibsi_validation_sts/STS_001/dicom/CT/mask/RS.dcm"));
    check_real(DATA("ibsi_validation_sts/STS_001/dicom/MR_T1/image"),
               DATA("ibsi_validation_sts/STS_001/dicom/MR_T1/mask/RS.dcm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(odd_sizes_and_overlaps_come_back, dicom_clear),
        cmocka_unit_test_teardown(oblique_slices_come_back, dicom_clear),
        cmocka_unit_test_teardown(it_is_known_as_our_own_and_repeats_its_bytes, dicom_clear),
        cmocka_unit_test_teardown(what_makes_no_segmentation_is_refused, dicom_clear),
        cmocka_unit_test_teardown(ibsi_phantom_comes_back, dicom_clear),
        cmocka_unit_test_teardown(sts_patient_comes_back, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}

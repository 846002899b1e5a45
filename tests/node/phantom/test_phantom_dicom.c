/* Artificial patients as DICOM: the project's own readers give back voxels and tumour exactly,
 * the bytes repeat, and an independent checker finds no fault. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"
#include "base/file.h"
#include "dicom/header.h"
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "dicom/volume.h"
#include "pipeline/phantom.h"

static char folder[64];
static pn_phantom phantom;

static int set_up(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_phantom_params p;
    pn_phantom_draw(&p, 9, PN_PHANTOM_SMALL);
    snprintf(folder, sizeof folder, "/tmp/prognode-test-phantom-XXXXXX");
    assert_non_null(mkdtemp(folder));
    CHECK_OK(pn_dicom_init(&err), err);
    CHECK_OK(pn_phantom_make(&phantom, &p, &err), err);
    char dir[96];
    snprintf(dir, sizeof dir, "%s/a", folder);
    CHECK_OK(pn_phantom_save(&phantom, dir, 9, true, true, &err), err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_phantom_free(&phantom);
    return pn_remove_tree(folder, &err);
}

static void load(pn_volume *v)
{
    enum { SLICES = 40 };
    static char path[SLICES][128];
    const char *paths[SLICES];
    pn_error err = {0};
    for (int i = 0; i < SLICES; i++) {
        snprintf(path[i], sizeof path[i], "%s/a/ct-%04d.dcm", folder, i + 1);
        paths[i] = path[i];
    }
    CHECK_OK(pn_volume_load(v, paths, SLICES, &err), err);
}

static void test_ct__reads_back_voxel_for_voxel(void **state)
{
    (void)state;
    pn_volume v = {0};
    load(&v);
    assert_int_equal(v.image.type, RX_I16);
    for (int a = 0; a < 3; a++) {
        assert_int_equal(v.image.grid.dim[a], phantom.grid.dim[a]);
        CHECK_NEAR(v.image.grid.spacing_mm[a], phantom.grid.spacing_mm[a], 1e-9, 0);
        CHECK_NEAR(v.image.grid.origin_mm[a], phantom.grid.origin_mm[a], 0, 1e-4);
    }
    assert_memory_equal(v.image.voxels, phantom.hu, 128 * 128 * 40 * sizeof *phantom.hu);
    assert_string_equal(v.study.patient_name, "Phantom^009");
    assert_string_equal(v.study.patient_id, "PHANTOM-009");
    pn_volume_free(&v);
}

static void test_contours__give_exactly_the_tumour(void **state)
{
    (void)state;
    pn_volume v = {0};
    load(&v);
    char path[128];
    pn_error err = {0};
    pn_mask m = {0};
    snprintf(path, sizeof path, "%s/a/rtstruct.dcm", folder);
    CHECK_OK(pn_mask_from_rtstruct(&m, path, 1, &v, &err), err);
    assert_int_equal(m.n_voxels, phantom.tumour_voxels);
    assert_memory_equal(m.voxels, phantom.mask, 128 * 128 * 40);
    pn_mask_free(&m);
    CHECK_OK(pn_mask_from_rtstruct(&m, path, 2, &v, &err), err);
    CHECK_NEAR((double)m.n_voxels * 2.5 * 2.5, 40 * 3.14159265358979 * 0.42 * 0.30 * 320 * 320, 0.005, 0);
    pn_mask_free(&m);
    snprintf(path, sizeof path, "%s/a/seg.dcm", folder);
    CHECK_OK(pn_mask_from_seg(&m, path, 1, &v, &err), err);
    assert_int_equal(m.n_voxels, phantom.tumour_voxels);
    assert_memory_equal(m.voxels, phantom.mask, 128 * 128 * 40);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void test_headers__name_regions_and_all_images(void **state)
{
    (void)state;
    char path[128];
    pn_error err = {0};
    pn_header h = {0}, ct = {0};
    snprintf(path, sizeof path, "%s/a/ct-0001.dcm", folder);
    CHECK_OK(pn_header_read(&ct, path, &err), err);
    assert_int_equal(ct.kind, PN_KIND_IMAGE);           /* not taken for prognode's own result */
    snprintf(path, sizeof path, "%s/a/rtstruct.dcm", folder);
    CHECK_OK(pn_header_read(&h, path, &err), err);
    assert_int_equal(h.kind, PN_KIND_RTSTRUCT);
    assert_int_equal(h.n_rois, 2);
    assert_string_equal(h.rois[0].name, "GTV-1");
    assert_string_equal(h.rois[1].name, "Body");
    assert_int_equal(h.rois[0].n_contours, phantom.n_tumour);
    assert_int_equal(h.n_series, 1);
    assert_int_equal(h.series[0].n_image_uids, 40);
    assert_string_equal(h.series[0].series_uid, ct.series_uid);
    assert_string_equal(h.study_uid, ct.study_uid);
    pn_header_free(&h);
    snprintf(path, sizeof path, "%s/a/seg.dcm", folder);
    CHECK_OK(pn_header_read(&h, path, &err), err);
    assert_int_equal(h.kind, PN_KIND_SEG);
    assert_int_equal(h.n_rois, 1);
    assert_string_equal(h.rois[0].name, "GTV-1");
    pn_header_free(&h);
    pn_header_free(&ct);
}

static void test_files__repeat_byte_for_byte(void **state)
{
    (void)state;
    char dir[96], command[256];
    pn_error err = {0};
    snprintf(dir, sizeof dir, "%s/b", folder);
    CHECK_OK(pn_phantom_save(&phantom, dir, 9, true, true, &err), err);
    snprintf(command, sizeof command, "diff -r %s/a %s/b", folder, folder);
    assert_int_equal(system(command), 0);
}

static void test_files__satisfy_an_independent_checker(void **state)
{
    (void)state;
    if (system("command -v dciodvfy >/dev/null 2>&1") != 0) {
        fprintf(stderr, "SKIPPED: dciodvfy not found (package dicom3tools)\n");
        skip();
    }
    static const char *const names[] = {"ct-0001.dcm", "ct-0040.dcm", "rtstruct.dcm", "seg.dcm"};
    for (size_t i = 0; i < 4; i++) {
        char command[256];
        snprintf(command, sizeof command, "dciodvfy %s/a/%s 2>&1 | grep -E '^(Error|Warning)' >&2", folder,
                 names[i]);
        int status = system(command);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 1) { fail_msg("dciodvfy complains about %s", names[i]); }
    }
}

static void test_save__tells_where_it_cannot_write(void **state)
{
    (void)state;
    pn_error err = {0};
    assert_int_not_equal(pn_phantom_save(&phantom, "/proc/nowhere", 9, true, false, &err), PN_OK);
    assert_non_null(strstr(err.msg, "/proc/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ct__reads_back_voxel_for_voxel),
        cmocka_unit_test(test_contours__give_exactly_the_tumour),
        cmocka_unit_test(test_headers__name_regions_and_all_images),
        cmocka_unit_test(test_files__repeat_byte_for_byte),
        cmocka_unit_test(test_files__satisfy_an_independent_checker),
        cmocka_unit_test(test_save__tells_where_it_cannot_write),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

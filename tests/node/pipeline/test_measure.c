#include "pipeline/measure.h"
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "check.h"
#include "dicom/runtime.h"
#include "pipeline/job.h"
#include "pipeline/phantom.h"

/* An artificial patient on disk, and the same volume in memory. */
static char folder[] = "/tmp/prognode-measure-XXXXXX";
static pn_phantom phantom;
enum { N_SLICES = 20 };
static char image_paths[N_SLICES][PN_PATH_SIZE];
static const char *images[N_SLICES];
static char rtstruct[PN_PATH_SIZE], seg[PN_PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    pn_error err = {0};
    if (mkdtemp(folder) == NULL || pn_dicom_init(&err) != PN_OK) { return 1; }
    pn_phantom_params p;
    pn_phantom_draw(&p, 11, PN_PHANTOM_SMALL);
    p.dim[2] = N_SLICES;
    if (pn_phantom_make(&phantom, &p, &err) != PN_OK ||
        pn_phantom_save(&phantom, folder, 11, true, true, &err) != PN_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    for (int i = 0; i < N_SLICES; i++) {
        (void)snprintf(image_paths[i], PN_PATH_SIZE, "%s/ct-%04d.dcm", folder, N_SLICES - i);
        images[i] = image_paths[i];
    }
    (void)snprintf(rtstruct, sizeof rtstruct, "%s/rtstruct.dcm", folder);
    (void)snprintf(seg, sizeof seg, "%s/seg.dcm", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pn_phantom_free(&phantom);
    pn_error err;
    return pn_remove_tree(folder, &err);
}

static void expected_values(rx_value out[RX_NFEATURES], const rx_settings *settings)
{
    rx_image image = {phantom.grid, RX_I16, phantom.hu};
    rx_mask mask = {phantom.grid, phantom.mask, 1};
    rx_workspace *ws = rx_workspace_new();
    rx_error err = {0};
    CHECK_OK(rx_extract(out, NULL, &image, &mask, settings, ws, &err), err);
    rx_workspace_free(ws);
}

/* Through DICOM, from slices in falling order, by RTSTRUCT and by SEG: the very same numbers. */
static void values_by_way_of_dicom__equal_those_of_the_volume_in_memory(void **state)
{
    (void)state;
    rx_pyradiomics settings;
    rx_pyradiomics_default(&settings);
    rx_value want[RX_NFEATURES];
    expected_values(want, &settings.base.features);
    const char *contours[] = {rtstruct, seg};
    for (int k = 0; k < 2; k++) {
        pn_measurement m = {0};
        pn_error err = {0};
        const int roi = 1;
        CHECK_OK(pn_measure(&m, contours[k], images, N_SLICES, &roi, 1, &settings, &err), err);
        assert_int_equal(m.n_regions, 1);
        CHECK_OK((int)m.regions[0].failure.code, m.regions[0].failure);
        assert_int_equal(m.regions[0].diagnostics.roi_voxels, phantom.tumour_voxels);
        for (int f = 0; f < RX_NFEATURES; f++) {
            CHECK_NEAR(m.regions[0].values[f].v, want[f].v, 0, 0);
        }
        pn_measurement_free(&m);
    }
}

/* The profile as it is offline: 107 by their place, the filters' by name. */
static void filtered_images__are_measured_as_the_library_does(void **state)
{
    (void)state;
    rx_pyradiomics settings;
    rx_error rx = {0};
    rx_pyradiomics_default(&settings);
    rx_pyr_image *log = rx_pyradiomics_add_image(&settings, RX_IMAGE_LOG, &rx);
    assert_non_null(log);
    CHECK_OK(rx_pyr_add_sigma(&log->own, 3, false, &rx), rx);
    assert_non_null(rx_pyradiomics_add_image(&settings, RX_IMAGE_SQUARE, &rx));
    settings.base.features.enabled[rx_feature_index("original_glcm_Contrast")] = false;

    rx_results want = {0};
    rx_image image = {phantom.grid, RX_I16, phantom.hu};
    rx_mask mask = {phantom.grid, phantom.mask, 1};
    rx_workspace *ws = rx_workspace_new();
    CHECK_OK(rx_pyradiomics_extract(&want, NULL, &image, &mask, &settings, ws, &rx), rx);
    rx_workspace_free(ws);

    pn_measurement m = {0};
    pn_error err = {0};
    const int roi = 1;
    CHECK_OK(pn_measure(&m, rtstruct, images, N_SLICES, &roi, 1, &settings, &err), err);
    CHECK_OK((int)m.regions[0].failure.code, m.regions[0].failure);
    const pn_region *region = &m.regions[0];
    assert_int_equal(want.n, 106 + 2 * 92);
    assert_int_equal(region->filtered.n, 2 * 92);
    assert_int_equal(region->diagnostics.roi_voxels, phantom.tumour_voxels);
    for (size_t i = 0; i < want.n; i++) {
        int index = rx_feature_index(want.v[i].name);
        const rx_result *got = index < 0 ? rx_results_find(&region->filtered, want.v[i].name) : NULL;
        assert_true(index >= 0 || got != NULL);
        CHECK_NEAR(index >= 0 ? region->values[index].v : got->value.v, want.v[i].value.v, 0, 0);
    }
    assert_int_equal(region->values[rx_feature_index("original_glcm_Contrast")].why, RX_NOT_ASKED);
    rx_results_free(&want);
    pn_measurement_free(&m);
}

static void missing_region__is_an_error_that_names_it(void **state)
{
    (void)state;
    rx_pyradiomics settings;
    rx_pyradiomics_default(&settings);
    pn_measurement m = {0};
    pn_error err = {0};
    const int roi = 99;
    assert_int_equal(pn_measure(&m, rtstruct, images, N_SLICES, &roi, 1, &settings, &err), PN_ENOTFOUND);
    assert_non_null(strstr(err.msg, "99"));
    assert_int_equal(pn_measure(&m, images[0], images, N_SLICES, &roi, 1, &settings, &err), PN_EUNSUPPORTED);
}

static void gap_in_the_series__is_refused(void **state)
{
    (void)state;
    rx_pyradiomics settings;
    rx_pyradiomics_default(&settings);
    const char *some[N_SLICES];
    memcpy(some, images, sizeof some);
    some[7] = images[N_SLICES - 1];              /* one slice left out of the middle */
    pn_measurement m = {0};
    pn_error err = {0};
    const int roi = 1;
    assert_int_equal(pn_measure(&m, rtstruct, some, N_SLICES - 1, &roi, 1, &settings, &err), PN_EGEOMETRY);
}

/* ---- The whole job ---------------------------------------------------------------------------- */

static void fill_job(pn_job *job, pn_job_file files[N_SLICES], int *roi)
{
    *job = (pn_job){.case_id = 1, .images = files, .n_images = N_SLICES, .rois = roi, .n_rois = 1,
                    .version = 1, .comprehensive_3d = true};
    for (int i = 0; i < N_SLICES; i++) {
        (void)snprintf(files[i].path, PN_PATH_SIZE, "%s", images[i]);
        (void)snprintf(files[i].digest, PN_DIGEST_HEX_SIZE, "%064d", i);
    }
    (void)snprintf(job->contour.path, PN_PATH_SIZE, "%s", rtstruct);
    (void)snprintf(job->contour.digest, PN_DIGEST_HEX_SIZE, "%064d", 99);
    (void)snprintf(job->model_path, PN_PATH_SIZE, "%s/config/models/example-phantom.yaml", PN_SOURCE_DIR);
    (void)snprintf(job->content_datetime, sizeof job->content_datetime, "20260131120000");
}

static char *run_job(const char *name, const pn_job *job, size_t *n)
{
    char where[PN_PATH_SIZE], sr[PN_PATH_SIZE], *bytes = NULL;
    pn_error err = {0};
    (void)snprintf(where, sizeof where, "%s/%s", folder, name);
    CHECK_OK(pn_mkdir_p(where, &err), err);
    CHECK_OK(pn_job_save(job, where, &err), err);
    CHECK_OK(pn_job_run(where, &err), err);
    pn_outcome o = {0};
    CHECK_OK(pn_outcome_load(&o, where, &err), err);
    if (!o.reported) { fail_msg("%s", o.failure.msg); }
    (void)snprintf(sr, sizeof sr, "%s/%s", where, PN_SR_FILE);
    CHECK_OK(pn_read_file(&bytes, n, sr, 1 << 24, &err), err);
    return bytes;
}

static void job__run_again_gives_the_same_bytes(void **state)
{
    (void)state;
    pn_job_file files[N_SLICES];
    pn_job job;
    int roi = 1;
    fill_job(&job, files, &roi);
    size_t n_first = 0, n_again = 0;
    char *first = run_job("first", &job, &n_first);
    pn_job_file swapped = files[0];              /* another order of arrival */
    files[0] = files[5];
    files[5] = swapped;
    char *again = run_job("again", &job, &n_again);
    assert_int_equal(n_first, n_again);
    assert_memory_equal(first, again, n_first);
    free(first);
    free(again);
}

static void job__what_goes_wrong_with_the_case_is_its_outcome(void **state)
{
    (void)state;
    pn_job_file files[N_SLICES];
    pn_job job;
    int roi = 1;
    fill_job(&job, files, &roi);
    (void)snprintf(files[3].path, PN_PATH_SIZE, "%s/absent.dcm", folder);
    char where[PN_PATH_SIZE];
    pn_error err = {0};
    (void)snprintf(where, sizeof where, "%s/failing", folder);
    CHECK_OK(pn_mkdir_p(where, &err), err);
    CHECK_OK(pn_job_save(&job, where, &err), err);
    CHECK_OK(pn_job_run(where, &err), err);
    pn_outcome o = {0};
    CHECK_OK(pn_outcome_load(&o, where, &err), err);
    assert_false(o.reported);
    assert_non_null(strstr(o.failure.msg, "absent.dcm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_way_of_dicom__equal_those_of_the_volume_in_memory),
        cmocka_unit_test(filtered_images__are_measured_as_the_library_does),
        cmocka_unit_test(missing_region__is_an_error_that_names_it),
        cmocka_unit_test(gap_in_the_series__is_refused),
        cmocka_unit_test(job__run_again_gives_the_same_bytes),
        cmocka_unit_test(job__what_goes_wrong_with_the_case_is_its_outcome),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Walking folders: what is found, counted, passed over and refused. */
#include "check.h"
#include "dicom/folder.h"
#include "dicom/runtime.h"
#include "dicom_fixture.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pn_error err;

static void text_file(const char *path)
{
    dcm d = {.n = 0};
    dcm_raw(&d, "not DICOM at all", 16);
    dcm_write(&d, path);
    dcm_free(&d);
}

typedef struct heard {
    size_t calls, problems;
    char last[480];
} heard;

static void listen(void *user, const char *path, const pn_error *problem)
{
    heard *h = user;
    assert_non_null(path);
    h->calls++;
    if (problem != NULL) {
        h->problems++;
        memcpy(h->last, problem->msg, sizeof h->last);
    }
}

static void test_walk(void **state)
{
    (void)state;
    slice_spec s = slice_default();
    assert_int_equal(mkdir(tmp_path("a"), 0700), 0);
    assert_int_equal(mkdir(tmp_path("a/b"), 0700), 0);
    slice_write(&s, tmp_path("a/b/2.dcm"));
    slice_write(&s, tmp_path("a/b/10"));
    slice_write(&s, tmp_path("a/1.dcm"));
    text_file(tmp_path("a/notes.txt"));
    text_file(tmp_path("a/.hidden"));
    assert_int_equal(symlink("b/2.dcm", tmp_path("a/link.dcm")), 0);
    assert_int_equal(symlink("..", tmp_path("a/b/loop")), 0);
    assert_int_equal(symlink("nowhere", tmp_path("a/dangling")), 0);
    assert_int_equal(mkfifo(tmp_path("a/fifo"), 0600), 0);
    slice_write(&s, tmp_path("a/cut.dcm"));
    assert_int_equal(truncate(tmp_path("a/cut.dcm"), 400), 0);

    const char *root = tmp_path("a");
    char want[5][300];
    static const char *const order[] = {"1.dcm", "b/10", "b/2.dcm", "link.dcm"};
    for (int i = 0; i < 4; i++) { snprintf(want[i], sizeof want[i], "%s/%s", root, order[i]); }
    pn_folder f;
    heard h = {.calls = 0};
    CHECK_OK(pn_folder_scan(&f, &root, 1, listen, &h, &err), err);
    assert_int_equal(f.n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(f.entries[i].path, want[i]);
        assert_int_equal(f.entries[i].header.kind, PN_KIND_IMAGE);
        assert_string_equal(f.entries[i].header.patient_id, "P1");
    }
    assert_int_equal(f.n_refused, 1);
    assert_int_equal(f.n_not_dicom, 4);    /* two texts, the dangling link, the FIFO           */
    assert_int_equal(h.calls, 7);
    assert_int_equal(h.problems, 1);
    if (strstr(h.last, "offset") == NULL) { fail_msg("%s", h.last); }
    pn_folder_free(&f);
}

static void test_files_and_folders_given(void **state)
{
    (void)state;
    slice_spec s = slice_default();
    slice_write(&s, tmp_path("z.dcm"));
    assert_int_equal(mkdir(tmp_path("d"), 0700), 0);
    slice_write(&s, tmp_path("d/a.dcm"));
    assert_int_equal(symlink("d", tmp_path("given")), 0);
    const char *paths[] = {tmp_path("z.dcm"), tmp_path("given")};
    pn_folder f;
    CHECK_OK(pn_folder_scan(&f, paths, 2, NULL, NULL, &err), err);
    assert_int_equal(f.n, 2);
    assert_non_null(strstr(f.entries[0].path, "z.dcm"));
    pn_folder_free(&f);
    CHECK_OK(pn_folder_scan(&f, NULL, 0, NULL, NULL, &err), err);
    assert_int_equal(f.n, 0);
    pn_folder_free(&f);
    paths[1] = "/nonexistent/folder";
    assert_int_equal(pn_folder_scan(&f, paths, 2, NULL, NULL, &err), PN_ENOTFOUND);
    assert_non_null(strstr(err.msg, "/nonexistent/folder"));
    pn_folder_free(NULL);
}

static void test_depth_is_limited(void **state)
{
    (void)state;
    char path[1000];
    snprintf(path, sizeof path, "%s", tmp_path("deep"));
    const char *root = tmp_path("deep");
    assert_int_equal(mkdir(path, 0700), 0);
    for (int i = 0; i < PN_MAX_FOLDER_DEPTH; i++) {
        strcat(path, "/x");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    pn_folder f;
    CHECK_OK(pn_folder_scan(&f, &root, 1, NULL, NULL, &err), err);
    pn_folder_free(&f);
    strcat(path, "/x");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(pn_folder_scan(&f, &root, 1, NULL, NULL, &err), PN_ELIMIT);
}

static void test_real_folder(void **state)
{
    (void)state;
    SKIP_WITHOUT(SHARED("data/radiomics/ibsi_1_ct_radiomics_phantom"));
    const char *root = SHARED("data/radiomics/ibsi_1_ct_radiomics_phantom");
    pn_folder f;
    size_t images = 0, contours = 0;
    CHECK_OK(pn_folder_scan(&f, &root, 1, NULL, NULL, &err), err);
    for (size_t i = 0; i < f.n; i++) {
        images += f.entries[i].header.kind == PN_KIND_IMAGE;
        contours += f.entries[i].header.kind == PN_KIND_RTSTRUCT;
    }
    assert_int_equal(images, 60);
    assert_int_equal(contours, 1);
    assert_int_equal(f.n_refused, 0);
    assert_true(f.n_not_dicom >= 2);
    pn_folder_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_walk, dicom_clear),
        cmocka_unit_test_teardown(test_files_and_folders_given, dicom_clear),
        cmocka_unit_test_teardown(test_depth_is_limited, dicom_clear),
        cmocka_unit_test(test_real_folder),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}

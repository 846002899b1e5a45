/* Files damaged at random: every reader returns a verdict, none crashes, leaks or reads beyond
 * what is there (the sanitizers look on). */
#include "check.h"
#include "dicom/header.h"
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "dicom_fixture.h"
#include "multiframe_fixture.h"
#include "seg_fixture.h"
#include <stdlib.h>
#include <string.h>

static pn_error err;

static uint32_t seed = 20261121;
static uint32_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* Bytes that mean something to a parser, among bytes that mean nothing. */
static void damage(dcm *d)
{
    static const char telling[] = "0123456789.-+eE\\ nanSQUNOB\xFE\xFF\xE0\xDD";
    size_t times = 1 + next_random() % 5;
    for (size_t i = 0; i < times; i++) {
        size_t at = 132 + next_random() % (d->n - 132);
        bool any = next_random() % 2 == 0;
        d->data[at] = (uint8_t)(any ? (char)next_random() : telling[next_random() % sizeof telling]);
    }
    if (next_random() % 8 == 0) { d->n = 132 + next_random() % (d->n - 132); }
}

static dcm read_back(const char *path)
{
    dcm d = {.n = 0};
    uint8_t block[4096];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) { dcm_raw(&d, block, n); }
    fclose(f);
    return d;
}

/* Returns whether the header was still readable. */
static bool try_readers(const char *path, const pn_volume *v)
{
    pn_header h;
    pn_mask m;
    pn_volume w;
    int header = pn_header_read(&h, path, &err);
    assert_true(header == 0 || header == PN_EFORMAT || header == PN_ELIMIT || header == PN_EUNSUPPORTED);
    if (header == 0) { pn_header_free(&h); }
    if (pn_mask_from_rtstruct(&m, path, 1, v, &err) == 0) { pn_mask_free(&m); }
    if (pn_mask_from_seg(&m, path, 1, v, &err) == 0) { pn_mask_free(&m); }
    int volume = pn_volume_load(&w, &path, 1, &err);
    assert_int_not_equal(volume, PN_EINTERNAL);
    if (volume == 0) { pn_volume_free(&w); }
    return header == 0;
}

static void batter(const char *good, const pn_volume *v)
{
    const char *asked = getenv("PN_DAMAGE_ROUNDS");        /* for a campaign by hand         */
    const int rounds = asked != NULL ? atoi(asked) : 400;
    const char *path = tmp_path("damaged.dcm");
    size_t readable = 0;
    dcm whole = read_back(good);
    for (int round = 0; round < rounds; round++) {
        dcm d = {.n = 0};
        dcm_raw(&d, whole.data, whole.n);
        damage(&d);
        dcm_write(&d, path);
        dcm_free(&d);
        readable += try_readers(path, v);
    }
    /* Damage of both kinds: seen by the scan, and let through to the parser. */
    assert_true(readable > (size_t)rounds / 20 && readable < (size_t)rounds);
    dcm_free(&whole);
}

static void test_damaged_files(void **state)
{
    (void)state;
    const contour_spec c[] = {{.data = "1.5\\1.5\\6\\4.5\\1.5\\6\\4.5\\4.5\\6", .points = "3"},
                              {.data = "1.5\\1.5\\3\\4.5\\1.5\\3\\4.5\\4.5\\3", .points = "3"}};
    rtstruct_spec s = rtstruct_default();
    const char *paths[3];
    pn_volume v;
    stack_write(paths, 3, 8, 8);
    CHECK_OK(pn_volume_load(&v, paths, 3, &err), err);
    s.contours = c;
    s.n_contours = 2;
    s.image_uid = "1.2.3.4.1";
    rtstruct_write(&s, tmp_path("rs.dcm"));
    batter(tmp_path("rs.dcm"), &v);
    batter(paths[0], &v);
    pn_volume_free(&v);
}

/* Three slices of 4 x 2 pixels and segmentations of each kind on them. */
static void test_damaged_segmentations(void **state)
{
    (void)state;
    static const frame_spec with_segment[] = {{1, "0\\0\\3", NULL}, {2, "3\\0\\6", "-1\\0\\0\\0\\1\\0"}};
    static const frame_spec without[] = {{0, "0\\0\\3", NULL}, {0, "0\\0\\0", NULL}};
    static const uint8_t pixels[16] = {1, 2, 3, 0, 1, 1, 9, 250, 1};
    const char *paths[3];
    pn_volume v;
    stack_write(paths, 3, 4, 2);
    CHECK_OK(pn_volume_load(&v, paths, 3, &err), err);
    for (int kind = 0; kind < 3; kind++) {
        seg_spec s = seg_default();
        s.rows = 2;
        s.columns = 4;
        s.frames = "2";
        s.n_frames = 2;
        s.frame = kind == 2 ? without : with_segment;
        s.bits = pixels;
        s.n_bits = kind == 0 ? 2 : 16;
        s.allocated = kind == 0 ? 1 : 8;
        s.between = "3";
        if (kind == 1) {
            s.type = "FRACTIONAL";
            s.fraction = "OCCUPANCY";
            s.maximum = 255;
        } else if (kind == 2) {
            s.type = "LABELMAP";
            s.class_uid = CLASS_LABEL_MAP;
            s.padding = 9;
        }
        pn_mask m;
        seg_write(&s, tmp_path("seg.dcm"));
        CHECK_OK(pn_mask_from_seg(&m, tmp_path("seg.dcm"), 1, &v, &err), err);
        pn_mask_free(&m);
        batter(tmp_path("seg.dcm"), &v);
    }
    pn_volume_free(&v);
}

static void test_damaged_multiframe_images(void **state)
{
    (void)state;
    static const mf_groups frames[] = {{.position = "0\\0\\3", .stack = "1", .temporal = 1},
                                       {.position = "0\\0\\6", .stack = "1", .temporal = 1, .slope = "2", .intercept = "5"}};
    static const int16_t pixels[12] = {0};
    mf_spec s = mf_default();
    s.frames = "2";
    s.frame = frames;
    s.n_frames = 2;
    s.pixels = pixels;
    s.n_pixels = 12;
    const char *path = tmp_path("mf.dcm");
    pn_volume v;
    mf_write(&s, path);
    CHECK_OK(pn_volume_load(&v, &path, 1, &err), err);
    batter(path, &v);
    pn_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_damaged_files, dicom_clear),
        cmocka_unit_test_teardown(test_damaged_segmentations, dicom_clear),
        cmocka_unit_test_teardown(test_damaged_multiframe_images, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}

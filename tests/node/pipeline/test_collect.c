#include "pipeline/collect.h"
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "pipeline/select.h"

/* A folder of up to eight images in two series of one study and frame of reference. */
static pn_folder_entry entries[8];
static char paths[8][16];
static char *uids[] = {(char[]){"1.1"}, (char[]){"1.2"}, (char[]){"1.3"}};

static void image(pn_folder *f, const char *sop, const char *series)
{
    pn_folder_entry *e = &entries[f->n];
    memset(e, 0, sizeof *e);
    (void)snprintf(paths[f->n], sizeof paths[0], "f%zu", f->n);
    e->path = paths[f->n];
    e->header.kind = PN_KIND_IMAGE;
    (void)snprintf(e->header.sop_uid, PN_UID_SIZE, "%s", sop);
    (void)snprintf(e->header.series_uid, PN_UID_SIZE, "%s", series);
    (void)snprintf(e->header.study_uid, PN_UID_SIZE, "9");
    (void)snprintf(e->header.frame_of_reference_uid, PN_UID_SIZE, "8");
    f->entries = entries;
    f->n++;
}

static pn_roi rois[2];
static pn_ref_series series[2];

/* A contour whose region 1 names n of the UIDs, and whose series 5 lists as many. */
static pn_header contour(size_t n_by_roi, size_t n_series, size_t n_by_series)
{
    pn_header h = {.kind = PN_KIND_RTSTRUCT};
    (void)snprintf(h.study_uid, PN_UID_SIZE, "9");
    (void)snprintf(h.frame_of_reference_uid, PN_UID_SIZE, "8");
    memset(rois, 0, sizeof rois);
    memset(series, 0, sizeof series);
    rois[0] = (pn_roi){.number = 1, .n_contours = 1, .image_uids = uids, .n_image_uids = n_by_roi};
    (void)snprintf(rois[0].name, PN_LO_SIZE, "GTV-1");
    rois[1] = (pn_roi){.number = 2, .n_contours = 0};
    (void)snprintf(rois[1].name, PN_LO_SIZE, "GTV empty");
    (void)snprintf(rois[1].code_value, 17, "M-8FFFF");
    h.rois = rois;
    h.n_rois = 2;
    for (size_t i = 0; i < n_series; i++) {
        (void)snprintf(series[i].series_uid, PN_UID_SIZE, "%zu", 5 + i);
        if (i == 0) {
            series[i].image_uids = uids;
            series[i].n_image_uids = n_by_series;
        }
    }
    h.series = series;
    h.n_series = n_series;
    return h;
}

static const int wanted[] = {1};

static void named_images__all_there_in_any_order(void **state)
{
    (void)state;
    pn_folder f = {0};
    image(&f, "1.3", "5");
    image(&f, "7.7", "5");
    image(&f, "1.1", "5");
    image(&f, "1.2", "5");
    image(&f, "1.2", "5");                      /* a second copy counts once */
    pn_header h = contour(2, 1, 3);
    pn_collected c = {0};
    pn_error err = {0};
    CHECK_OK(pn_collect_images(&c, &f, &h, wanted, 1, &err), err);
    assert_int_equal(c.n, 3);
    assert_false(c.by_series);
    assert_string_equal(c.paths[0], "f0");
    pn_collected_free(&c);
}

static void named_images__some_missing_is_refused_with_the_first(void **state)
{
    (void)state;
    pn_folder f = {0};
    image(&f, "1.1", "5");
    image(&f, "1.3", "5");
    pn_header h = contour(2, 1, 3);
    pn_collected c = {0};
    pn_error err = {0};
    assert_int_equal(pn_collect_images(&c, &f, &h, wanted, 1, &err), PN_ENOTFOUND);
    assert_non_null(strstr(err.msg, "1 of 3"));
    assert_non_null(strstr(err.msg, "1.2"));
}

static void named_images__none_there_takes_the_named_series(void **state)
{
    (void)state;
    pn_folder f = {0};
    image(&f, "7.1", "5");
    image(&f, "7.2", "5");
    image(&f, "7.3", "6");
    pn_header h = contour(2, 1, 3);
    pn_collected c = {0};
    pn_error err = {0};
    CHECK_OK(pn_collect_images(&c, &f, &h, wanted, 1, &err), err);
    assert_int_equal(c.n, 2);
    assert_true(c.by_series);
    pn_collected_free(&c);

    pn_folder other = {0};
    image(&other, "7.3", "6");
    assert_int_equal(pn_collect_images(&c, &other, &h, wanted, 1, &err), PN_ENOTFOUND);
}

/* A contour that names only what it is drawn on: their whole series, but for multi-frame images. */
static void named_images__only_those_drawn_on_take_their_series(void **state)
{
    (void)state;
    static const char *const classes[] = {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"};
    for (int multiframe = 0; multiframe < 2; multiframe++) {
        for (int listed = 0; listed < 2; listed++) {       /* with and without a list of the same */
            pn_folder f = {0};
            image(&f, "1.2", "5");
            image(&f, "7.7", "5");
            image(&f, "1.1", "5");
            image(&f, "8.8", "6");
            for (size_t i = 0; i < f.n; i++) {
                (void)snprintf(entries[i].header.sop_class_uid, PN_UID_SIZE, "%s", classes[multiframe]);
            }
            pn_header h = contour(2, (size_t)listed, 2);
            pn_collected c = {0};
            pn_error err = {0};
            CHECK_OK(pn_collect_images(&c, &f, &h, wanted, 1, &err), err);
            assert_int_equal(c.n, multiframe ? 2 : 3);
            assert_false(c.by_series);
            pn_collected_free(&c);
        }
    }
}

static void no_names_at_all__takes_the_only_series_never_one_of_two(void **state)
{
    (void)state;
    pn_folder f = {0};
    image(&f, "7.1", "5");
    image(&f, "7.2", "5");
    pn_header h = contour(0, 0, 0);
    pn_collected c = {0};
    pn_error err = {0};
    CHECK_OK(pn_collect_images(&c, &f, &h, wanted, 1, &err), err);
    assert_int_equal(c.n, 2);
    assert_true(c.by_series);
    pn_collected_free(&c);

    image(&f, "7.3", "6");
    assert_int_equal(pn_collect_images(&c, &f, &h, wanted, 1, &err), PN_ENOTFOUND);
    assert_non_null(strstr(err.msg, "5 and 6"));
}

static void select__by_name_and_code_but_never_an_empty_region(void **state)
{
    (void)state;
    pn_header h = contour(1, 0, 0);
    static char gtv[] = "gtv*", other[] = "PTV*";
    char *by_name[] = {gtv}, *no_match[] = {other};
    const cfg_concept code = {.value = "M-8FFFF"};
    int *numbers = NULL;
    size_t n = 0;
    pn_error err = {0};
    CHECK_OK(pn_select_regions(&numbers, &n, &h, by_name, 1, &code, 1, &err), err);
    assert_int_equal(n, 1);                     /* region 2 has no contour */
    assert_int_equal(numbers[0], 1);
    free(numbers);
    CHECK_OK(pn_select_regions(&numbers, &n, &h, no_match, 1, &code, 1, &err), err);
    assert_int_equal(n, 0);
    free(numbers);
    h.kind = PN_KIND_SEG;                       /* a segment is chosen by its code */
    rois[1].n_contours = 3;
    CHECK_OK(pn_select_regions(&numbers, &n, &h, no_match, 1, &code, 1, &err), err);
    assert_int_equal(n, 1);
    assert_int_equal(numbers[0], 2);
    free(numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_images__all_there_in_any_order),
        cmocka_unit_test(named_images__some_missing_is_refused_with_the_first),
        cmocka_unit_test(named_images__none_there_takes_the_named_series),
        cmocka_unit_test(named_images__only_those_drawn_on_take_their_series),
        cmocka_unit_test(no_names_at_all__takes_the_only_series_never_one_of_two),
        cmocka_unit_test(select__by_name_and_code_but_never_an_empty_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Contours that name only the images that they are drawn on: the whole series is waited for and
 * used, by the clock or by what an archive says, and a later slice makes a version. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "case_fixture.h"
#include "pipeline/job.h"
#include "pipeline/named_images.h"

static void image_of_class(node *n, int i, const char *sop_class)
{
    pn_header h = { .kind = PN_KIND_IMAGE, .study_uid = "1.study", .series_uid = "1.series",
                    .frame_of_reference_uid = "1.frame", .modality = "CT", .patient_id = "P1",
                    .identity_digest = "P1", .pixel_digest = "p" };
    pn_instance in;
    pn_added added;
    snprintf(h.sop_class_uid, sizeof h.sop_class_uid, "%s", sop_class);
    snprintf(h.sop_uid, sizeof h.sop_uid, "1.i.%d", i);
    n->now += 10;
    pn_intake_instance(&in, &h, h.sop_uid, 100, n->now);
    CHECK_OK(pn_store_add_instance(&added, n->s, &in, &n->err), n->err);
    node_settle(n);
}

static void image_comes(node *n, int i) { image_of_class(n, i, "1.2.840.10008.5.1.4.1.1.2"); }

#define EXPECT(n, want_state, want_reason)                                                 \
    do {                                                                                   \
        pn_case *c_ = case_number((n), 1);                                                 \
        assert_string_equal(pn_case_state_word(c_->state), pn_case_state_word(want_state));\
        assert_string_equal(c_->reason, (want_reason));                                    \
    } while (0)

static size_t n_images(node *n, int64_t id)
{
    pn_file_list l = { 0 };
    CHECK_OK(pn_store_case_images(&l, n->s, id, &n->err), n->err);
    size_t images = l.n;
    pn_file_list_free(&l);
    return images;
}

static void wait_s(node *n, int64_t s)
{
    n->now += s * 1000;
    node_settle(n);
}

/* What a list says, for each way in which an object may name its images. */
static void named__only_what_is_drawn_on(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        pn_kind kind;
        bool body;
        int listed_to;         /* of 1.series, from 1; 0: no list                            */
        bool drawn_only;
    } rows[] = {
        { "no list, no outline", PN_KIND_RTSTRUCT, false, 0, true },
        { "a list of the same", PN_KIND_RTSTRUCT, false, 4, true },
        { "a list of part of them", PN_KIND_RTSTRUCT, false, 3, true },
        { "a list of more", PN_KIND_RTSTRUCT, false, 5, false },
        { "an outline of the body", PN_KIND_RTSTRUCT, true, 4, false },
        { "a segment of the body", PN_KIND_SEG, true, 4, true },
        { "a segmentation's list of more", PN_KIND_SEG, false, 5, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        contour c;
        pn_named_images named;
        pn_error err = { 0 };
        const int wanted[] = { 4 };
        make_contour(&c, 2, 4);
        if (!rows[i].body) { take_body_away(&c); }
        c.h.kind = rows[i].kind;
        if (rows[i].listed_to > 0) { add_series(&c, "1.series", "1.i", 2, rows[i].listed_to); }
        CHECK_OK(pn_named_images_of(&named, &c.h, wanted, 1, &err), err);
        if (named.drawn_only != rows[i].drawn_only) { fail_msg("%s: %d", rows[i].what, named.drawn_only); }
        pn_named_images_free(&named);
    }
}

/* Any order: the reports are made of the same images. */
static void series__is_used_whole_once_it_is_quiet(void **state)
{
    (void)state;
    for (int contour_at = 0; contour_at <= 5; contour_at++) {
        void *own;
        assert_int_equal(node_setup(&own), 0);
        node *n = own;
        contour c;
        make_contour(&c, 2, 3);
        take_body_away(&c);
        for (int i = 1; i <= 5; i++) {
            if (contour_at == i - 1) { (void)contour_arrives(n, &c, "d1"); }
            image_comes(n, i);
        }
        if (contour_at == 5) { (void)contour_arrives(n, &c, "d1"); }
        EXPECT(n, PN_CASE_WAITING, "2 of 2 images, only those drawn on; 5 of their series so far");
        node_reopen(n);
        n->now = 1000000 + 50 + 59 * 1000;
        node_settle(n);
        assert_int_equal(case_number(n, 1)->state, PN_CASE_WAITING);
        wait_s(n, 2);
        EXPECT(n, PN_CASE_READY, "only the images drawn on are named: the whole series is used");
        assert_int_equal(n_images(n, 1), 5);
        assert_int_equal(case_number(n, 1)->n_present, 2);
        assert_int_equal(node_teardown(&own), 0);
    }
}

static void series__still_arriving_puts_it_off_but_not_beyond_the_end(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 1);
    take_body_away(&c);
    add_series(&c, "1.series", "1.i", 1, 1);
    (void)contour_arrives(n, &c, "d1");
    for (int i = 1; i <= 71; i++) {
        image_comes(n, i);
        wait_s(n, 50);
        assert_int_equal(case_number(n, 1)->state, PN_CASE_WAITING);
    }
    wait_s(n, 51);                             /* 3601 s: the give-up time */
    assert_int_equal(case_number(n, 1)->state, PN_CASE_READY);
    assert_int_equal(n_images(n, 1), 71);
}

static void series__a_named_image_missing_is_waited_for(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 3);
    take_body_away(&c);
    (void)contour_arrives(n, &c, "d1");
    image_comes(n, 1);
    image_comes(n, 2);
    image_comes(n, 4);
    wait_s(n, 700);
    EXPECT(n, PN_CASE_WAITING, "2 of 3 images");
    image_comes(n, 3);
    wait_s(n, 601);
    assert_int_equal(case_number(n, 1)->state, PN_CASE_READY);
    assert_int_equal(n_images(n, 1), 4);
}

static void series__of_a_multi_frame_image_is_not_waited_for(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 1);
    take_body_away(&c);
    (void)contour_arrives(n, &c, "d1");
    image_of_class(n, 1, "1.2.840.10008.5.1.4.1.1.2.1");
    EXPECT(n, PN_CASE_READY, "");
    assert_false(case_number(n, 1)->by_series);
}

static void series__disagreeing_copies_of_another_slice_hold_it(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 2);
    take_body_away(&c);
    for (int i = 1; i <= 3; i++) { image_comes(n, i); }
    pn_header h = { .kind = PN_KIND_IMAGE, .study_uid = "1.study", .series_uid = "1.series",
                    .frame_of_reference_uid = "1.frame", .patient_id = "P1", .sop_uid = "1.i.3",
                    .identity_digest = "P1", .pixel_digest = "q" };
    pn_instance in;
    pn_added added;
    pn_intake_instance(&in, &h, "other", 100, n->now);
    CHECK_OK(pn_store_add_instance(&added, n->s, &in, &n->err), n->err);
    (void)contour_arrives(n, &c, "d1");
    wait_s(n, 601);
    EXPECT(n, PN_CASE_HELD, "conflict: 1.i.3 was received with two different contents");
}

static void series__a_late_slice_makes_a_version(void **state)
{
    node *n = *state;
    contour c;
    static pn_case claimed;
    bool got = false;
    make_contour(&c, 1, 2);
    take_body_away(&c);
    for (int i = 1; i <= 3; i++) { image_comes(n, i); }
    (void)contour_arrives(n, &c, "d1");
    wait_s(n, 601);
    CHECK_OK(pn_store_claim_case(&claimed, &got, n->s, n->now, "w", 1000, &n->err), n->err);
    assert_true(got);
    pn_job_file images[3] = { { "/a", "1.i.1" }, { "/b", "1.i.2" }, { "/c", "1.i.3" } };
    int rois[] = { 4 };
    pn_job job = { .case_id = 1, .version = 1, .images = images, .n_images = 3, .rois = rois,
                   .n_rois = 1, .model_path = "/m", .content_datetime = "20240102030405",
                   .whole_series = true };
    CHECK_OK(pn_job_save(&job, n->folder, &n->err), n->err);
    const pn_outgoing o = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                            .sop_uid = "2.25.1" };
    CHECK_OK(pn_store_case_reported(n->s, 1, claimed.fence, "2.25.1", "2.25.91", n->folder, &o, 1,
                                    n->now, &n->err), n->err);
    image_comes(n, 2);                                   /* what it has */
    assert_int_equal(n_cases(n), 1);
    image_comes(n, 4);
    assert_int_equal(n_cases(n), 2);
    assert_int_equal(case_number(n, 2)->state, PN_CASE_WAITING);
    wait_s(n, 601);
    assert_int_equal(case_number(n, 2)->state, PN_CASE_READY);
    assert_int_equal(case_number(n, 2)->version, 2);
    assert_int_equal(n_images(n, 2), 4);
}

/* ---- What an archive says ---- */

static void archive_says(node *n, size_t count)
{
    pn_pull p;
    bool got = false;
    CHECK_OK(pn_store_claim_pull(&p, &got, n->s, n->now, "f", n->now, 1000, &n->err), n->err);
    assert_true(got);
    CHECK_OK(pn_store_pull_done(n->s, p.case_id, p.fence, "asked pacs", count, n->now, n->now,
                                &n->err), n->err);
    node_settle(n);
}

static void count__completes_a_series_at_once(void **state)
{
    (void)state;
    /* A contour that names what it is drawn on, and one that names a series without images. */
    for (int drawn = 0; drawn < 2; drawn++) {
        void *own;
        assert_int_equal(node_setup(&own), 0);
        node *n = own;
        contour c;
        make_contour(&c, 1, drawn ? 2 : 0);
        take_body_away(&c);
        add_series(&c, "1.series", "1.i", 1, drawn ? 2 : 0);
        (void)contour_arrives(n, &c, "d1");
        image_comes(n, 1);
        image_comes(n, 2);
        archive_says(n, 3);
        assert_int_equal(case_number(n, 1)->state, PN_CASE_WAITING);
        wait_s(n, 1200);                       /* quiet, but known to be a part */
        assert_int_equal(case_number(n, 1)->state, PN_CASE_WAITING);
        assert_non_null(strstr(case_number(n, 1)->reason, "asked pacs"));
        image_comes(n, 3);
        assert_int_equal(case_number(n, 1)->state, PN_CASE_READY);
        assert_int_equal(n_images(n, 1), 3);
        assert_int_equal(node_teardown(&own), 0);
    }
}

static void count__that_is_never_reached_is_said(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 2);
    take_body_away(&c);
    add_series(&c, "1.series", "1.i", 1, 2);
    (void)contour_arrives(n, &c, "d1");
    image_comes(n, 1);
    image_comes(n, 2);
    archive_says(n, 3);
    wait_s(n, 3600);
    EXPECT(n, PN_CASE_READY, "only the images drawn on are named: the whole series is used; "
                             "2 of the 3 that an archive has");
}

#define T(name) cmocka_unit_test_setup_teardown(name, node_setup, node_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named__only_what_is_drawn_on),
        cmocka_unit_test(series__is_used_whole_once_it_is_quiet),
        T(series__still_arriving_puts_it_off_but_not_beyond_the_end),
        T(series__a_named_image_missing_is_waited_for),
        T(series__of_a_multi_frame_image_is_not_waited_for),
        T(series__disagreeing_copies_of_another_slice_hold_it),
        T(series__a_late_slice_makes_a_version),
        cmocka_unit_test(count__completes_a_series_at_once),
        T(count__that_is_never_reached_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which images make a case, and when it is complete: every rung of the ladder, every order. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "case_fixture.h"
#include "role/matching.h"

static char pattern_lung[] = "lung";
static char *lung[] = { pattern_lung };

/* ---- What arrives ---- */

static pn_header image_header(const char *prefix, int i, const char *series)
{
    pn_header h = { .kind = PN_KIND_IMAGE, .study_uid = "1.study", .patient_id = "P1",
                    .frame_of_reference_uid = "1.frame", .modality = "CT" };
    snprintf(h.sop_uid, sizeof h.sop_uid, "%s.%d", prefix, i);
    snprintf(h.series_uid, sizeof h.series_uid, "%s", series);
    return h;
}

static void comes(node *n, const pn_header *h, const char *digest)
{
    pn_instance in;
    pn_added added;
    pn_intake_instance(&in, h, digest, 100, n->now);
    if (!in.pixel_digest[0]) { strcpy(in.pixel_digest, in.digest); }    /* other bytes, other pixels */
    CHECK_OK(pn_store_add_instance(&added, n->s, &in, &n->err), n->err);
    node_settle(n);
}

static void image_comes(node *n, const char *prefix, int i, const char *series)
{
    pn_header h = image_header(prefix, i, series);
    comes(n, &h, h.sop_uid);
}

#define EXPECT(n, want_state, want_reason)                                                 \
    do {                                                                                   \
        pn_case *c_ = case_number((n), 1);                                                 \
        assert_string_equal(pn_case_state_word(c_->state), pn_case_state_word(want_state));\
        assert_string_equal(c_->reason, (want_reason));                                    \
    } while (0)

static void turn_clock(node *n, int64_t to)
{
    n->now = to;
    node_settle(n);
}

/* ---- Rung 1 ---- */

static void exact__every_order_of_arrival_is_ready_with_the_last(void **state)
{
    (void)state;
    /* 0 is the contour, 1..3 its images: all 24 orders. */
    for (int code = 0; code < 24; code++) {
        int left[] = { 0, 1, 2, 3 }, order[4], rest = code;
        for (int k = 0; k < 4; k++) {
            int at = rest % (4 - k);
            rest /= 4 - k;
            order[k] = left[at];
            for (int j = at; j < 3; j++) { left[j] = left[j + 1]; }
        }
        void *own;
        assert_int_equal(node_setup(&own), 0);
        node *n = own;
        contour c;
        make_contour(&c, 1, 3);
        bool have_contour = false;
        size_t images = 0;
        for (int k = 0; k < 4; k++) {
            n->now += 10;
            if (order[k] == 0) {
                (void)contour_arrives(n, &c, "d1");
                have_contour = true;
            } else {
                image_comes(n, "1.i", order[k], "1.series");
                images++;
            }
            if (!have_contour) { continue; }
            char reason[64] = "";
            if (images < 3) { snprintf(reason, sizeof reason, "%zu of 3 images", images); }
            EXPECT(n, images < 3 ? PN_CASE_WAITING : PN_CASE_READY, reason);
            assert_int_equal(case_number(n, 1)->n_present, images);
        }
        assert_false(case_number(n, 1)->by_series);
        assert_int_equal(node_teardown(&own), 0);
    }
}

static void exact__series_list_counts_too(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 2, 2);
    add_series(&c, "1.series", "1.i", 1, 3);
    (void)contour_arrives(n, &c, "d1");
    image_comes(n, "1.i", 2, "1.series");
    EXPECT(n, PN_CASE_WAITING, "1 of 3 images");
    image_comes(n, "1.i", 1, "1.series");
    image_comes(n, "1.i", 3, "1.series");
    EXPECT(n, PN_CASE_READY, "");
}

static void exact__a_second_referenced_series_is_not_waited_for(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 2);
    add_series(&c, "1.ct", "1.i", 1, 3);
    add_series(&c, "1.pet", "1.p", 1, 4);
    (void)contour_arrives(n, &c, "d1");
    for (int i = 1; i <= 3; i++) { image_comes(n, "1.i", i, "1.ct"); }
    EXPECT(n, PN_CASE_READY, "");
    assert_string_equal(case_number(n, 1)->series_uid, "1.ct");
}

static void exact__duplicates_and_foreign_images_change_nothing(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 2);
    (void)contour_arrives(n, &c, "d1");
    image_comes(n, "1.i", 1, "1.series");
    image_comes(n, "1.i", 1, "1.series");
    image_comes(n, "1.i", 9, "1.series");
    EXPECT(n, PN_CASE_WAITING, "1 of 2 images");
    image_comes(n, "1.i", 2, "1.series");
    (void)contour_arrives(n, &c, "d1");
    pn_store_counts count;
    CHECK_OK(pn_store_count(&count, n->s, &n->err), n->err);
    assert_int_equal(count.cases[PN_CASE_READY], 1);
}

static void exact__gives_up_with_what_is_missing(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 3);
    (void)contour_arrives(n, &c, "d1");
    image_comes(n, "1.i", 1, "1.series");
    turn_clock(n, 1000000 + 3599999);
    EXPECT(n, PN_CASE_WAITING, "1 of 3 images");
    node_reopen(n);
    turn_clock(n, 1000000 + 3600000);
    EXPECT(n, PN_CASE_FAILED, "images missing: 2 of 3");
    pn_case_state after;
    CHECK_OK(pn_store_retry_case(&after, n->s, 1, 1000, n->now, &n->err), n->err);
    node_settle(n);
    EXPECT(n, PN_CASE_WAITING, "1 of 3 images");
    image_comes(n, "1.i", 2, "1.series");
    image_comes(n, "1.i", 3, "1.series");
    EXPECT(n, PN_CASE_READY, "");
}

/* ---- Rung 2 ---- */

static void series__taken_after_the_fallback_time_also_over_a_restart(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 3);
    add_series(&c, "1.series", "1.i", 1, 3);
    for (int i = 1; i <= 5; i++) { image_comes(n, "9.other", i, "1.series"); }
    (void)contour_arrives(n, &c, "d1");
    EXPECT(n, PN_CASE_WAITING, "0 of 3 images; 5 others of the named series");
    turn_clock(n, 1000000 + 599999);
    assert_int_equal(case_number(n, 1)->state, PN_CASE_WAITING);
    node_reopen(n);
    turn_clock(n, 1000000 + 600000);
    EXPECT(n, PN_CASE_READY, "none of 3 named images: taken by series");
    assert_true(case_number(n, 1)->by_series);
    pn_file_list l = { 0 };
    CHECK_OK(pn_store_case_images(&l, n->s, 1, &n->err), n->err);
    assert_int_equal(l.n, 5);
    pn_file_list_free(&l);
}

static void series__that_still_arrives_is_not_taken_by_its_first_slices(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 3);
    add_series(&c, "1.series", "1.i", 1, 3);
    (void)contour_arrives(n, &c, "d1");
    n->now = 1000000 + 700000;                   /* long after the fallback time */
    image_comes(n, "9.other", 1, "1.series");
    assert_int_equal(case_number(n, 1)->state, PN_CASE_WAITING);
    n->now += 500000;
    image_comes(n, "9.other", 2, "1.series");
    turn_clock(n, n->now + 599999);
    assert_int_equal(case_number(n, 1)->state, PN_CASE_WAITING);
    turn_clock(n, n->now + 1);
    assert_int_equal(case_number(n, 1)->state, PN_CASE_READY);
}

static void series__is_not_taken_where_a_named_image_is_there(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 3);
    add_series(&c, "1.series", "1.i", 1, 3);
    image_comes(n, "9.other", 1, "1.series");
    image_comes(n, "1.i", 1, "1.series");
    (void)contour_arrives(n, &c, "d1");
    turn_clock(n, 1000000 + 3000000);
    EXPECT(n, PN_CASE_WAITING, "1 of 3 images");
}

static void series__two_named_and_no_images_is_refused(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 0);
    add_series(&c, "1.ct", "1.i", 1, 3);
    add_series(&c, "1.mr", "1.m", 1, 3);
    (void)contour_arrives(n, &c, "d1");
    EXPECT(n, PN_CASE_FAILED, "the regions name no images, and the contour names several series: "
                              "1.ct, 1.mr");
}

/* ---- Rung 3 ---- */

static void frame__the_only_series_is_taken(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 0);
    (void)contour_arrives(n, &c, "d1");
    EXPECT(n, PN_CASE_WAITING, "no image series of its study and frame of reference yet");
    pn_header foreign = image_header("8.f", 1, "8.series");
    strcpy(foreign.frame_of_reference_uid, "8.frame");
    comes(n, &foreign, "f");
    n->now += 1000;
    image_comes(n, "1.i", 1, "1.series");
    image_comes(n, "1.i", 2, "1.series");
    EXPECT(n, PN_CASE_WAITING, "no images named; 1 series of its frame of reference");
    turn_clock(n, n->now + 599999);
    assert_int_equal(case_number(n, 1)->state, PN_CASE_WAITING);
    turn_clock(n, n->now + 1);
    EXPECT(n, PN_CASE_READY, "no images named: the only series of its frame of reference");
    assert_string_equal(case_number(n, 1)->series_uid, "1.series");
}

static void frame__two_candidates_are_refused_by_name(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 0);
    image_comes(n, "1.i", 1, "1.series.a");
    image_comes(n, "1.i", 2, "1.series.b");
    (void)contour_arrives(n, &c, "d1");
    turn_clock(n, 1000000 + 600000);
    EXPECT(n, PN_CASE_FAILED, "no images named, and 2 series share its frame of reference: "
                              "1.series.a, 1.series.b");
}

static void frame__absent_is_refused_at_once(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 0);
    c.h.frame_of_reference_uid[0] = '\0';
    (void)contour_arrives(n, &c, "d1");
    EXPECT(n, PN_CASE_FAILED, "the contour names no images, no series and no frame of reference");
}

/* ---- Conflicts and identity ---- */

static void conflict__of_an_image_holds_in_any_order(void **state)
{
    for (int contour_at = 0; contour_at < 3; contour_at++) {
        void *own;
        assert_int_equal(node_setup(&own), 0);
        node *n = own;
        contour c;
        make_contour(&c, 1, 2);
        pn_header a = image_header("1.i", 1, "1.series");
        if (contour_at == 0) { (void)contour_arrives(n, &c, "d1"); }
        comes(n, &a, "first");
        if (contour_at == 1) { (void)contour_arrives(n, &c, "d1"); }
        comes(n, &a, "other bytes");
        if (contour_at == 2) { (void)contour_arrives(n, &c, "d1"); }
        image_comes(n, "1.i", 2, "1.series");
        EXPECT(n, PN_CASE_HELD, "conflict: 1.i.1 was received with two different contents");
        assert_int_equal(node_teardown(&own), 0);
    }
    (void)state;
}

static void conflict__accepted_by_the_operator_uses_the_first_copy(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 2);
    pn_header a = image_header("1.i", 1, "1.series");
    (void)contour_arrives(n, &c, "d1");
    comes(n, &a, "first");
    comes(n, &a, "other bytes");
    image_comes(n, "1.i", 2, "1.series");
    assert_int_equal(case_number(n, 1)->state, PN_CASE_HELD);
    pn_case_state after;
    CHECK_OK(pn_store_retry_case(&after, n->s, 1, 1000, n->now, &n->err), n->err);
    node_settle(n);
    assert_int_equal(case_number(n, 1)->state, PN_CASE_READY);
    pn_file_list l = { 0 };
    CHECK_OK(pn_store_case_images(&l, n->s, 1, &n->err), n->err);
    assert_string_equal(l.item[0].digest, "first");
    pn_file_list_free(&l);
    size_t held = 0;                          /* a third content: held again */
    CHECK_OK(pn_store_hold_users_of(&held, n->s, "1.i.1", "conflict", n->now, &n->err), n->err);
    assert_int_equal(held, 1);
    assert_false(case_number(n, 1)->conflict_accepted);
}

static void conflict__of_the_contour_holds_the_second_and_a_waiting_first(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 2);
    (void)contour_arrives(n, &c, "d1");
    (void)contour_arrives(n, &c, "d2");
    size_t held = 0;
    CHECK_OK(pn_store_hold_users_of(&held, n->s, "1.rs", "conflict", n->now, &n->err), n->err);
    assert_int_equal(case_number(n, 2)->state, PN_CASE_HELD);
    assert_int_equal(case_number(n, 1)->state, PN_CASE_HELD);
}

static void identity__other_patient_fails_with_both_values(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 2);
    (void)contour_arrives(n, &c, "d1");
    image_comes(n, "1.i", 1, "1.series");
    pn_header h = image_header("1.i", 2, "1.series");
    strcpy(h.patient_id, "P2");
    comes(n, &h, "x");
    EXPECT(n, PN_CASE_FAILED,
           "identity conflict: Patient ID is \"P1\" in the contour, \"P2\" in image 1.i.2");
}

static void identity__is_checked_on_the_fallback_series_too(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 2);
    add_series(&c, "1.series", "1.i", 1, 2);
    pn_header h = image_header("9.o", 1, "1.series");
    strcpy(h.study_uid, "9.study");
    comes(n, &h, "x");
    (void)contour_arrives(n, &c, "d1");
    turn_clock(n, 1000000 + 600000);
    assert_int_equal(case_number(n, 1)->state, PN_CASE_FAILED);
    assert_non_null(strstr(case_number(n, 1)->reason, "identity conflict: Study Instance UID"));
}

/* ---- Models and regions ---- */

static void models__each_that_wants_the_contour_gets_a_case(void **state)
{
    node *n = *state;
    n->cfg.n_models = 2;
    n->refs[1].contours = lung;               /* the node's list stands before the model's */
    n->refs[1].n_contours = 1;
    contour c;
    make_contour(&c, 1, 1);
    c.h.n_rois = 3;
    c.rois[1] = (pn_roi){ .number = 5, .name = "gtv-n", .n_contours = 1 };
    c.rois[2] = (pn_roi){ .number = 6, .name = "Lung", .n_contours = 1 };
    (void)contour_arrives(n, &c, "d1");
    pn_case *one = case_number(n, 1);
    assert_string_equal(one->model_id, "tumour");
    assert_int_equal(one->n_rois, 2);
    assert_int_equal(one->roi_numbers[0], 4);
    assert_int_equal(one->roi_numbers[1], 5);
    assert_int_equal(one->give_up_at_ms, 1000000 + 3600000);
    pn_case *two = case_number(n, 2);
    assert_string_equal(two->model_id, "second");
    assert_int_equal(two->n_rois, 1);
    assert_int_equal(two->roi_numbers[0], 6);
}

static void models__none_that_wants_it_is_not_applicable_with_the_regions(void **state)
{
    node *n = *state;
    contour c;
    make_contour(&c, 1, 1);
    c.rois[0].n_contours = 0;                 /* GTV-1 is declared and not drawn */
    c.rois[1] = (pn_roi){ .number = 5, .name = "Heart", .n_contours = 1 };
    (void)contour_arrives(n, &c, "d1");
    (void)contour_arrives(n, &c, "d1");
    EXPECT(n, PN_CASE_NOT_APPLICABLE, "no model wants any of these regions: GTV-1 (empty), Heart");
    pn_store_counts count;
    CHECK_OK(pn_store_count(&count, n->s, &n->err), n->err);
    assert_int_equal(count.cases[PN_CASE_NOT_APPLICABLE], 1);
}

static void models__segment_code_selects(void **state)
{
    node *n = *state;
    cfg_concept neoplasm = { .value = "108369006", .scheme = "SCT" };
    n->models[0].segment_codes = &neoplasm;
    n->models[0].n_segment_codes = 1;
    contour c;
    make_contour(&c, 1, 1);
    take_body_away(&c);
    c.h.kind = PN_KIND_SEG;
    strcpy(c.rois[0].name, "Segment 1");
    c.rois[0].n_contours = 0;
    strcpy(c.rois[0].code_value, "108369006");
    strcpy(c.rois[0].code_scheme, "SCT");
    (void)contour_arrives(n, &c, "d1");
    EXPECT(n, PN_CASE_WAITING, "0 of 1 images");
    assert_string_equal(case_number(n, 1)->contour_kind, "seg");
}

/* What a person reads about images that are missing. */
static void reason__tells_what_was_removed_and_what_the_archives_said(void **state)
{
    (void)state;
    static const struct { size_t n_removed; const char *note, *want; int64_t now_ms; } rows[] = {
        {0, "", "119 of 120 images", 0},
        {0, "asked pacs 2 times: timed out", "119 of 120 images; asked pacs 2 times: timed out", 0},
        {1, "", "119 of 120 images; 1 images were removed on 2026-11-21", 0},
        {1, "asked pacs 1 time: x",
         "119 of 120 images; 1 images were removed on 2026-11-21; asked pacs 1 time: x", 0},
        {0, "asked pacs 9 times: timed out",
         "images missing: 1 of 120; asked pacs 9 times: timed out", 5000},
    };
    static pn_case c;
    c.give_up_at_ms = 5000;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pn_match_facts f = {.n_expected = 120, .n_present = 119, .n_removed = rows[i].n_removed,
                            .removed_ms = 1795262400000};      /* noon, UTC */
        pn_match_decision d;
        (void)snprintf(f.pull_note, sizeof f.pull_note, "%s", rows[i].note);
        pn_match_decide(&d, &c, &f, rows[i].now_ms);
        assert_string_equal(d.reason, rows[i].want);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, node_setup, node_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact__every_order_of_arrival_is_ready_with_the_last),
        T(exact__series_list_counts_too),
        T(exact__a_second_referenced_series_is_not_waited_for),
        T(exact__duplicates_and_foreign_images_change_nothing),
        T(exact__gives_up_with_what_is_missing),
        T(series__taken_after_the_fallback_time_also_over_a_restart),
        T(series__that_still_arrives_is_not_taken_by_its_first_slices),
        T(series__is_not_taken_where_a_named_image_is_there),
        T(series__two_named_and_no_images_is_refused),
        T(frame__the_only_series_is_taken),
        T(frame__two_candidates_are_refused_by_name),
        T(frame__absent_is_refused_at_once),
        cmocka_unit_test(conflict__of_an_image_holds_in_any_order),
        T(conflict__accepted_by_the_operator_uses_the_first_copy),
        T(conflict__of_the_contour_holds_the_second_and_a_waiting_first),
        T(identity__other_patient_fails_with_both_values),
        T(identity__is_checked_on_the_fallback_series_too),
        T(models__each_that_wants_the_contour_gets_a_case),
        T(models__none_that_wants_it_is_not_applicable_with_the_regions),
        T(models__segment_code_selects),
        cmocka_unit_test(reason__tells_what_was_removed_and_what_the_archives_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Several objects of a case: their order, what takes the place of what an archive refuses, and
 * withdrawal. A simple model of the archives says what may be sent; the store must agree. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "store_fixture.h"

static pn_case got_case;
static pn_delivery got;

/* SEG; the SR that names it and its three alternatives; SC; PDF. */
enum { N_OBJECTS = 7 };

static void fill(pn_outgoing o[N_OBJECTS], const char *archive, const char *hold)
{
    static const struct {
        const char *kind, *uid;
        unsigned place, choice;
        bool names_segment;
    } all[N_OBJECTS] = {
        {"seg", "2.25.1", 1, 0, false}, {"sr", "2.25.2", 2, 0, true},   {"sr", "2.25.3", 2, 1, true},
        {"sr", "2.25.4", 2, 2, false},  {"sr", "2.25.5", 2, 3, false},  {"sc", "2.25.6", 3, 0, false},
        {"pdf", "2.25.7", 4, 0, false},
    };
    for (size_t i = 0; i < N_OBJECTS; i++) {
        o[i] = (pn_outgoing){.archive = archive, .path = "/r/x.dcm", .sop_class_uid = "1.2.88",
                             .sop_uid = all[i].uid, .hold = hold, .kind = all[i].kind,
                             .place = all[i].place, .choice = all[i].choice,
                             .names_segment = all[i].names_segment};
    }
}

static int64_t report(fixture *f, const char *contour, size_t n_archives, const char *hold)
{
    pn_outgoing o[2 * N_OBJECTS];
    bool any = false;
    int64_t id = add_ready(f, contour, 5);
    fill(o, "pacs", hold);
    fill(o + N_OBJECTS, "research", hold);
    CHECK_OK(pn_store_claim_case(&got_case, &any, f->s, 10, "w", 1000, &f->err), f->err);
    assert_true(any);
    CHECK_OK(pn_store_case_reported(f->s, id, got_case.fence, "2.25.2", "2.25.9", "/r", o,
                                    n_archives * N_OBJECTS, 20, &f->err), f->err);
    return id;
}

/* The UID that is due for an archive, "" where none is. */
static const char *next(fixture *f, const char *archive, int64_t now)
{
    bool any = false;
    CHECK_OK(pn_store_claim_delivery(&got, &any, f->s, now, "s", archive, 500, &f->err), f->err);
    return any ? got.sop_uid : "";
}

static bool take(fixture *f, const char *archive, const char *uid, int64_t now)
{
    bool done = false;
    assert_string_equal(next(f, archive, now), uid);
    assert_string_equal(next(f, archive, now), "");          /* nothing beside it */
    CHECK_OK(pn_store_delivery_sent(&done, f->s, got.id, got.fence, 0, "", 0, now, &f->err), f->err);
    return done;
}

static bool refuse(fixture *f, const char *archive, const char *uid, int64_t now)
{
    bool done = false;
    assert_string_equal(next(f, archive, now), uid);
    CHECK_OK(pn_store_delivery_refused(&done, f->s, got.id, got.fence, 0x0122, "not supported", now,
                                       &f->err), f->err);
    return done;
}

static void each_archive_gets_them_in_order(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1", 2, NULL);
    assert_false(take(f, "pacs", "2.25.1", 30));
    assert_false(take(f, "pacs", "2.25.2", 31));
    fixture_reopen(f);
    assert_false(take(f, "research", "2.25.1", 32));
    assert_false(take(f, "pacs", "2.25.6", 33));
    assert_false(take(f, "pacs", "2.25.7", 34));
    assert_string_equal(next(f, "pacs", 40), "");
    assert_false(take(f, "research", "2.25.2", 41));
    assert_false(take(f, "research", "2.25.6", 42));
    assert_true(take(f, "research", "2.25.7", 43));
    assert_int_equal(case_of(f, id)->state, PN_CASE_DELIVERED);
    assert_string_equal(case_of(f, id)->reason, "");
}

static void a_refused_segmentation_never_leaves_a_report_that_names_it(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1", 1, NULL);
    assert_false(refuse(f, "pacs", "2.25.1", 30));
    assert_false(refuse(f, "pacs", "2.25.4", 31));           /* Comprehensive 3D neither */
    assert_false(take(f, "pacs", "2.25.5", 32));
    assert_false(refuse(f, "pacs", "2.25.6", 33));
    assert_true(refuse(f, "pacs", "2.25.7", 34));
    const pn_case *c = case_of(f, id);
    assert_int_equal(c->state, PN_CASE_DELIVERED);
    assert_non_null(strstr(c->reason, "pacs refused the pdf with status 0122: not supported"));
}

static void a_refused_class_gives_way_beside_the_segmentation(void **state)
{
    fixture *f = *state;
    (void)report(f, "1", 1, NULL);
    assert_false(take(f, "pacs", "2.25.1", 30));
    assert_false(refuse(f, "pacs", "2.25.2", 31));
    assert_false(take(f, "pacs", "2.25.3", 32));
    assert_false(take(f, "pacs", "2.25.6", 33));
    assert_true(take(f, "pacs", "2.25.7", 34));
}

static void without_a_report_nothing_more_is_sent(void **state)
{
    fixture *f = *state;
    pn_case_state after;
    int64_t id = report(f, "1", 1, NULL);
    assert_false(take(f, "pacs", "2.25.1", 30));
    assert_false(refuse(f, "pacs", "2.25.2", 31));
    assert_false(refuse(f, "pacs", "2.25.3", 32));           /* the last one that names it */
    assert_string_equal(next(f, "pacs", 33), "");
    assert_int_equal(case_of(f, id)->state, PN_CASE_REPORTED);
    assert_non_null(strstr(case_of(f, id)->reason, "delivery to pacs failed"));
    CHECK_OK(pn_store_retry_case(&after, f->s, id, 0, 40, &f->err), f->err);
    assert_false(take(f, "pacs", "2.25.3", 41));
    assert_false(take(f, "pacs", "2.25.6", 42));
    assert_true(take(f, "pacs", "2.25.7", 43));
}

/* A failed SEG (an association that was refused for good) holds back what names it. */
static void a_failure_stops_what_comes_after(void **state)
{
    fixture *f = *state;
    pn_case_state after;
    int64_t id = report(f, "1", 1, NULL);
    assert_string_equal(next(f, "pacs", 30), "2.25.1");
    CHECK_OK(pn_store_delivery_failed(f->s, got.id, got.fence, -1, "title not known", 31, &f->err), f->err);
    assert_string_equal(next(f, "pacs", 99999), "");
    CHECK_OK(pn_store_retry_case(&after, f->s, id, 0, 100000, &f->err), f->err);
    assert_false(take(f, "pacs", "2.25.1", 100001));
    assert_false(take(f, "pacs", "2.25.2", 100002));
}

static void trying_is_counted_from_when_it_was_on_its_way(void **state)
{
    fixture *f = *state;
    (void)report(f, "1", 1, NULL);
    assert_string_equal(next(f, "pacs", 30), "2.25.1");
    CHECK_OK(pn_store_delivery_retry(f->s, got.id, got.fence, 40, PN_NO_ANSWER, "away", 31, &f->err), f->err);
    assert_string_equal(next(f, "pacs", 40), "2.25.1");
    assert_int_equal(got.tried_ms, 0);
    CHECK_OK(pn_store_delivery_retry(f->s, got.id, got.fence, 50, PN_CUT_SHORT, "closed", 41, &f->err), f->err);
    assert_string_equal(next(f, "pacs", 50), "2.25.1");
    assert_int_equal(got.tried_ms, 41);
    CHECK_OK(pn_store_delivery_retry(f->s, got.id, got.fence, 60, 0xA700, "full", 51, &f->err), f->err);
    assert_string_equal(next(f, "pacs", 60), "2.25.1");
    assert_int_equal(got.tried_ms, 41);
    assert_string_equal(got.kind, "seg");
}

static void holding_and_releasing_keep_the_order(void **state)
{
    fixture *f = *state;
    pn_case_state after;
    int64_t id = report(f, "1", 1, "shadow");
    assert_string_equal(next(f, "pacs", 30), "");
    CHECK_OK(pn_store_steer_case(&after, f->s, id, PN_STEER_RELEASE, "", 0, 31, &f->err), f->err);
    assert_false(take(f, "pacs", "2.25.1", 32));
    CHECK_OK(pn_store_steer_case(&after, f->s, id, PN_STEER_HOLD, "wait", 0, 33, &f->err), f->err);
    assert_string_equal(next(f, "pacs", 34), "");
    CHECK_OK(pn_store_steer_case(&after, f->s, id, PN_STEER_RELEASE, "", 0, 35, &f->err), f->err);
    /* held while one is on its way: that one ends, and nothing follows */
    assert_string_equal(next(f, "pacs", 36), "2.25.2");
    CHECK_OK(pn_store_steer_case(&after, f->s, id, PN_STEER_HOLD, "wait", 0, 37, &f->err), f->err);
    CHECK_OK(pn_store_delivery_sent(NULL, f->s, got.id, got.fence, 0, "", 0, 38, &f->err), f->err);
    assert_string_equal(next(f, "pacs", 39), "");
    CHECK_OK(pn_store_steer_case(&after, f->s, id, PN_STEER_RELEASE, "", 0, 40, &f->err), f->err);
    assert_false(take(f, "pacs", "2.25.6", 41));
    assert_true(take(f, "pacs", "2.25.7", 42));
}

static void a_segmentation_refused_while_held_leaves_its_heir_held(void **state)
{
    fixture *f = *state;
    pn_case_state after;
    int64_t id = report(f, "1", 1, NULL);
    assert_string_equal(next(f, "pacs", 30), "2.25.1");
    CHECK_OK(pn_store_steer_case(&after, f->s, id, PN_STEER_HOLD, "wait", 0, 31, &f->err), f->err);
    CHECK_OK(pn_store_delivery_refused(NULL, f->s, got.id, got.fence, -1, "no", 32, &f->err), f->err);
    assert_string_equal(next(f, "pacs", 33), "");
    CHECK_OK(pn_store_steer_case(&after, f->s, id, PN_STEER_RELEASE, "", 0, 34, &f->err), f->err);
    assert_false(take(f, "pacs", "2.25.4", 35));
    assert_false(take(f, "pacs", "2.25.6", 36));
    assert_true(take(f, "pacs", "2.25.7", 37));
}

static void a_late_sender_changes_nothing(void **state)
{
    fixture *f = *state;
    (void)report(f, "1", 1, NULL);
    assert_string_equal(next(f, "pacs", 30), "2.25.1");
    int64_t id = got.id, fence = got.fence;
    assert_string_equal(next(f, "pacs", 600), "2.25.1");     /* the lease ran out */
    assert_int_equal(pn_store_delivery_refused(NULL, f->s, id, fence, 0x0122, "", 601, &f->err), PN_EINVAL);
    CHECK_OK(pn_store_delivery_sent(NULL, f->s, got.id, got.fence, 0, "", 0, 602, &f->err), f->err);
    assert_false(take(f, "pacs", "2.25.2", 603));            /* not an alternative */
}

static void what_is_ours_is_known(void **state)
{
    fixture *f = *state;
    bool own = true;
    (void)report(f, "1", 1, NULL);
    CHECK_OK(pn_store_is_own_object(&own, f->s, "2.25.5", &f->err), f->err);
    assert_true(own);
    CHECK_OK(pn_store_is_own_object(&own, f->s, "2.25.55", &f->err), f->err);
    assert_false(own);
}

/* ---- Withdrawal ---- */

static void withdrawal_sends_notes_and_ends_the_case(void **state)
{
    fixture *f = *state;
    pn_case_state after;
    pn_outgoing note = {.archive = "pacs", .path = "/r/note.dcm", .sop_class_uid = "1.2.59",
                        .sop_uid = "2.25.77", .kind = "note", .place = 9};
    int64_t id = report(f, "1", 2, NULL);
    assert_false(take(f, "pacs", "2.25.1", 30));
    assert_false(take(f, "pacs", "2.25.2", 31));
    assert_string_equal(next(f, "pacs", 32), "2.25.6");
    assert_int_equal(pn_store_withdraw_case(&after, f->s, id, "wrong model", &note, 1, 33, &f->err), PN_EINVAL);
    assert_non_null(strstr(f->err.msg, "being sent"));
    CHECK_OK(pn_store_delivery_sent(NULL, f->s, got.id, got.fence, 0, "", 0, 34, &f->err), f->err);
    CHECK_OK(pn_store_withdraw_case(&after, f->s, id, "wrong model", &note, 1, 35, &f->err), f->err);
    assert_int_equal(after, PN_CASE_REPORTED);
    assert_string_equal(case_of(f, id)->reason, "withdrawn: wrong model");
    assert_int_equal(pn_store_withdraw_case(&after, f->s, id, "again", &note, 1, 36, &f->err), PN_EINVAL);
    assert_string_equal(next(f, "research", 37), "");        /* what was not sent is not sent */
    assert_true(take(f, "pacs", "2.25.77", 38));
    assert_int_equal(case_of(f, id)->state, PN_CASE_DROPPED);
    assert_string_equal(case_of(f, id)->reason, "withdrawn: wrong model");
    assert_string_equal(case_of(f, id)->withdrawn, "wrong model");
}

static void withdrawal_of_what_was_never_sent_is_a_drop(void **state)
{
    fixture *f = *state;
    pn_case_state after;
    int64_t id = report(f, "1", 1, NULL);
    CHECK_OK(pn_store_withdraw_case(&after, f->s, id, "not wanted", NULL, 0, 30, &f->err), f->err);
    assert_int_equal(after, PN_CASE_DROPPED);
    assert_string_equal(next(f, "pacs", 31), "");
    id = add_ready(f, "2", 40);
    assert_int_equal(pn_store_withdraw_case(&after, f->s, id, "x", NULL, 0, 41, &f->err), PN_EINVAL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(each_archive_gets_them_in_order),
        T(a_refused_segmentation_never_leaves_a_report_that_names_it),
        T(a_refused_class_gives_way_beside_the_segmentation),
        T(without_a_report_nothing_more_is_sent),
        T(a_failure_stops_what_comes_after),
        T(trying_is_counted_from_when_it_was_on_its_way),
        T(holding_and_releasing_keep_the_order),
        T(a_segmentation_refused_while_held_leaves_its_heir_held),
        T(a_late_sender_changes_nothing),
        T(what_is_ours_is_known),
        T(withdrawal_sends_notes_and_ends_the_case),
        T(withdrawal_of_what_was_never_sent_is_a_drop),
    };
    return FIXTURE_RUN(tests);
}

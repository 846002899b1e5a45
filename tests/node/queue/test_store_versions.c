/* Copies of one image, lineages, priorities, the operator's verbs, expiry, what is restored. */
#include "check.h"
#include <string.h>
#include "store_fixture.h"

/* ---- Copies ---- */

/* Copies of 1.2.3 as they arrive, in every order of adding: which is current and whether they
 * conflict follows from when they were received alone. */
static void copies__current_and_conflict_know_no_order(void **state)
{
    (void)state;
    static const struct { const char *digest, *pixels; int64_t received_ms; } copy[] = {
        { "first", "p", 10 }, { "corrected", "p", 20 }, { "other-pixels", "q", 30 },
    };
    static const int order[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                    { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        void *own;
        assert_int_equal(fixture_setup(&own), 0);
        fixture *f = own;
        for (int i = 0; i < 3; i++) {
            pn_instance in = image_of("1.2.3", copy[order[k][i]].digest, "s");
            strcpy(in.pixel_digest, copy[order[k][i]].pixels);
            in.received_ms = copy[order[k][i]].received_ms;
            add(f, &in);
        }
        pn_instance out;
        CHECK_OK(pn_store_get_instance(&out, f->s, "1.2.3", NULL, &f->err), f->err);
        assert_string_equal(out.digest, "corrected");
        assert_true(out.current);
        assert_true(out.conflict);
        CHECK_OK(pn_store_get_instance(&out, f->s, "1.2.3", "other-pixels", &f->err), f->err);
        assert_false(out.current);
        assert_int_equal(fixture_teardown(&own), 0);
    }
}

static void copies__are_told_apart(void **state)
{
    fixture *f = *state;
    pn_instance in = image_of("1.2.3", "a", "s");
    assert_int_equal(add(f, &in), PN_ADDED_NEW);
    assert_int_equal(add(f, &in), PN_ADDED_SAME);
    strcpy(in.digest, "b");                        /* the same pixels */
    in.received_ms = 20;
    assert_int_equal(add(f, &in), PN_ADDED_CORRECTED);
    strcpy(in.digest, "c");
    strcpy(in.pixel_digest, "other");
    in.received_ms = 30;
    assert_int_equal(add(f, &in), PN_ADDED_CONFLICT);
    pn_instance contour = image_of("1.2.rs", "d1", "s");
    strcpy(contour.kind, "rtstruct");
    contour.pixel_digest[0] = '\0';
    assert_int_equal(add(f, &contour), PN_ADDED_NEW);
    strcpy(contour.digest, "d2");
    contour.received_ms = 11;
    assert_int_equal(add(f, &contour), PN_ADDED_CORRECTED);   /* never a conflict */
}

/* ---- Lineage ---- */

static int64_t add_in_lineage(fixture *f, const char *contour, const char *lineage, int64_t now_ms)
{
    static pn_case c;
    memset(&c, 0, sizeof c);
    snprintf(c.contour_uid, sizeof c.contour_uid, "%s", contour);
    snprintf(c.contour_digest, sizeof c.contour_digest, "d-%s", contour);
    strcpy(c.contour_kind, "rtstruct");
    strcpy(c.model_id, "m");
    strcpy(c.model_sha256, "sha");
    strcpy(c.contour_datetime, "20240101");
    snprintf(c.lineage, sizeof c.lineage, "%s", lineage);
    c.give_up_at_ms = 5000;
    int64_t id = 0;
    bool made = false;
    CHECK_OK(pn_store_add_case(&id, &made, f->s, &c, NULL, 0, now_ms, &f->err), f->err);
    assert_true(made);
    return id;
}

static void make_ready(fixture *f, int64_t id, int64_t now_ms)
{
    pn_match_decision d = { .state = PN_CASE_READY, .next_look_ms = INT64_MAX, .version = 1 };
    CHECK_OK(pn_store_decide_case(f->s, id, &d, now_ms, &f->err), f->err);
}

static int64_t claim(fixture *f, int64_t now_ms)
{
    static pn_case c;
    bool got = false;
    CHECK_OK(pn_store_claim_case(&c, &got, f->s, now_ms, "w", 100000, &f->err), f->err);
    return got ? c.id : 0;
}

static void make_reported(fixture *f, int64_t id, const char *sop, const char *hold, int64_t now_ms)
{
    make_ready(f, id, now_ms);
    assert_int_equal(claim(f, now_ms), id);
    pn_outgoing o = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                      .sop_uid = sop, .hold = hold };
    CHECK_OK(pn_store_case_reported(f->s, id, 1, sop, "2.25.series", "/r", &o, 1, now_ms, &f->err),
             f->err);
}

static void lineage__tells_what_came_before_and_after(void **state)
{
    fixture *f = *state;
    int64_t a = add_in_lineage(f, "1.a", "L", 1), b = add_in_lineage(f, "1.b", "L", 2);
    int64_t c = add_in_lineage(f, "1.c", "L", 3), other = add_in_lineage(f, "1.x", "M", 3);
    make_reported(f, a, "2.25.7", NULL, 4);
    pn_lineage_facts l;
    CHECK_OK(pn_store_lineage(&l, f->s, "L", c, &f->err), f->err);
    assert_int_equal(l.predecessor_id, a);
    assert_int_equal(l.version, 1);
    assert_string_equal(l.sop_uid, "2.25.7");
    assert_string_equal(l.series_uid, "2.25.series");
    assert_int_equal(l.newest_id, b);
    assert_string_equal(l.newest_datetime, "20240101");
    assert_int_equal(l.running_id, 0);
    assert_int_equal(l.later_id, 0);
    make_ready(f, b, 5);
    assert_int_equal(claim(f, 5), b);
    CHECK_OK(pn_store_lineage(&l, f->s, "L", c, &f->err), f->err);
    assert_int_equal(l.running_id, b);
    CHECK_OK(pn_store_lineage(&l, f->s, "L", a, &f->err), f->err);
    assert_int_equal(l.later_id, b);
    CHECK_OK(pn_store_lineage(&l, f->s, "", c, &f->err), f->err);
    assert_int_equal(l.newest_id, 0);
    (void)other;
}

static void lineage__supersede_drops_what_is_not_under_way(void **state)
{
    fixture *f = *state;
    int64_t reported = add_in_lineage(f, "1.r", "L", 1), running = add_in_lineage(f, "1.u", "L", 2);
    make_reported(f, reported, "2.25.7", NULL, 3);
    make_ready(f, running, 4);
    assert_int_equal(claim(f, 4), running);
    int64_t waiting = add_in_lineage(f, "1.w", "L", 5), ready = add_in_lineage(f, "1.y", "L", 6);
    make_ready(f, ready, 6);
    int64_t newest = add_in_lineage(f, "1.n", "L", 7), other = add_in_lineage(f, "1.o", "M", 8);
    size_t n = 0;
    CHECK_OK(pn_store_supersede(&n, f->s, "L", newest, 9, &f->err), f->err);
    assert_int_equal(n, 2);
    const struct { int64_t id; pn_case_state state; } row[] = {
        { reported, PN_CASE_REPORTED }, { running, PN_CASE_RUNNING }, { waiting, PN_CASE_DROPPED },
        { ready, PN_CASE_DROPPED },     { newest, PN_CASE_RECEIVED }, { other, PN_CASE_RECEIVED },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        assert_int_equal(case_of(f, row[i].id)->state, row[i].state);
    }
    char reason[64];
    snprintf(reason, sizeof reason, "superseded by case %lld", (long long)newest);
    assert_string_equal(case_of(f, ready)->reason, reason);
}

static void retry__of_a_case_that_was_overtaken_is_refused(void **state)
{
    fixture *f = *state;
    int64_t a = add_in_lineage(f, "1.a", "L", 1), b = add_in_lineage(f, "1.b", "L", 2);
    make_ready(f, a, 3);
    assert_int_equal(claim(f, 3), a);
    CHECK_OK(pn_store_case_failed(f->s, a, 1, true, "broken", 0, 4, &f->err), f->err);
    make_ready(f, b, 5);
    pn_case_state now;
    assert_int_equal(pn_store_retry_case(&now, f->s, a, 1000, 6, &f->err), PN_EINVAL);
    assert_non_null(strstr(f->err.msg, "superseded by case"));
}

/* ---- Queue ---- */

static void queue__urgent_first_then_by_readiness(void **state)
{
    fixture *f = *state;
    static pn_case c;
    int64_t id[4] = { 0 };
    for (int i = 0; i < 4; i++) {
        bool made;
        memset(&c, 0, sizeof c);
        snprintf(c.contour_uid, sizeof c.contour_uid, "1.%d", i);
        snprintf(c.contour_digest, sizeof c.contour_digest, "d%d", i);
        strcpy(c.model_id, "m");
        c.priority = i == 3;
        CHECK_OK(pn_store_add_case(&id[i], &made, f->s, &c, NULL, 0, i, &f->err), f->err);
    }
    make_ready(f, id[2], 10);                       /* ready in another order than made */
    make_ready(f, id[0], 20);
    make_ready(f, id[1], 30);
    make_ready(f, id[3], 40);
    const int64_t want[] = { id[3], id[2], id[0], id[1] };
    for (int i = 0; i < 4; i++) { assert_int_equal(claim(f, 50), want[i]); }
    assert_int_equal(claim(f, 50), 0);
}

/* ---- Looking again ---- */

static void revise__another_copy_wakes_a_finished_case_once(void **state)
{
    fixture *f = *state;
    int64_t id = add_case(f, "1.2.rs", "m", "1.2.img", 2, 5);
    pn_instance a = image_of("1.2.img.1", "a", "1.2.series"), b = image_of("1.2.img.2", "b", "1.2.series");
    add(f, &a);
    add(f, &b);
    make_reported(f, id, "2.25.7", NULL, 10);
    static pn_case c;
    bool found = true;
    CHECK_OK(pn_store_next_to_revise(&c, &found, f->s, &f->err), f->err);
    assert_false(found);
    add(f, &a);                                     /* the same again: nothing */
    CHECK_OK(pn_store_next_to_revise(&c, &found, f->s, &f->err), f->err);
    assert_false(found);
    strcpy(a.digest, "a2");
    a.received_ms = 20;
    assert_int_equal(add(f, &a), PN_ADDED_CORRECTED);
    CHECK_OK(pn_store_next_to_revise(&c, &found, f->s, &f->err), f->err);
    assert_true(found);
    assert_int_equal(c.id, id);
    CHECK_OK(pn_store_revised(f->s, id, &f->err), f->err);
    CHECK_OK(pn_store_next_to_revise(&c, &found, f->s, &f->err), f->err);
    assert_false(found);
}

/* ---- The operator ---- */

typedef enum at { WAITING, READY, RUNNING, REPORTED, SHADOW, HELD, FAILED } at;

static int64_t bring_to(fixture *f, at where)
{
    int64_t id = add_in_lineage(f, "1.a", "L", 1);
    pn_case_state now;
    if (where == READY || where == RUNNING || where == FAILED) { make_ready(f, id, 2); }
    if (where == RUNNING || where == FAILED) { assert_int_equal(claim(f, 3), id); }
    if (where == FAILED) {
        CHECK_OK(pn_store_case_failed(f->s, id, 1, true, "x", 0, 4, &f->err), f->err);
    }
    if (where == REPORTED) { make_reported(f, id, "2.25.7", NULL, 3); }
    if (where == SHADOW) { make_reported(f, id, "2.25.7", "shadow: held from delivery", 3); }
    if (where == HELD) {
        CHECK_OK(pn_store_steer_case(&now, f->s, id, PN_STEER_HOLD, "h", 1000, 4, &f->err), f->err);
    }
    return id;
}

static void steer__from_every_state(void **state)
{
    (void)state;
    enum { NO = -1 };
    static const struct { at from; pn_steer what; int to; size_t pending, held; } row[] = {
        { WAITING, PN_STEER_HOLD, PN_CASE_HELD, 0, 0 },
        { READY, PN_STEER_HOLD, PN_CASE_HELD, 0, 0 },
        { RUNNING, PN_STEER_HOLD, PN_CASE_HELD, 0, 0 },
        { REPORTED, PN_STEER_HOLD, PN_CASE_REPORTED, 0, 1 },
        { SHADOW, PN_STEER_HOLD, NO, 0, 1 },
        { FAILED, PN_STEER_HOLD, NO, 0, 0 },
        { WAITING, PN_STEER_RELEASE, NO, 0, 0 },
        { HELD, PN_STEER_RELEASE, PN_CASE_WAITING, 0, 0 },
        { SHADOW, PN_STEER_RELEASE, PN_CASE_REPORTED, 1, 0 },
        { REPORTED, PN_STEER_RELEASE, NO, 1, 0 },
        { WAITING, PN_STEER_DROP, PN_CASE_DROPPED, 0, 0 },
        { RUNNING, PN_STEER_DROP, PN_CASE_DROPPED, 0, 0 },
        { HELD, PN_STEER_DROP, PN_CASE_DROPPED, 0, 0 },
        { FAILED, PN_STEER_DROP, PN_CASE_DROPPED, 0, 0 },
        { SHADOW, PN_STEER_DROP, PN_CASE_DROPPED, 0, 0 },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        void *own;
        assert_int_equal(fixture_setup(&own), 0);
        fixture *f = own;
        int64_t id = bring_to(f, row[i].from);
        pn_case_state before = case_of(f, id)->state, now = PN_CASE_NSTATES;
        int rc = pn_store_steer_case(&now, f->s, id, row[i].what, "said so", 1000, 9, &f->err);
        if (row[i].to == NO) {
            assert_int_equal(rc, PN_EINVAL);
            assert_int_equal(case_of(f, id)->state, before);
        } else {
            CHECK_OK(rc, f->err);
            assert_int_equal(now, row[i].to);
            assert_string_equal(case_of(f, id)->reason,
                                row[i].what == PN_STEER_RELEASE ? "" : "said so");
        }
        pn_store_counts n;
        CHECK_OK(pn_store_count(&n, f->s, &f->err), f->err);
        assert_int_equal(n.deliveries_pending, row[i].pending);
        assert_int_equal(n.deliveries_held, row[i].held);
        assert_int_equal(fixture_teardown(&own), 0);
    }
}

static void steer__a_running_attempt_has_lost_its_case(void **state)
{
    fixture *f = *state;
    int64_t id = bring_to(f, RUNNING);
    pn_case_state now;
    CHECK_OK(pn_store_steer_case(&now, f->s, id, PN_STEER_HOLD, "h", 1000, 4, &f->err), f->err);
    assert_int_equal(pn_store_renew_case(f->s, id, 1, 99999, &f->err), PN_EINVAL);
    assert_int_equal(pn_store_steer_case(&now, f->s, 99, PN_STEER_HOLD, "h", 1, 4, &f->err),
                     PN_ENOTFOUND);
}

static void outbox__what_is_held_is_not_claimed(void **state)
{
    fixture *f = *state;
    int64_t id = bring_to(f, SHADOW);
    pn_delivery d;
    bool got = true;
    assert_string_equal(case_of(f, id)->reason, "shadow: held from delivery");
    CHECK_OK(pn_store_claim_delivery(&d, &got, f->s, 100, "s", NULL, 1000, &f->err), f->err);
    assert_false(got);
    pn_case_state now;
    CHECK_OK(pn_store_steer_case(&now, f->s, id, PN_STEER_RELEASE, "", 1000, 100, &f->err), f->err);
    CHECK_OK(pn_store_claim_delivery(&d, &got, f->s, 100, "s", NULL, 1000, &f->err), f->err);
    assert_true(got);
    size_t n = 0;
    CHECK_OK(pn_store_count_reports(&n, f->s, "sha", &f->err), f->err);
    assert_int_equal(n, 1);
    CHECK_OK(pn_store_count_reports(&n, f->s, "another", &f->err), f->err);
    assert_int_equal(n, 0);
}

/* ---- Expiry and restoring ---- */

static void expire__takes_what_nothing_came_for(void **state)
{
    fixture *f = *state;
    int64_t old = add_in_lineage(f, "1.o", "A", 100), ready = add_in_lineage(f, "1.r", "B", 100);
    int64_t missing = add_in_lineage(f, "1.m", "C", 100), young = add_in_lineage(f, "1.y", "D", 200);
    make_ready(f, ready, 101);
    pn_match_decision d = { .state = PN_CASE_FAILED, .next_look_ms = INT64_MAX,
                            .reason = "images missing: 1 of 2" };
    CHECK_OK(pn_store_decide_case(f->s, missing, &d, 150, &f->err), f->err);
    size_t n = 0;
    CHECK_OK(pn_store_expire_cases(&n, f->s, 150, 300, &f->err), f->err);
    assert_int_equal(n, 2);
    assert_int_equal(case_of(f, old)->state, PN_CASE_EXPIRED);
    assert_int_equal(case_of(f, ready)->state, PN_CASE_READY);
    assert_int_equal(case_of(f, young)->state, PN_CASE_RECEIVED);
    assert_int_equal(case_of(f, missing)->state, PN_CASE_EXPIRED);
    assert_string_equal(case_of(f, missing)->reason, "images missing: 1 of 2");
}

static void restore__keeps_number_version_and_report(void **state)
{
    fixture *f = *state;
    static pn_case c;
    memset(&c, 0, sizeof c);
    c = (pn_case){ .id = 41, .version = 3, .fence = 2, .contour_uid = "1.rs", .contour_digest = "d",
                   .model_id = "m", .lineage = "L", .report_sop_uid = "2.25.3",
                   .report_series_uid = "2.25.s", .content_datetime = "20240102030405",
                   .predecessor_sop_uid = "2.25.2", .result_dir = "/r/41.2", .n_present = 1 };
    const char *uids[] = { "1.i.1" };
    pn_outgoing o = { .archive = "pacs", .path = "/r/41.2/sr.dcm", .sop_class_uid = "1.2.88",
                      .sop_uid = "2.25.3" };
    bool made = false;
    CHECK_OK(pn_store_restore_case(&made, f->s, &c, uids, 1, &o, 1, 10, &f->err), f->err);
    assert_true(made);
    CHECK_OK(pn_store_restore_case(&made, f->s, &c, uids, 1, &o, 1, 10, &f->err), f->err);
    assert_false(made);
    c.id = 42;                                      /* the same report under another number */
    CHECK_OK(pn_store_restore_case(&made, f->s, &c, uids, 1, &o, 1, 10, &f->err), f->err);
    assert_false(made);
    const pn_case *back = case_of(f, 41);
    assert_int_equal(back->state, PN_CASE_REPORTED);
    assert_int_equal(back->version, 3);
    assert_int_equal(back->n_expected, 1);
    assert_string_equal(back->report_series_uid, "2.25.s");
    assert_string_equal(back->content_datetime, "20240102030405");
    assert_string_equal(back->predecessor_sop_uid, "2.25.2");
    assert_true(add_in_lineage(f, "1.new", "L", 11) > 41);
    pn_delivery d;
    bool got = false;
    CHECK_OK(pn_store_claim_delivery(&d, &got, f->s, 20, "s", NULL, 1000, &f->err), f->err);
    assert_true(got);
    assert_string_equal(d.path, "/r/41.2/sr.dcm");
    int64_t id = 0;                                 /* and the contour makes no second case */
    c.id = 0;
    c.state = PN_CASE_RECEIVED;
    CHECK_OK(pn_store_add_case(&id, &made, f->s, &c, uids, 1, 30, &f->err), f->err);
    assert_false(made);
    assert_int_equal(id, 41);
    c.again = true;
    CHECK_OK(pn_store_add_case(&id, &made, f->s, &c, uids, 1, 30, &f->err), f->err);
    assert_true(made);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies__current_and_conflict_know_no_order),
        T(copies__are_told_apart),
        T(lineage__tells_what_came_before_and_after),
        T(lineage__supersede_drops_what_is_not_under_way),
        T(retry__of_a_case_that_was_overtaken_is_refused),
        T(queue__urgent_first_then_by_readiness),
        T(revise__another_copy_wakes_a_finished_case_once),
        cmocka_unit_test(steer__from_every_state),
        T(steer__a_running_attempt_has_lost_its_case),
        T(outbox__what_is_held_is_not_claimed),
        T(expire__takes_what_nothing_came_for),
        T(restore__keeps_number_version_and_report),
    };
    return FIXTURE_RUN(tests);
}

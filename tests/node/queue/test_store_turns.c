/* Whose turn it is, and what a clock that is set does to leases, pauses and deadlines. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "store_fixture.h"

enum { LEASE = 1000, HOUR = 3600000, DAY = 86400000 };

/* ---- Turns ---- */

/* A ready case of a sender; its contour is "<ae>-<n>". */
static int64_t ready_of(fixture *f, const char *ae, int n, unsigned priority, int64_t now_ms)
{
    static pn_case c;
    memset(&c, 0, sizeof c);
    snprintf(c.contour_uid, sizeof c.contour_uid, "%s-%d", ae, n);
    snprintf(c.contour_digest, sizeof c.contour_digest, "d-%s-%d", ae, n);
    strcpy(c.contour_kind, "rtstruct");
    strcpy(c.model_id, "m");
    snprintf(c.source_ae, sizeof c.source_ae, "%s", ae);
    c.priority = priority;
    int64_t id = 0;
    bool made = false;
    CHECK_OK(pn_store_add_case(&id, &made, f->s, &c, NULL, 0, now_ms, &f->err), f->err);
    pn_match_decision d = { .state = PN_CASE_READY, .next_look_ms = INT64_MAX };
    CHECK_OK(pn_store_decide_case(f->s, id, &d, now_ms, &f->err), f->err);
    return id;
}

/* Claims and finishes the next case; its sender, "" where there is none. */
static const char *serve(fixture *f, int64_t now_ms)
{
    static pn_case c;
    bool got = false;
    CHECK_OK(pn_store_claim_case(&c, &got, f->s, now_ms, "w", LEASE, &f->err), f->err);
    if (!got) { return ""; }
    CHECK_OK(pn_store_case_not_applicable(f->s, c.id, c.fence, "", now_ms, &f->err), f->err);
    return c.source_ae;
}

static void turns__a_few_are_not_behind_many(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 60; i++) { (void)ready_of(f, "MANY", i, 0, 10 + i); }
    for (int i = 0; i < 7; i++) { assert_string_equal(serve(f, 100), "MANY"); }
    for (int i = 0; i < 5; i++) { (void)ready_of(f, "FEW", i, 0, 200 + i); }
    int few = 0, served = 0;
    while (few < 5) {
        few += strcmp(serve(f, 300), "FEW") == 0;
        served++;
    }
    /* Turn about: of the first 2n claims each has n, give or take the one at the border. */
    if (served < 9 || served > 11) { fail_msg("5 of FEW within %d claims", served); }
    for (int i = 0; i < 60 - 7 - (served - 5); i++) { assert_string_equal(serve(f, 400), "MANY"); }
    assert_string_equal(serve(f, 400), "");
}

static void turns__three_senders_share_alike(void **state)
{
    fixture *f = *state;
    const char *ae[] = { "A", "B", "C" };
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 12; i++) { (void)ready_of(f, ae[k], i, 0, 10 + k); }
    }
    int n[3] = { 0 };
    for (int i = 0; i < 18; i++) { n[serve(f, 100)[0] - 'A']++; }
    for (int k = 0; k < 3; k++) { assert_int_equal(n[k], 6); }
}

/* Who was away saves up nothing, and who has been served owes nothing. */
static void turns__are_not_saved_up(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 40; i++) {
        (void)ready_of(f, "BUSY", i, 0, 10 + i);
        assert_string_equal(serve(f, 10 + i), "BUSY");
    }
    for (int i = 40; i < 50; i++) { (void)ready_of(f, "BUSY", i, 0, 100 + i); }
    for (int i = 0; i < 10; i++) { (void)ready_of(f, "LATE", i, 0, 200 + i); }
    int late = 0;
    for (int i = 0; i < 10; i++) { late += strcmp(serve(f, 300), "LATE") == 0; }
    assert_int_equal(late, 5);
}

static void turns__urgent_goes_first_and_one_sender_keeps_its_order(void **state)
{
    fixture *f = *state;
    static pn_case c;
    bool got = false;
    int64_t first = ready_of(f, "A", 1, 0, 10), second = ready_of(f, "A", 2, 0, 11),
            urgent = ready_of(f, "B", 1, 1, 12);
    const int64_t want[] = { urgent, first, second };
    for (int i = 0; i < 3; i++) {
        CHECK_OK(pn_store_claim_case(&c, &got, f->s, 20, "w", LEASE, &f->err), f->err);
        assert_true(got);
        assert_int_equal(c.id, want[i]);
    }
}

/* ---- Clocks ---- */

static bool claims(fixture *f, int64_t now_ms)
{
    static pn_case c;
    bool got = false;
    CHECK_OK(pn_store_claim_case(&c, &got, f->s, now_ms, "other", LEASE, &f->err), f->err);
    return got;
}

/* The lease of a worker that is gone ends soon after the clock was set back by however much. */
static void clock__set_back_ends_a_lease_of_the_future(void **state)
{
    (void)state;
    static const int64_t back[] = { 2 * 60000, HOUR / 2, DAY, 400 * (int64_t)DAY };
    for (size_t i = 0; i < sizeof back / sizeof back[0]; i++) {
        void *own = NULL;
        assert_int_equal(fixture_setup(&own), 0);
        fixture *f = own;
        const int64_t t = 1795262400000;
        (void)add_ready(f, "1", t);
        assert_true(claims(f, t));
        assert_false(claims(f, t + LEASE - 1));
        assert_true(claims(f, t - back[i]));
        assert_int_equal(fixture_teardown(&own), 0);
    }
}

static void clock__set_back_ends_pauses_and_leases_of_pulls(void **state)
{
    fixture *f = *state;
    const int64_t t = 1795262400000;
    pn_pull p, q;
    bool got = false;
    int64_t id = add_case(f, "c1", "m", "p", 2, t - DAY - HOUR);
    pn_match_decision d = { .state = PN_CASE_WAITING, .next_look_ms = INT64_MAX,
                            .series_uid = "1.2.series" };
    CHECK_OK(pn_store_decide_case(f->s, id, &d, t, &f->err), f->err);
    CHECK_OK(pn_store_claim_pull(&p, &got, f->s, t, "me", t, LEASE, &f->err), f->err);
    assert_true(got);
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, t + LEASE - 1, "other", t, LEASE, &f->err), f->err);
    assert_false(got);
    CHECK_OK(pn_store_renew_pull(f->s, id, p.fence, t + 2 * LEASE, t + LEASE, &f->err), f->err);
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, t + LEASE, "other", t, LEASE, &f->err), f->err);
    assert_false(got);
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, t - DAY, "other", t - DAY, LEASE, &f->err), f->err);
    assert_true(got);                                   /* a lease of the future */
    assert_int_equal(pn_store_renew_pull(f->s, id, p.fence, t, t, &f->err), PN_EINVAL);
    CHECK_OK(pn_store_pull_done(f->s, id, q.fence, "asked", 0, t + HOUR, t, &f->err), f->err);
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, t + HOUR - 1, "me", t, LEASE, &f->err), f->err);
    assert_false(got);
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, t - DAY, "me", t - DAY, LEASE, &f->err), f->err);
    assert_true(got);                                   /* a pause of the future */
}

static void clock__set_moves_what_open_cases_wait_for(void **state)
{
    fixture *f = *state;
    const int64_t t = 1795262400000;
    int64_t newest = 0;
    size_t n = 0;
    CHECK_OK(pn_store_newest_change(&newest, f->s, &f->err), f->err);
    assert_int_equal(newest, 0);
    int64_t open = add_case(f, "c1", "m", "p", 2, t), done = add_ready(f, "c2", t);
    CHECK_OK(pn_store_newest_change(&newest, f->s, &f->err), f->err);
    assert_int_equal(newest, t);
    CHECK_OK(pn_store_move_clock(&n, f->s, -(int64_t)DAY, t + 1, INT64_MAX, &f->err), f->err);
    assert_int_equal(n, 0);
    CHECK_OK(pn_store_move_clock(&n, f->s, -(int64_t)DAY, 0, t, &f->err), f->err);
    assert_int_equal(n, 0);
    CHECK_OK(pn_store_move_clock(&n, f->s, -(int64_t)DAY, t, t + 1, &f->err), f->err);
    assert_int_equal(n, 1);
    pn_case *c = case_of(f, open);
    assert_int_equal(c->created_ms, t - DAY);
    assert_int_equal(c->updated_ms, t - DAY);
    assert_int_equal(c->fallback_at_ms, 1000 - DAY);
    assert_int_equal(c->give_up_at_ms, 5000 - DAY);
    assert_int_equal(case_of(f, done)->created_ms, t);
    bool found = false;
    static pn_case next;
    CHECK_OK(pn_store_next_to_match(&next, &found, f->s, 1, &f->err), f->err);
    assert_true(found);                                 /* and is looked at afresh */
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(turns__a_few_are_not_behind_many),
        T(turns__three_senders_share_alike),
        T(turns__are_not_saved_up),
        T(turns__urgent_goes_first_and_one_sender_keeps_its_order),
        cmocka_unit_test(clock__set_back_ends_a_lease_of_the_future),
        T(clock__set_back_ends_pauses_and_leases_of_pulls),
        T(clock__set_moves_what_open_cases_wait_for),
    };
    return FIXTURE_RUN(tests);
}

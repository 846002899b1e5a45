/* Pulling and retention, as the store knows them. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "store_fixture.h"

enum { DAY = 86400000 };

/* ---- What may go, and when -------------------------------------------------------------------- */

static void set_state(fixture *f, int64_t id, pn_case_state want, int64_t now_ms)
{
    pn_case_state state;
    pn_case c;
    bool got = false;
    const pn_outgoing out = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2",
                              .sop_uid = "1.2.3" };
    switch (want) {
    case PN_CASE_DROPPED:
        CHECK_OK(pn_store_steer_case(&state, f->s, id, PN_STEER_DROP, "enough", 0, now_ms, &f->err),
                 f->err);
        return;
    case PN_CASE_HELD:
        CHECK_OK(pn_store_steer_case(&state, f->s, id, PN_STEER_HOLD, "wait", 0, now_ms, &f->err),
                 f->err);
        return;
    case PN_CASE_WAITING: return;
    default: break;
    }
    pn_match_decision d = { .state = PN_CASE_READY, .next_look_ms = INT64_MAX,
                            .series_uid = "1.2.series" };
    CHECK_OK(pn_store_decide_case(f->s, id, &d, now_ms, &f->err), f->err);
    if (want == PN_CASE_READY) { return; }
    CHECK_OK(pn_store_claim_case(&c, &got, f->s, now_ms, "w", 1000, &f->err), f->err);
    assert_true(got);
    if (want == PN_CASE_RUNNING) { return; }
    if (want == PN_CASE_FAILED) {
        CHECK_OK(pn_store_case_failed(f->s, id, c.fence, true, "geometry", 0, now_ms, &f->err), f->err);
        return;
    }
    if (want == PN_CASE_NOT_APPLICABLE) {
        CHECK_OK(pn_store_case_not_applicable(f->s, id, c.fence, "", now_ms, &f->err), f->err);
        return;
    }
    CHECK_OK(pn_store_case_reported(f->s, id, c.fence, "1.2.3", "1.2.4", "/results/x", &out, 1,
                                    now_ms, &f->err), f->err);
    if (want == PN_CASE_REPORTED) { return; }
    pn_delivery v;
    CHECK_OK(pn_store_claim_delivery(&v, &got, f->s, now_ms, "s", NULL, 1000, &f->err), f->err);
    CHECK_OK(pn_store_delivery_sent(NULL, f->s, v.id, v.fence, 0, "", 0, now_ms, &f->err), f->err);
}

static size_t mark_all(fixture *f, int64_t now_ms)
{
    const pn_keep_rule rule = { .images_ms = 7 * (int64_t)DAY, .unclaimed_ms = 3 * (int64_t)DAY };
    int64_t at = 0;
    size_t n = 0, all = 0;
    do {
        CHECK_OK(pn_store_mark_due(&n, &at, f->s, &rule, 2, now_ms, &f->err), f->err);
        all += n;
    } while (at != 0);
    return all;
}

static int count_removed(void *arg, const char *digest, const char *why, pn_error *err)
{
    (void)err;
    char *list = arg;
    (void)snprintf(list + strlen(list), 400 - strlen(list), "%s:%s ", digest, why);
    return 0;
}

/* One image and its contour, in a case of each state that ends (or does not) at the time 0. */
static void keep__state_and_age_decide(void **state)
{
    fixture *f = *state;
    static const struct { pn_case_state state; int days; bool kept; } rows[] = {
        { PN_CASE_DELIVERED, 6, true },       { PN_CASE_DELIVERED, 7, false },
        { PN_CASE_NOT_APPLICABLE, 2, true },  { PN_CASE_NOT_APPLICABLE, 3, false },
        { PN_CASE_DROPPED, 2, true },         { PN_CASE_DROPPED, 3, false },
        { PN_CASE_WAITING, 999, true },       { PN_CASE_READY, 999, true },
        { PN_CASE_RUNNING, 999, true },       { PN_CASE_REPORTED, 999, true },
        { PN_CASE_HELD, 999, true },          { PN_CASE_FAILED, 999, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char contour[16];
        (void)snprintf(contour, sizeof contour, "c%zu", i);
        void *own = NULL;
        assert_int_equal(fixture_setup(&own), 0);
        fixture *g = own;
        pn_instance image = image_of("p.1", "da", "1.2.series");
        (void)add(g, &image);
        int64_t id = add_case(g, contour, "m", "p", 1, 100);
        set_state(g, id, rows[i].state, 200);
        size_t n = mark_all(g, 200 + rows[i].days * (int64_t)DAY);
        if (n != (rows[i].kept ? 0 : 1)) {
            fail_msg("%s after %d days: %zu marked", pn_case_state_word(rows[i].state), rows[i].days, n);
        }
        assert_int_equal(fixture_teardown(&own), 0);
    }
    /* Nobody's. */
    pn_instance lone = image_of("q.1", "dq", "1.2.other");
    (void)add(f, &lone);
    assert_int_equal(mark_all(f, 10 + 3 * (int64_t)DAY - 1), 0);
    assert_int_equal(mark_all(f, 10 + 3 * (int64_t)DAY), 1);
}

static void keep__shared_images_stay_until_all_have_ended(void **state)
{
    fixture *f = *state;
    pn_instance a = image_of("p.1", "da", "1.2.series"), b = image_of("p.2", "db", "1.2.series");
    (void)add(f, &a);
    (void)add(f, &b);
    int64_t one = add_case(f, "c1", "m", "p", 1, 100), two = add_case(f, "c2", "m2", "p", 2, 100);
    set_state(f, one, PN_CASE_DELIVERED, 200);
    assert_int_equal(mark_all(f, 100 * (int64_t)DAY), 0);
    set_state(f, two, PN_CASE_DELIVERED, 5 * (int64_t)DAY);
    assert_int_equal(mark_all(f, 11 * (int64_t)DAY), 0);
    assert_int_equal(mark_all(f, 12 * (int64_t)DAY), 2);

    char list[400] = "";
    size_t n = 0;
    CHECK_OK(pn_store_remove_marked(&n, f->s, 1, count_removed, list, &f->err), f->err);
    assert_int_equal(n, 1);
    CHECK_OK(pn_store_remove_marked(&n, f->s, 10, count_removed, list, &f->err), f->err);
    assert_string_equal(list, "da:finished db:finished ");
    CHECK_OK(pn_store_remove_marked(&n, f->s, 10, count_removed, list, &f->err), f->err);
    assert_int_equal(n, 0);
}

static int refuse(void *arg, const char *digest, const char *why, pn_error *err)
{
    (void)arg, (void)digest, (void)why;
    return pn_fail_transient(err, PN_EIO, "disk");
}

static void keep__what_comes_back_is_there_again(void **state)
{
    fixture *f = *state;
    pn_instance a = image_of("p.1", "da", "1.2.series");
    (void)add(f, &a);
    int64_t id = add_case(f, "c1", "m", "p", 1, 100);
    set_state(f, id, PN_CASE_DELIVERED, 200);
    assert_int_equal(mark_all(f, 7 * (int64_t)DAY + 200), 1);
    size_t n = 0;
    /* A disk that refuses leaves the mark; marked and there no more is one thing for cases. */
    assert_int_equal(pn_store_remove_marked(&n, f->s, 10, refuse, NULL, &f->err), PN_EIO);
    pn_instance got;
    assert_int_equal(pn_store_get_instance(&got, f->s, "p.1", NULL, &f->err), PN_ENOTFOUND);
    CHECK_OK(pn_store_get_instance(&got, f->s, "p.1", "da", &f->err), f->err);

    /* A new run of the case: it lacks the image, and knows why. */
    int64_t again = add_case(f, "c2", "m", "p", 1, 8 * (int64_t)DAY);
    pn_match_facts facts;
    CHECK_OK(pn_store_match_facts(&facts, f->s, case_of(f, again), &f->err), f->err);
    assert_int_equal(facts.n_expected, 1);
    assert_int_equal(facts.n_present, 0);
    assert_int_equal(facts.n_removed, 1);
    assert_true(facts.removed_ms == 7 * (int64_t)DAY + 200);

    a.received_ms = 9 * (int64_t)DAY;
    assert_int_equal(add(f, &a), PN_ADDED_SAME);
    CHECK_OK(pn_store_match_facts(&facts, f->s, case_of(f, again), &f->err), f->err);
    assert_int_equal(facts.n_present, 1);
    assert_int_equal(facts.n_removed, 0);
    char list[400] = "";
    CHECK_OK(pn_store_remove_marked(&n, f->s, 10, count_removed, list, &f->err), f->err);
    assert_int_equal(n, 0);
    /* Once that case has ended too it is as new, for a while. */
    set_state(f, again, PN_CASE_DROPPED, 8 * (int64_t)DAY);
    assert_int_equal(mark_all(f, 12 * (int64_t)DAY - 1), 0);
    assert_int_equal(mark_all(f, 12 * (int64_t)DAY), 1);
}

static void keep__low_water_takes_the_oldest_finished_case(void **state)
{
    fixture *f = *state;
    static const char *const names[] = { "a", "b", "c", "s" };
    for (int i = 0; i < 4; i++) {
        char uid[16], digest[16];
        (void)snprintf(uid, sizeof uid, "%s.1", names[i]);
        (void)snprintf(digest, sizeof digest, "d%s", names[i]);
        pn_instance image = image_of(uid, digest, names[i]);
        (void)snprintf(image.study_uid, sizeof image.study_uid, "1.2.%d", i + 1);
        (void)add(f, &image);
    }
    int64_t b = add_case(f, "c-b", "m", "b", 1, 1), a = add_case(f, "c-a", "m", "a", 1, 2);
    int64_t c = add_case(f, "c-c", "m", "c", 1, 3);
    set_state(f, a, PN_CASE_DROPPED, 100);
    set_state(f, b, PN_CASE_DROPPED, 50);
    (void)c;                                       /* waits */
    pn_keep_cursor at = { 0 };
    size_t n = 0;
    bool found = false;
    char list[400] = "";
    /* The cases lie in study 1.2.study, and an unfinished one of it protects what is its own. */
    for (int i = 0; i < 2; i++) {
        CHECK_OK(pn_store_mark_oldest(&n, &found, &at, f->s, 200, &f->err), f->err);
        assert_true(found);
        assert_int_equal(n, 1);
        CHECK_OK(pn_store_remove_marked(&n, f->s, 10, count_removed, list, &f->err), f->err);
    }
    assert_string_equal(list, "db:low_water da:low_water ");
    CHECK_OK(pn_store_mark_oldest(&n, &found, &at, f->s, 200, &f->err), f->err);
    assert_false(found);
    at = (pn_keep_cursor){ 0 };                    /* and they are not asked again */
    CHECK_OK(pn_store_mark_oldest(&n, &found, &at, f->s, 200, &f->err), f->err);
    assert_false(found);
}

static void keep__results(void **state)
{
    fixture *f = *state;
    int64_t id = add_case(f, "c1", "m", "p", 1, 100), got = 0;
    set_state(f, id, PN_CASE_DELIVERED, 200);
    bool found = true;
    CHECK_OK(pn_store_next_results(&got, &found, f->s, 199, &f->err), f->err);
    assert_false(found);
    CHECK_OK(pn_store_next_results(&got, &found, f->s, 200, &f->err), f->err);
    assert_true(found && got == id);
    CHECK_OK(pn_store_results_removed(f->s, id, 300, &f->err), f->err);
    CHECK_OK(pn_store_next_results(&got, &found, f->s, 999, &f->err), f->err);
    assert_false(found);
}

/* ---- Pulling ---------------------------------------------------------------------------------- */

static void wait_for_images(fixture *f, int64_t id, size_t n_present)
{
    pn_match_decision d = { .state = PN_CASE_WAITING, .n_present = n_present,
                            .next_look_ms = INT64_MAX, .series_uid = "1.2.series" };
    CHECK_OK(pn_store_decide_case(f->s, id, &d, 150, &f->err), f->err);
}

static void pull__one_request_a_case_and_attempts_that_last(void **state)
{
    fixture *f = *state;
    pn_pull p;
    bool got = true;
    int64_t id = add_case(f, "c1", "m", "p", 2, 100);
    /* Not yet matched, too young, complete: nobody asks. */
    CHECK_OK(pn_store_claim_pull(&p, &got, f->s, 1000, "me", 900, 50, &f->err), f->err);
    assert_false(got);
    wait_for_images(f, id, 1);
    CHECK_OK(pn_store_claim_pull(&p, &got, f->s, 1000, "me", 99, 50, &f->err), f->err);
    assert_false(got);
    CHECK_OK(pn_store_claim_pull(&p, &got, f->s, 1000, "me", 100, 50, &f->err), f->err);
    assert_true(got);
    assert_int_equal(p.case_id, id);
    assert_int_equal(p.attempts, 1);
    /* Leased: to nobody else, until it ends. The owner itself has it again after a kill. */
    pn_pull q;
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, 1049, "other", 900, 50, &f->err), f->err);
    assert_false(got);
    fixture_reopen(f);
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, 1049, "me", 900, 50, &f->err), f->err);
    assert_true(got);
    assert_int_equal(q.attempts, 2);
    assert_int_equal(pn_store_pull_done(f->s, id, p.fence, "late", 0, 0, 1049, &f->err), PN_EINVAL);
    CHECK_OK(pn_store_pull_done(f->s, id, q.fence, "asked x 2 times: timed out", 0, 2000, 1049,
                                &f->err), f->err);
    pn_match_facts facts;
    CHECK_OK(pn_store_match_facts(&facts, f->s, case_of(f, id), &f->err), f->err);
    assert_string_equal(facts.pull_note, "asked x 2 times: timed out");
    /* Not before its time, and after it whoever comes. */
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, 1999, "me", 900, 50, &f->err), f->err);
    assert_false(got);
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, 2000, "other", 900, 50, &f->err), f->err);
    assert_true(got);
    assert_int_equal(q.attempts, 3);
    wait_for_images(f, id, 2);
    CHECK_OK(pn_store_claim_pull(&q, &got, f->s, 9000, "me", 900, 50, &f->err), f->err);
    assert_false(got);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(keep__state_and_age_decide),
        T(keep__shared_images_stay_until_all_have_ended),
        T(keep__what_comes_back_is_there_again),
        T(keep__low_water_takes_the_oldest_finished_case),
        T(keep__results),
        T(pull__one_request_a_case_and_attempts_that_last),
    };
    return FIXTURE_RUN(tests);
}

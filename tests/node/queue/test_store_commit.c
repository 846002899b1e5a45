/* Storage commitment: who is asked about what and when, and what the answers do. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "store_fixture.h"

static pn_case claimed;
static pn_delivery got;

static pn_outgoing object(const char *archive, const char *uid, unsigned place)
{
    return (pn_outgoing){.archive = archive, .path = "/r/x.dcm", .sop_class_uid = "1.2.88", .sop_uid = uid,
                         .kind = place == 1 ? "sr" : "pdf", .place = place};
}

/* A report and its PDF for "pacs", and the report for "research". */
static int64_t report(fixture *f, const char *contour)
{
    const pn_outgoing o[] = {object("pacs", "2.25.1", 1), object("pacs", "2.25.2", 2),
                             object("research", "2.25.1", 1)};
    bool any = false;
    int64_t id = add_ready(f, contour, 5);
    CHECK_OK(pn_store_claim_case(&claimed, &any, f->s, 10, "w", 1000, &f->err), f->err);
    CHECK_OK(pn_store_case_reported(f->s, id, claimed.fence, "2.25.1", "2.25.9", "/r", o, 3, 20, &f->err), f->err);
    return id;
}

/* The next object of an archive is taken by it, and asked about from commit_at on (0: never). */
static bool send(fixture *f, const char *archive, int64_t commit_at, int64_t now)
{
    bool any = false, done = false;
    CHECK_OK(pn_store_claim_delivery(&got, &any, f->s, now, "s", archive, 500, &f->err), f->err);
    assert_true(any);
    CHECK_OK(pn_store_delivery_sent(&done, f->s, got.id, got.fence, 0, "", commit_at, now, &f->err), f->err);
    return done;
}

/* How many objects are asked about now under this transaction. */
static size_t ask(fixture *f, const char *archive, const char *transaction, int64_t answer_by, int64_t now)
{
    pn_commit_request r = {0};
    bool any = false;
    CHECK_OK(pn_store_claim_commitment(&r, &any, f->s, archive, transaction, answer_by, now, &f->err), f->err);
    size_t n = r.n;
    assert_int_equal(any, n > 0);
    for (size_t i = 0; i < n; i++) { assert_string_equal(r.object[i].sop_class_uid, "1.2.88"); }
    pn_commit_request_free(&r);
    return n;
}

static pn_commit_outcome answer(fixture *f, const char *transaction, const char *uid, int reason, int64_t now)
{
    pn_commit_answer a = {.reason = reason};
    pn_commit_outcome o;
    strcpy(a.sop_uid, uid);
    CHECK_OK(pn_store_commitment_answer(&o, f->s, transaction, &a, 1, 1000, now, &f->err), f->err);
    return o;
}

static pn_case_state state_of(fixture *f, int64_t id) { return case_of(f, id)->state; }

static void a_case_is_committed_when_all_that_are_asked_have_said_so(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1");
    (void)send(f, "pacs", 100, 30);
    (void)send(f, "pacs", 100, 31);
    assert_true(send(f, "research", 100, 32));
    assert_int_equal(state_of(f, id), PN_CASE_DELIVERED);
    pn_store_counts counts;
    CHECK_OK(pn_store_count(&counts, f->s, &f->err), f->err);
    assert_int_equal(counts.commitments_open, 3);
    assert_int_equal(ask(f, "pacs", "2.25.100", 500, 99), 0);        /* not yet */
    assert_int_equal(ask(f, "pacs", "2.25.100", 500, 100), 2);
    assert_int_equal(ask(f, "pacs", "2.25.101", 500, 101), 0);       /* asked already */
    assert_int_equal(ask(f, "research", "2.25.102", 500, 101), 1);
    fixture_reopen(f);
    assert_int_equal(answer(f, "2.25.100", "2.25.1", PN_COMMIT_KEPT, 110).n_committed, 1);
    assert_int_equal(answer(f, "2.25.102", "2.25.1", PN_COMMIT_KEPT, 111).n_cases, 0);
    assert_int_equal(state_of(f, id), PN_CASE_DELIVERED);
    pn_commit_outcome last = answer(f, "2.25.100", "2.25.2", PN_COMMIT_KEPT, 112);
    assert_int_equal(last.n_cases, 1);
    assert_int_equal(state_of(f, id), PN_CASE_COMMITTED);
    last = answer(f, "2.25.100", "2.25.2", PN_COMMIT_KEPT, 113);     /* said twice */
    assert_int_equal(last.n_unknown, 1);
    assert_int_equal(last.n_cases, 0);
    CHECK_OK(pn_store_count(&counts, f->s, &f->err), f->err);
    assert_int_equal(counts.commitments_open, 0);
}

static void an_archive_that_is_not_asked_does_not_count(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1"), other;
    (void)send(f, "pacs", 100, 30);
    (void)send(f, "pacs", 100, 31);
    assert_int_equal(ask(f, "pacs", "2.25.100", 500, 100), 2);
    (void)answer(f, "2.25.100", "2.25.1", PN_COMMIT_KEPT, 110);
    (void)answer(f, "2.25.100", "2.25.2", PN_COMMIT_KEPT, 111);
    assert_int_equal(state_of(f, id), PN_CASE_REPORTED);             /* the other has not got it */
    assert_true(send(f, "research", 0, 120));
    assert_int_equal(state_of(f, id), PN_CASE_COMMITTED);
    other = report(f, "2");
    (void)send(f, "pacs", 0, 130);
    (void)send(f, "pacs", 0, 131);
    assert_true(send(f, "research", 0, 132));
    assert_int_equal(state_of(f, other), PN_CASE_DELIVERED);         /* nobody is asked: the end */
}

static void no_answer_is_asked_for_again_under_another_uid(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1");
    (void)send(f, "pacs", 100, 30);
    (void)send(f, "pacs", 100, 31);
    (void)send(f, "research", 0, 32);
    assert_int_equal(ask(f, "pacs", "2.25.100", 500, 100), 2);
    assert_int_equal(ask(f, "pacs", "2.25.101", 900, 499), 0);
    assert_int_equal(ask(f, "pacs", "2.25.101", 900, 500), 2);
    assert_int_equal(answer(f, "2.25.100", "2.25.1", PN_COMMIT_KEPT, 510).n_unknown, 1);
    /* A request that did not reach the archive is due at its time, and no other's objects are. */
    CHECK_OK(pn_store_commitment_later(f->s, "2.25.101", "unreachable", 700, 520, &f->err), f->err);
    assert_int_equal(ask(f, "pacs", "2.25.102", 2000, 699), 0);
    assert_int_equal(ask(f, "pacs", "2.25.102", 2000, 700), 2);
    CHECK_OK(pn_store_commitment_later(f->s, "2.25.101", "late", 701, 701, &f->err), f->err);
    assert_int_equal(ask(f, "pacs", "2.25.103", 2000, 702), 0);
    /* The clock was set back by an hour: what was asked in the future is due. */
    assert_int_equal(ask(f, "pacs", "2.25.104", 2000, 700 - 3600000), 2);
    (void)answer(f, "2.25.104", "2.25.1", PN_COMMIT_KEPT, 710);
    (void)answer(f, "2.25.104", "2.25.2", PN_COMMIT_KEPT, 711);
    assert_int_equal(state_of(f, id), PN_CASE_COMMITTED);
}

static void what_is_not_kept_is_sent_again(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1");
    (void)send(f, "pacs", 100, 30);
    (void)send(f, "pacs", 100, 31);
    (void)send(f, "research", 0, 32);
    assert_int_equal(ask(f, "pacs", "2.25.100", 500, 100), 2);
    assert_int_equal(answer(f, "2.25.100", "2.25.2", PN_COMMIT_KEPT, 110).n_committed, 1);
    assert_int_equal(answer(f, "2.25.100", "2.25.1", 0x0112, 111).n_failed, 1);
    assert_int_equal(state_of(f, id), PN_CASE_REPORTED);
    assert_non_null(strstr(case_of(f, id)->reason, "0112 (no such object instance)"));
    bool any = false;
    CHECK_OK(pn_store_claim_delivery(&got, &any, f->s, 1110, "s", "pacs", 500, &f->err), f->err);
    assert_false(any);                                               /* after the pause */
    assert_true(send(f, "pacs", 2000, 1111));
    assert_string_equal(got.sop_uid, "2.25.1");
    assert_int_equal(state_of(f, id), PN_CASE_DELIVERED);
    assert_int_equal(ask(f, "pacs", "2.25.105", 5000, 2000), 1);
    assert_int_equal(answer(f, "2.25.105", "2.25.1", PN_COMMIT_KEPT, 2001).n_cases, 1);
    assert_int_equal(state_of(f, id), PN_CASE_COMMITTED);
    assert_string_equal(case_of(f, id)->reason, "");
}

static void an_archive_that_never_keeps_it_ends_as_failed(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1"), now = 100;
    (void)send(f, "pacs", 0, 30);
    (void)send(f, "pacs", 0, 31);
    (void)send(f, "research", now, 32);
    for (int i = 0; i < PN_COMMIT_MAX_FAILURES; i++) {
        char transaction[16];
        snprintf(transaction, sizeof transaction, "2.25.%d", 200 + i);
        assert_int_equal(ask(f, "research", transaction, now + 10, now), 1);
        assert_int_equal(answer(f, transaction, "2.25.1", 0x0110, now).n_failed, 1);
        now += (int64_t)1000 << i;
        if (i + 1 < PN_COMMIT_MAX_FAILURES) { assert_true(send(f, "research", now, now)); }
    }
    bool any = true;
    CHECK_OK(pn_store_claim_delivery(&got, &any, f->s, now + 1000000, "s", "research", 500, &f->err), f->err);
    assert_false(any);
    assert_int_equal(state_of(f, id), PN_CASE_REPORTED);
    assert_non_null(strstr(case_of(f, id)->reason, "research does not keep the sr that it took: 0110"));
    pn_case_state after;
    CHECK_OK(pn_store_retry_case(&after, f->s, id, 1000, now, &f->err), f->err);
    assert_true(send(f, "research", now, now));
}

static void the_same_transaction_twice_is_only_asked_again(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1");
    (void)send(f, "pacs", 0, 30);
    (void)send(f, "pacs", 0, 31);
    (void)send(f, "research", 100, 32);
    assert_int_equal(ask(f, "research", "2.25.100", 500, 100), 1);
    (void)answer(f, "2.25.100", "2.25.1", PN_COMMIT_DUPLICATE_TRANSACTION, 110);
    assert_int_equal(state_of(f, id), PN_CASE_DELIVERED);
    assert_int_equal(ask(f, "research", "2.25.101", 5000, 1109), 0);
    assert_int_equal(ask(f, "research", "2.25.101", 5000, 1110), 1);
}

static void of_a_withdrawn_case_nothing_is_asked_or_sent_again(void **state)
{
    fixture *f = *state;
    int64_t id = report(f, "1");
    pn_case_state after;
    (void)send(f, "pacs", 100, 30);
    (void)send(f, "pacs", 100, 31);
    (void)send(f, "research", 100, 32);
    assert_int_equal(ask(f, "research", "2.25.100", 500, 100), 1);
    CHECK_OK(pn_store_withdraw_case(&after, f->s, id, "wrong patient", NULL, 0, 101, &f->err), f->err);
    assert_int_equal(answer(f, "2.25.100", "2.25.1", 0x0112, 110).n_unknown, 1);
    assert_int_equal(ask(f, "pacs", "2.25.101", 500, 120), 0);
    assert_int_equal(state_of(f, id), PN_CASE_DROPPED);
}

static void images_stay_until_it_is_committed(void **state)
{
    fixture *f = *state;
    pn_instance image = image_of("p.1", "a", "1.2.series");
    assert_int_equal(add(f, &image), PN_ADDED_NEW);
    int64_t id = report(f, "1"), after = 0;
    const pn_keep_rule rule = {.images_ms = 1000, .unclaimed_ms = 1000};
    size_t n = 0;
    bool found = true;
    (void)send(f, "pacs", 100, 30);
    (void)send(f, "pacs", 100, 31);
    (void)send(f, "research", 0, 32);
    CHECK_OK(pn_store_mark_due(&n, &after, f->s, &rule, 100, 100000, &f->err), f->err);
    assert_int_equal(n, 0);
    pn_keep_cursor at = {0};
    CHECK_OK(pn_store_mark_oldest(&n, &found, &at, f->s, 100000, &f->err), f->err);
    assert_false(found);
    assert_int_equal(ask(f, "pacs", "2.25.100", 500, 100), 2);
    (void)answer(f, "2.25.100", "2.25.1", PN_COMMIT_KEPT, 110);
    (void)answer(f, "2.25.100", "2.25.2", PN_COMMIT_KEPT, 110);
    assert_int_equal(state_of(f, id), PN_CASE_COMMITTED);
    CHECK_OK(pn_store_mark_oldest(&n, &found, &at, f->s, 100000, &f->err), f->err);
    assert_true(found);
}

static void a_request_has_at_most_a_hundred_objects(void **state)
{
    fixture *f = *state;
    pn_outgoing o[PN_COMMIT_MAX_OBJECTS + 1];
    char uid[PN_COMMIT_MAX_OBJECTS + 1][16];
    bool any = false;
    for (size_t i = 0; i <= PN_COMMIT_MAX_OBJECTS; i++) {
        snprintf(uid[i], sizeof uid[i], "2.25.%zu", i + 1);
        o[i] = object("pacs", uid[i], 1);
    }
    int64_t id = add_ready(f, "1", 5);
    CHECK_OK(pn_store_claim_case(&claimed, &any, f->s, 10, "w", 1000, &f->err), f->err);
    CHECK_OK(pn_store_case_reported(f->s, id, claimed.fence, "2.25.1", "2.25.9", "/r", o,
                                    PN_COMMIT_MAX_OBJECTS + 1, 20, &f->err), f->err);
    for (size_t i = 0; i <= PN_COMMIT_MAX_OBJECTS; i++) { (void)send(f, "pacs", 100, 30); }
    assert_int_equal(ask(f, "pacs", "2.25.500", 5000, 100), PN_COMMIT_MAX_OBJECTS);
    assert_int_equal(ask(f, "pacs", "2.25.501", 5000, 100), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_case_is_committed_when_all_that_are_asked_have_said_so),
        T(an_archive_that_is_not_asked_does_not_count),
        T(no_answer_is_asked_for_again_under_another_uid),
        T(what_is_not_kept_is_sent_again),
        T(an_archive_that_never_keeps_it_ends_as_failed),
        T(the_same_transaction_twice_is_only_asked_again),
        T(of_a_withdrawn_case_nothing_is_asked_or_sent_again),
        T(images_stay_until_it_is_committed),
        T(a_request_has_at_most_a_hundred_objects),
    };
    return FIXTURE_RUN(tests);
}

/* The contract of queue/store.h, clause by clause. Every backend has to pass it. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "store_fixture.h"

/* queue/store_sqlite.h is private and needs sqlite's header. */
const char *sq_network_fs(long f_type);

static pn_case got_case;
static pn_delivery got_delivery;

static bool claim(fixture *f, int64_t now, const char *owner)
{
    bool got = false;
    CHECK_OK(pn_store_claim_case(&got_case, &got, f->s, now, owner, 1000, &f->err), f->err);
    return got;
}

static bool claim_out(fixture *f, int64_t now, const char *archive)
{
    bool got = false;
    CHECK_OK(pn_store_claim_delivery(&got_delivery, &got, f->s, now, "sender", archive, 500,
                                     &f->err), f->err);
    return got;
}

/* ---- catalogue ---- */

static void instance__is_found_again_with_every_field(void **state)
{
    fixture *f = *state;
    pn_instance in = image_of("1.2.3", "aa", "1.2.series");
    strcpy(in.kind, "rtstruct");
    strcpy(in.patient_id_issuer, "HOSPITAL");
    char header[] = "{\"kind\":\"rtstruct\",\"name\":\"L\xc3\xa4sion\"}";
    in.header_json = header;
    assert_int_equal(add(f, &in), PN_ADDED_NEW);
    fixture_reopen(f);
    pn_instance out;
    CHECK_OK(pn_store_get_instance(&out, f->s, "1.2.3", "aa", &f->err), f->err);
    assert_string_equal(out.header_json, header);
    assert_string_equal(out.patient_id_issuer, "HOSPITAL");
    assert_string_equal(out.sop_class_uid, in.sop_class_uid);
    assert_string_equal(out.source_ae, "SCANNER");
    assert_int_equal(out.size, 525090);
    assert_int_equal(out.received_ms, 10);
    assert_false(out.conflict);
    pn_instance_free(&out);
    assert_int_equal(pn_store_get_instance(&out, f->s, "1.2.4", NULL, &f->err), PN_ENOTFOUND);
}

static void instance__twice_is_same_and_other_bytes_conflict(void **state)
{
    fixture *f = *state;
    pn_instance a = image_of("1.2.3", "aa", "s"), b = image_of("1.2.3", "bb", "s"), out;
    assert_int_equal(add(f, &a), PN_ADDED_NEW);
    assert_int_equal(add(f, &a), PN_ADDED_SAME);
    assert_int_equal(add(f, &b), PN_ADDED_CONFLICT);
    assert_int_equal(add(f, &b), PN_ADDED_SAME);
    size_t n = 0;
    CHECK_OK(pn_store_count_instances(&n, f->s, &f->err), f->err);
    assert_int_equal(n, 2);
    CHECK_OK(pn_store_get_instance(&out, f->s, "1.2.3", NULL, &f->err), f->err);
    assert_string_equal(out.digest, "aa");      /* the first copy */
    assert_true(out.conflict);
    CHECK_OK(pn_store_get_instance(&out, f->s, "1.2.3", "bb", &f->err), f->err);
    assert_true(out.conflict);
}

static int count_contours(void *arg, const pn_instance *i, pn_error *err)
{
    (void)err;
    assert_non_null(i->header_json);
    ++*(int *)arg;
    return 0;
}

static void instance__contour_without_case_is_listed_until_it_has_one(void **state)
{
    fixture *f = *state;
    pn_instance in = image_of("1.2.rs", "d-1.2.rs", "s"), plain = image_of("1.2.3", "x", "s");
    char header[] = "{}";
    in.header_json = header;
    add(f, &in);
    add(f, &plain);
    int n = 0;
    CHECK_OK(pn_store_contours_without_case(f->s, count_contours, &n, &f->err), f->err);
    assert_int_equal(n, 1);
    add_case(f, "1.2.rs", "m", "1.2.img", 1, 5);
    n = 0;
    CHECK_OK(pn_store_contours_without_case(f->s, count_contours, &n, &f->err), f->err);
    assert_int_equal(n, 0);
}

static void batch__is_all_or_nothing(void **state)
{
    fixture *f = *state;
    pn_instance a = image_of("1.2.1", "a", "s"), b = image_of("1.2.2", "b", "s");
    size_t n = 9;
    CHECK_OK(pn_store_begin(f->s, &f->err), f->err);
    add(f, &a);
    pn_store_rollback(f->s);
    CHECK_OK(pn_store_count_instances(&n, f->s, &f->err), f->err);
    assert_int_equal(n, 0);
    CHECK_OK(pn_store_begin(f->s, &f->err), f->err);
    assert_int_equal(pn_store_begin(f->s, &f->err), PN_EINVAL);
    add(f, &a);
    add(f, &b);
    CHECK_OK(pn_store_commit(f->s, &f->err), f->err);
    fixture_reopen(f);
    CHECK_OK(pn_store_count_instances(&n, f->s, &f->err), f->err);
    assert_int_equal(n, 2);
}

/* ---- cases ---- */

static void case__same_contour_and_model_again_makes_nothing(void **state)
{
    fixture *f = *state;
    int64_t a = add_case(f, "1.2.rs", "m", "1.2.img", 3, 5);
    int64_t b = add_case(f, "1.2.rs", "m", "1.2.img", 3, 9);
    int64_t c = add_case(f, "1.2.rs", "other", "1.2.img", 3, 9);
    assert_int_equal(a, b);
    assert_int_not_equal(a, c);
    fixture_reopen(f);
    pn_case *k = case_of(f, a);
    assert_int_equal(k->state, PN_CASE_RECEIVED);
    assert_int_equal(k->created_ms, 5);
    assert_int_equal(k->n_expected, 3);
    assert_int_equal(k->n_rois, 2);
    assert_int_equal(k->roi_numbers[1], 7);
    assert_int_equal(k->version, 1);
    assert_int_equal(k->fallback_at_ms, 1000);
    assert_int_equal(k->give_up_at_ms, 5000);
    assert_string_equal(k->series_uid, "1.2.series");
}

static void case__new_one_cannot_be_running(void **state)
{
    fixture *f = *state;
    pn_case c = { .state = PN_CASE_RUNNING, .contour_uid = "1", .contour_digest = "d" };
    int64_t id;
    bool made;
    assert_int_equal(pn_store_add_case(&id, &made, f->s, &c, NULL, 0, 1, &f->err), PN_EINVAL);
}

static void case__images_and_missing_follow_the_catalogue(void **state)
{
    fixture *f = *state;
    int64_t id = add_case(f, "1.2.rs", "m", "1.2.img", 3, 5);
    pn_instance a = image_of("1.2.img.1", "a", "1.2.series"), b = image_of("1.2.img.3", "b",
                                                                           "1.2.series");
    pn_instance extra = image_of("1.2.img.9", "e", "1.2.series"), again = a;
    strcpy(again.digest, "z");
    strcpy(again.pixel_digest, "p-z");
    add(f, &a);
    add(f, &b);
    add(f, &extra);
    add(f, &again);
    pn_file_list l = { 0 };
    CHECK_OK(pn_store_case_images(&l, f->s, id, &f->err), f->err);
    assert_int_equal(l.n, 2);
    assert_string_equal(l.item[0].sop_uid, "1.2.img.1");
    assert_string_equal(l.item[0].digest, "a");     /* the first of two contents */
    assert_string_equal(l.item[1].digest, "b");
    pn_file_list_free(&l);
    CHECK_OK(pn_store_case_missing(&l, f->s, id, 0, &f->err), f->err);
    assert_int_equal(l.n, 1);
    assert_string_equal(l.item[0].sop_uid, "1.2.img.2");
    pn_file_list_free(&l);
    pn_match_decision d = { .state = PN_CASE_READY, .by_series = true,
                            .series_uid = "1.2.series", .next_look_ms = INT64_MAX };
    CHECK_OK(pn_store_decide_case(f->s, id, &d, 6, &f->err), f->err);
    CHECK_OK(pn_store_case_images(&l, f->s, id, &f->err), f->err);
    assert_int_equal(l.n, 3);                        /* the whole series now */
    pn_file_list_free(&l);
}

static int collect(void *arg, const pn_case *c, pn_error *err)
{
    (void)err;
    int64_t **next = arg;
    *(*next)++ = c->id;
    return 0;
}

static void case__list_is_newest_first_filtered_and_limited(void **state)
{
    fixture *f = *state;
    int64_t a = add_case(f, "1", "m", "x", 1, 5), b = add_ready(f, "2", 6);
    int64_t c = add_case(f, "3", "m", "x", 1, 7), ids[4] = { 0 }, *next = ids;
    CHECK_OK(pn_store_list_cases(f->s, PN_CASE_NSTATES, 0, collect, &next, &f->err), f->err);
    assert_int_equal(ids[0], c);
    assert_int_equal(ids[1], b);
    assert_int_equal(ids[2], a);
    next = ids;
    CHECK_OK(pn_store_list_cases(f->s, PN_CASE_READY, 0, collect, &next, &f->err), f->err);
    assert_ptr_equal(next, ids + 1);
    assert_int_equal(ids[0], b);
    next = ids;
    CHECK_OK(pn_store_list_cases(f->s, PN_CASE_NSTATES, 2, collect, &next, &f->err), f->err);
    assert_ptr_equal(next, ids + 2);
    pn_store_counts n;
    CHECK_OK(pn_store_count(&n, f->s, &f->err), f->err);
    assert_int_equal(n.cases[PN_CASE_RECEIVED], 2);
    assert_int_equal(n.cases[PN_CASE_READY], 1);
}

static void case__states_have_words_that_parse_back(void **state)
{
    (void)state;
    for (int i = 0; i < PN_CASE_NSTATES; i++) {
        pn_case_state s = PN_CASE_NSTATES;
        assert_true(pn_case_state_parse(&s, pn_case_state_word((pn_case_state)i)));
        assert_int_equal(s, i);
    }
    pn_case_state s;
    assert_false(pn_case_state_parse(&s, "done"));
}

/* ---- matching ---- */

static bool next_open(fixture *f, int64_t now)
{
    bool found = false;
    CHECK_OK(pn_store_next_to_match(&got_case, &found, f->s, now, &f->err), f->err);
    return found;
}

static void match__an_instance_wakes_only_the_cases_that_want_it(void **state)
{
    fixture *f = *state;
    int64_t id = add_case(f, "1.2.rs", "m", "1.2.img", 2, 5);
    assert_true(next_open(f, 5));
    pn_match_decision wait = { .state = PN_CASE_WAITING, .series_uid = "1.2.series",
                               .next_look_ms = 1000 };
    CHECK_OK(pn_store_decide_case(f->s, id, &wait, 5, &f->err), f->err);
    assert_false(next_open(f, 999));
    pn_instance other = image_of("9.9", "o", "9.series");
    add(f, &other);
    assert_false(next_open(f, 999));
    pn_instance named = image_of("1.2.img.2", "n", "9.series");
    add(f, &named);
    fixture_reopen(f);
    assert_true(next_open(f, 6));                    /* survives a crash */
    assert_int_equal(got_case.id, id);
    CHECK_OK(pn_store_decide_case(f->s, id, &wait, 6, &f->err), f->err);
    pn_instance sibling = image_of("1.2.img.77", "s", "1.2.series");
    add(f, &sibling);
    assert_true(next_open(f, 7));                    /* the named series grows */
    CHECK_OK(pn_store_decide_case(f->s, id, &wait, 7, &f->err), f->err);
    assert_true(next_open(f, 1000));                 /* its own time */
}

static void match__facts_count_named_series_and_candidates(void **state)
{
    fixture *f = *state;
    int64_t id = add_case(f, "1.2.rs", "m", "1.2.img", 3, 5);
    pn_instance a = image_of("1.2.img.1", "a", "1.2.series"), b = image_of("1.2.b", "b", "1.2.t");
    a.received_ms = 40;
    b.received_ms = 50;
    add(f, &a);
    add(f, &b);
    pn_match_facts m;
    CHECK_OK(pn_store_match_facts(&m, f->s, case_of(f, id), &f->err), f->err);
    assert_int_equal(m.n_expected, 3);
    assert_int_equal(m.n_present, 1);
    assert_int_equal(m.n_series, 1);
    assert_int_equal(m.series_last_ms, 40);
    assert_int_equal(m.n_candidates, 2);
    assert_string_equal(m.candidate[0], "1.2.series");
    assert_string_equal(m.candidate[1], "1.2.t");
    assert_string_equal(m.conflict_uid, "");
    strcpy(a.digest, "a2");
    strcpy(a.pixel_digest, "p-a2");
    add(f, &a);
    CHECK_OK(pn_store_match_facts(&m, f->s, case_of(f, id), &f->err), f->err);
    assert_int_equal(m.n_present, 1);                /* two contents are one image */
    assert_string_equal(m.conflict_uid, "1.2.img.1");
    assert_string_equal(m.series_conflict_uid, "1.2.img.1");
}

static void match__identity_names_what_differs(void **state)
{
    static const struct { const char *field, *what; size_t offset; bool by_series, differs; } row[] = {
        { "P1", "", offsetof(pn_instance, patient_id), false, false },
        { "P2", "Patient ID", offsetof(pn_instance, patient_id), false, true },
        { "p1", "Patient ID", offsetof(pn_instance, patient_id), true, true },
        { "", "Patient ID", offsetof(pn_instance, patient_id), false, true },
        { "1.9", "Study Instance UID", offsetof(pn_instance, study_uid), false, true },
        { "1.9", "Frame of Reference UID", offsetof(pn_instance, frame_of_reference_uid), true,
          true },
        { "", "", offsetof(pn_instance, frame_of_reference_uid), false, false },
        { "X", "", offsetof(pn_instance, patient_id_issuer), false, false },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        void *own;
        assert_int_equal(fixture_setup(&own), 0);
        fixture *f = own;
        int64_t id = add_case(f, "1.2.rs", "m", "1.2.img", 1, 5);
        pn_instance in = image_of("1.2.img.1", "a", "1.2.series");
        strcpy((char *)&in + row[i].offset, row[i].field);
        add(f, &in);
        bool found = false;
        pn_identity_conflict c;
        CHECK_OK(pn_store_identity_conflict(&c, &found, f->s, case_of(f, id), "1.2.series",
                                            row[i].by_series, &f->err), f->err);
        assert_int_equal(found, row[i].differs);
        if (found) {
            assert_string_equal(c.what, row[i].what);
            assert_string_equal(c.image_value, row[i].field);
            assert_string_equal(c.image_uid, "1.2.img.1");
        }
        assert_int_equal(fixture_teardown(&own), 0);
    }
    (void)state;
}

static void match__a_decided_case_is_not_decided_again(void **state)
{
    fixture *f = *state;
    int64_t id = add_ready(f, "1.2.rs", 5);
    pn_match_decision d = { .state = PN_CASE_FAILED, .next_look_ms = INT64_MAX };
    assert_int_equal(pn_store_decide_case(f->s, id, &d, 6, &f->err), PN_EINVAL);
    assert_int_equal(case_of(f, id)->state, PN_CASE_READY);
    d.state = PN_CASE_DELIVERED;
    assert_int_equal(pn_store_decide_case(f->s, id, &d, 6, &f->err), PN_EINVAL);
}

static void match__conflict_holds_users_that_are_not_under_way(void **state)
{
    fixture *f = *state;
    int64_t running = add_ready(f, "1", 5);
    assert_true(claim(f, 10, "w"));
    int64_t ready = add_ready(f, "2", 5), other = add_case(f, "3", "m", "9.img", 1, 5);
    size_t n = 0;
    CHECK_OK(pn_store_hold_users_of(&n, f->s, "2.1", "conflict: 2.1", 20, &f->err), f->err);
    assert_int_equal(n, 1);
    CHECK_OK(pn_store_hold_users_of(&n, f->s, "1.1", "conflict: 1.1", 20, &f->err), f->err);
    assert_int_equal(n, 0);
    assert_int_equal(case_of(f, ready)->state, PN_CASE_HELD);
    assert_string_equal(case_of(f, ready)->reason, "conflict: 2.1");
    assert_int_equal(case_of(f, running)->state, PN_CASE_RUNNING);
    assert_int_equal(case_of(f, other)->state, PN_CASE_RECEIVED);
}

/* ---- queue ---- */

static void queue__oldest_ready_first_and_each_once(void **state)
{
    fixture *f = *state;
    int64_t a = add_ready(f, "1", 5), b = add_ready(f, "2", 6);
    add_case(f, "3", "m", "x", 1, 7);
    assert_true(claim(f, 10, "w1"));
    assert_int_equal(got_case.id, a);
    assert_int_equal(got_case.attempts, 1);
    assert_int_equal(got_case.state, PN_CASE_RUNNING);
    assert_string_equal(got_case.lease_owner, "w1");
    assert_int_equal(got_case.lease_until_ms, 1010);
    assert_true(claim(f, 11, "w2"));
    assert_int_equal(got_case.id, b);
    assert_false(claim(f, 12, "w2"));
}

static void queue__expired_lease_goes_to_the_next_and_the_old_one_is_fenced(void **state)
{
    fixture *f = *state;
    int64_t id = add_ready(f, "1", 5);
    assert_true(claim(f, 10, "w1"));
    int64_t old = got_case.fence;
    char date[15];
    strcpy(date, got_case.content_datetime);
    assert_int_equal(strlen(date), 14);
    assert_false(claim(f, 1009, "w2"));
    CHECK_OK(pn_store_renew_case(f->s, id, old, 60000, &f->err), f->err);
    assert_false(claim(f, 1010, "w2"));
    assert_true(claim(f, 60000, "w2"));              /* a minute later: another wall clock */
    assert_int_equal(got_case.attempts, 2);
    assert_true(got_case.fence > old);
    assert_string_equal(got_case.content_datetime, date);
    pn_outgoing o = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                      .sop_uid = "2.25.1" };
    assert_int_equal(pn_store_case_reported(f->s, id, old, "2.25.1", "2.25.9", "/r", &o, 1, 100001, &f->err),
                     PN_EINVAL);
    assert_int_equal(pn_store_case_failed(f->s, id, old, true, "x", 0, 100001, &f->err), PN_EINVAL);
    assert_int_equal(pn_store_renew_case(f->s, id, old, 9999999, &f->err), PN_EINVAL);
    assert_int_equal(pn_store_release_case(f->s, id, old, 100001, &f->err), PN_EINVAL);
    assert_int_equal(pn_store_case_not_applicable(f->s, id, old, "x", 100001, &f->err), PN_EINVAL);
    assert_int_equal(case_of(f, id)->state, PN_CASE_RUNNING);
    assert_false(claim_out(f, 200000, NULL));        /* the refused report left no delivery */
    CHECK_OK(pn_store_case_reported(f->s, id, got_case.fence, "2.25.1", "2.25.9", "/r", &o, 1, 100002,
                                    &f->err), f->err);
    assert_int_equal(case_of(f, id)->state, PN_CASE_REPORTED);
}

static void queue__failures_wait_or_end(void **state)
{
    fixture *f = *state;
    int64_t id = add_ready(f, "1", 5);
    assert_true(claim(f, 10, "w"));
    CHECK_OK(pn_store_case_failed(f->s, id, got_case.fence, false, "compute died (signal 11)", 500,
                                  20, &f->err), f->err);
    assert_int_equal(case_of(f, id)->state, PN_CASE_READY);
    assert_false(claim(f, 499, "w"));
    assert_true(claim(f, 500, "w"));
    assert_int_equal(got_case.attempts, 2);
    assert_string_equal(got_case.reason, "compute died (signal 11)");
    CHECK_OK(pn_store_case_failed(f->s, id, got_case.fence, true, "given up", 0, 600, &f->err),
             f->err);
    assert_int_equal(case_of(f, id)->state, PN_CASE_FAILED);
    assert_string_equal(case_of(f, id)->reason, "given up");
    pn_case_state after;
    CHECK_OK(pn_store_retry_case(&after, f->s, id, 1000, 700, &f->err), f->err);
    assert_int_equal(after, PN_CASE_READY);
    assert_true(claim(f, 700, "w"));
    assert_int_equal(got_case.attempts, 1);          /* counted anew, the fence goes on */
    assert_int_equal(got_case.fence, 3);
    CHECK_OK(pn_store_case_not_applicable(f->s, id, got_case.fence, "slice 5 mm", 710, &f->err),
             f->err);
    assert_int_equal(case_of(f, id)->state, PN_CASE_NOT_APPLICABLE);
    assert_int_equal(pn_store_retry_case(&after, f->s, id, 1000, 720, &f->err), PN_EINVAL);
    assert_int_equal(pn_store_retry_case(&after, f->s, 99, 1000, 720, &f->err), PN_ENOTFOUND);
}

static void queue__release_does_not_count(void **state)
{
    fixture *f = *state;
    int64_t id = add_ready(f, "1", 5);
    assert_true(claim(f, 10, "w"));
    CHECK_OK(pn_store_release_case(f->s, id, got_case.fence, 20, &f->err), f->err);
    assert_true(claim(f, 21, "w"));
    assert_int_equal(got_case.attempts, 1);
    assert_int_equal(got_case.fence, 2);
}

static void queue__retry_of_a_case_that_never_matched_matches_again(void **state)
{
    fixture *f = *state;
    int64_t id = add_case(f, "1", "m", "x", 2, 5);
    pn_match_decision d = { .state = PN_CASE_FAILED, .reason = "images missing: 0 of 2",
                            .next_look_ms = INT64_MAX };
    CHECK_OK(pn_store_decide_case(f->s, id, &d, 5000, &f->err), f->err);
    assert_false(next_open(f, 6000));
    pn_case_state after;
    CHECK_OK(pn_store_retry_case(&after, f->s, id, 1000, 6000, &f->err), f->err);
    assert_int_equal(after, PN_CASE_WAITING);
    assert_int_equal(case_of(f, id)->give_up_at_ms, 7000);
    assert_true(next_open(f, 6000));
}

/* ---- outbox ---- */

static int64_t reported(fixture *f, const char *contour, int n_archives)
{
    static const char *const archive[] = { "pacs", "research" };
    int64_t id = add_ready(f, contour, 5);
    assert_true(claim(f, 10, "w"));
    assert_int_equal(got_case.id, id);
    pn_outgoing o[2];
    for (int i = 0; i < n_archives; i++) {
        o[i] = (pn_outgoing){ .archive = archive[i], .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                      .sop_uid = "2.25.1" };
    }
    CHECK_OK(pn_store_case_reported(f->s, id, got_case.fence, "2.25.1", "2.25.9", "/r", o,
                                    (size_t)n_archives, 20, &f->err), f->err);
    return id;
}

static void outbox__case_is_delivered_with_its_last_delivery(void **state)
{
    fixture *f = *state;
    int64_t id = reported(f, "1", 2);
    bool done = true;
    assert_true(claim_out(f, 20, "research"));
    assert_string_equal(got_delivery.archive, "research");
    assert_string_equal(got_delivery.path, "/r/sr.dcm");
    assert_int_equal(got_delivery.case_id, id);
    assert_int_equal(got_delivery.attempts, 1);
    assert_false(claim_out(f, 21, "research"));      /* leased */
    CHECK_OK(pn_store_delivery_sent(&done, f->s, got_delivery.id, got_delivery.fence, 0, "", 0, 30,
                                    &f->err), f->err);
    assert_false(done);
    assert_int_equal(case_of(f, id)->state, PN_CASE_REPORTED);
    assert_true(claim_out(f, 31, NULL));
    assert_string_equal(got_delivery.archive, "pacs");
    CHECK_OK(pn_store_delivery_sent(&done, f->s, got_delivery.id, got_delivery.fence, 0xB000,
                                    "coerced", 0, 32, &f->err), f->err);
    assert_true(done);
    assert_int_equal(case_of(f, id)->state, PN_CASE_DELIVERED);
    assert_string_equal(case_of(f, id)->report_sop_uid, "2.25.1");
    assert_string_equal(case_of(f, id)->result_dir, "/r");
}

static void outbox__retry_waits_and_keeps_the_answer(void **state)
{
    fixture *f = *state;
    reported(f, "1", 1);
    assert_true(claim_out(f, 20, NULL));
    int64_t fence = got_delivery.fence, id = got_delivery.id;
    CHECK_OK(pn_store_delivery_retry(f->s, id, fence, 900, 0xA700, "out of space", 25, &f->err),
             f->err);
    assert_false(claim_out(f, 899, NULL));
    fixture_reopen(f);
    assert_true(claim_out(f, 900, "pacs"));
    assert_int_equal(got_delivery.attempts, 2);
    assert_int_equal(got_delivery.last_status, 0xA700);
    assert_string_equal(got_delivery.last_comment, "out of space");
    /* the lease runs out; who was slow is refused, in all three ways */
    assert_false(claim_out(f, 1399, NULL));
    fence = got_delivery.fence;
    assert_true(claim_out(f, 1400, NULL));
    assert_int_equal(pn_store_delivery_sent(NULL, f->s, id, fence, 0, "", 0, 1401, &f->err), PN_EINVAL);
    assert_int_equal(pn_store_delivery_retry(f->s, id, fence, 1, 0, "", 1401, &f->err), PN_EINVAL);
    assert_int_equal(pn_store_delivery_failed(f->s, id, fence, 0, "", 1401, &f->err), PN_EINVAL);
    CHECK_OK(pn_store_delivery_sent(NULL, f->s, id, got_delivery.fence, 0, "", 0, 1402, &f->err),
             f->err);
}

static int count_failed(void *arg, const pn_delivery *d, pn_error *err)
{
    (void)err;
    *(int *)arg += d->state == PN_DELIVERY_FAILED;
    return 0;
}

static void outbox__permanent_failure_stays_reported_until_the_operator_retries(void **state)
{
    fixture *f = *state;
    int64_t id = reported(f, "1", 2);
    pn_case_state after;
    assert_int_equal(pn_store_retry_case(&after, f->s, id, 0, 21, &f->err), PN_EINVAL);
    assert_true(claim_out(f, 22, "pacs"));
    CHECK_OK(pn_store_delivery_failed(f->s, got_delivery.id, got_delivery.fence, 0xA900,
                                      "not for me", 23, &f->err), f->err);
    assert_true(claim_out(f, 24, "research"));
    CHECK_OK(pn_store_delivery_sent(NULL, f->s, got_delivery.id, got_delivery.fence, 0, "", 0, 25,
                                    &f->err), f->err);
    pn_case *c = case_of(f, id);
    assert_int_equal(c->state, PN_CASE_REPORTED);
    assert_string_equal(c->reason, "delivery to pacs failed: status A900: not for me");
    int failed = 0;
    CHECK_OK(pn_store_case_deliveries(f->s, id, count_failed, &failed, &f->err), f->err);
    assert_int_equal(failed, 1);
    assert_false(claim_out(f, 99999, NULL));
    CHECK_OK(pn_store_retry_case(&after, f->s, id, 0, 100000, &f->err), f->err);
    assert_int_equal(after, PN_CASE_REPORTED);
    assert_true(claim_out(f, 100000, NULL));
    assert_string_equal(got_delivery.archive, "pacs");
    bool done = false;
    CHECK_OK(pn_store_delivery_sent(&done, f->s, got_delivery.id, got_delivery.fence, 0, "", 0,
                                    100001, &f->err), f->err);
    assert_true(done);
}

/* ---- opening ---- */

static void open__read_only_sees_and_changes_nothing(void **state)
{
    fixture *f = *state;
    int64_t id = add_ready(f, "1", 5);
    pn_store *ro = NULL;
    pn_store_opts opts = PN_STORE_OPTS_INIT;
    opts.read_only = true;
    CHECK_OK(pn_store_open(&ro, f->path, &opts, &f->err), f->err);
    CHECK_OK(pn_store_get_case(&got_case, ro, id, &f->err), f->err);
    bool got;
    assert_int_equal(pn_store_claim_case(&got_case, &got, ro, 10, "w", 10, &f->err), PN_EINVAL);
    pn_store_close(ro);
    char empty[192];
    fixture_new_database(empty, sizeof empty, f);
    ro = NULL;
    assert_int_equal(pn_store_open(&ro, empty, &opts, &f->err), PN_ENOTFOUND);
    assert_null(ro);
}

static void open__read_only_file_must_exist(void **state)
{
    fixture *f = *state;
    pn_store *ro = NULL;
    pn_store_opts opts = PN_STORE_OPTS_INIT;
    opts.read_only = true;
    assert_int_equal(pn_store_open(&ro, "/tmp/no-such-folder/x.db", &opts, &f->err), PN_EIO);
    char absent[128];
    snprintf(absent, sizeof absent, "%s/absent.db", f->folder);
    assert_int_equal(pn_store_open(&ro, absent, &opts, &f->err), PN_ENOTFOUND);
    assert_int_equal(access(absent, F_OK), -1);
    assert_null(ro);
}

static void open__refuses_what_is_not_a_database(void **state)
{
    fixture *f = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/text.db", f->folder);
    FILE *text = fopen(path, "w");
    for (int i = 0; i < 200; i++) { fputs("this is no database at all\n", text); }
    fclose(text);
    pn_store *s = NULL;
    assert_int_equal(pn_store_open(&s, path, NULL, &f->err), PN_ESTORE);
    assert_null(s);
}

static void open__new_database_is_intact(void **state)
{
    fixture *f = *state;
    CHECK_OK(pn_store_check(f->s, &f->err), f->err);
}

static void open__file_is_private(void **state)
{
    fixture *f = *state;
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void open__knows_network_file_systems(void **state)
{
    (void)state;
    assert_string_equal(sq_network_fs(0x6969), "NFS");
    assert_string_equal(sq_network_fs((long)0xFF534D42), "CIFS");
    assert_string_equal(sq_network_fs((long)(int)0xFF534D42), "CIFS");  /* f_type may be signed */
    assert_null(sq_network_fs(0xEF53));                                /* ext4 */
    assert_null(sq_network_fs(0x01021994));                            /* tmpfs */
}

static void open__tells_servers_from_files(void **state)
{
    (void)state;
    assert_true(pn_store_is_server("postgresql://db.example/prognode"));
    assert_true(pn_store_is_server("postgres:///prognode"));
    assert_true(pn_store_is_server("service=prognode"));
    assert_true(pn_store_is_server("host=/run/postgresql dbname=prognode"));
    assert_false(pn_store_is_server("/var/lib/prognode/a=b.db"));
    assert_false(pn_store_is_server("./a=b.db"));
    assert_false(pn_store_is_server("prognode.db"));
    assert_false(pn_store_is_server("=x"));
}

/* ---- several nodes ---- */

static void queue__an_owner_that_starts_again_frees_what_it_had(void **state)
{
    fixture *f = *state;
    int64_t id = add_ready(f, "1", 5);
    assert_true(claim(f, 10, "h1:worker:0"));
    int64_t old = got_case.fence;
    size_t n = 9;
    CHECK_OK(pn_store_release_owner(&n, f->s, "h2:worker:0", 20, &f->err), f->err);
    assert_int_equal(n, 0);
    assert_false(claim(f, 21, "h2:worker:0"));
    CHECK_OK(pn_store_release_owner(&n, f->s, "h1:worker:0", 22, &f->err), f->err);
    assert_int_equal(n, 1);
    assert_true(claim(f, 22, "h1:worker:0"));        /* long before the lease ends */
    assert_int_equal(got_case.id, id);
    assert_int_equal(got_case.attempts, 2);          /* the one that died counts */
    assert_int_equal(pn_store_renew_case(f->s, id, old, 9999, &f->err), PN_EINVAL);
    pn_outgoing o = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                      .sop_uid = "2.25.1" };
    CHECK_OK(pn_store_case_reported(f->s, id, got_case.fence, "2.25.1", "2.25.2", "/r", &o, 1, 30,
                                    &f->err), f->err);
    assert_true(claim_out(f, 40, "pacs"));           /* by "sender", until 540 */
    assert_false(claim_out(f, 41, "pacs"));
    CHECK_OK(pn_store_release_owner(&n, f->s, "sender", 42, &f->err), f->err);
    assert_int_equal(n, 1);
    assert_true(claim_out(f, 42, "pacs"));
    assert_int_equal(pn_store_release_owner(&n, f->s, "", 42, &f->err), PN_EINVAL);
}

static void lead__is_for_a_store_that_may_write(void **state)
{
    fixture *f = *state;
    pn_lead lead = PN_LEAD_NO;
    CHECK_OK(pn_store_lead(&lead, f->s, &f->err), f->err);
    assert_int_equal(lead, PN_LEAD_NEW);
    CHECK_OK(pn_store_lead(&lead, f->s, &f->err), f->err);
    assert_int_equal(lead, PN_LEAD_HELD);
    fixture_reopen(f);
    CHECK_OK(pn_store_lead(&lead, f->s, &f->err), f->err);
    assert_int_equal(lead, PN_LEAD_NEW);
    pn_store *ro = NULL;
    pn_store_opts opts = PN_STORE_OPTS_INIT;
    opts.read_only = true;
    CHECK_OK(pn_store_open(&ro, f->path, &opts, &f->err), f->err);
    assert_int_equal(pn_store_lead(&lead, ro, &f->err), PN_EINVAL);
    pn_store_close(ro);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(instance__is_found_again_with_every_field),
        T(instance__twice_is_same_and_other_bytes_conflict),
        T(instance__contour_without_case_is_listed_until_it_has_one),
        T(batch__is_all_or_nothing),
        T(case__same_contour_and_model_again_makes_nothing),
        T(case__new_one_cannot_be_running),
        T(case__images_and_missing_follow_the_catalogue),
        T(case__list_is_newest_first_filtered_and_limited),
        T(case__states_have_words_that_parse_back),
        T(match__an_instance_wakes_only_the_cases_that_want_it),
        T(match__facts_count_named_series_and_candidates),
        cmocka_unit_test(match__identity_names_what_differs),
        T(match__a_decided_case_is_not_decided_again),
        T(match__conflict_holds_users_that_are_not_under_way),
        T(queue__oldest_ready_first_and_each_once),
        T(queue__expired_lease_goes_to_the_next_and_the_old_one_is_fenced),
        T(queue__failures_wait_or_end),
        T(queue__release_does_not_count),
        T(queue__retry_of_a_case_that_never_matched_matches_again),
        T(outbox__case_is_delivered_with_its_last_delivery),
        T(outbox__retry_waits_and_keeps_the_answer),
        T(outbox__permanent_failure_stays_reported_until_the_operator_retries),
        T(open__read_only_sees_and_changes_nothing),
        T(open__new_database_is_intact),
        T(queue__an_owner_that_starts_again_frees_what_it_had),
        T(lead__is_for_a_store_that_may_write),
    };
    const struct CMUnitTest files[] = {
        T(open__read_only_file_must_exist),
        T(open__refuses_what_is_not_a_database),
        T(open__file_is_private),
        T(open__knows_network_file_systems),
        T(open__tells_servers_from_files),
    };
    return cmocka_run_group_tests_name("files", files, NULL, NULL) + FIXTURE_RUN(tests);
}

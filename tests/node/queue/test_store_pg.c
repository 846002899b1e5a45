/* What only PostgreSQL can do to a node: lose the connection, crash, be shared by hosts. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "pg_server.h"
#include "store_fixture.h"

/* Every other connection but the one that asks. */
static void cut_connections(void)
{
    long n = pg_server_ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                           " WHERE pid<>pg_backend_pid() AND application_name='prognode'");
    assert_true(n > 0);
}

static void nap_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static void connection__is_made_again_after_one_transient_failure(void **state)
{
    fixture *f = *state;
    add_ready(f, "1", 5);
    cut_connections();
    bool got = false;
    static pn_case c;
    assert_int_equal(pn_store_claim_case(&c, &got, f->s, 10, "w", 1000, &f->err), PN_ESTORE);
    assert_int_equal(f->err.cls, PN_TRANSIENT);
    CHECK_OK(pn_store_claim_case(&c, &got, f->s, 10, "w", 1000, &f->err), f->err);
    assert_true(got);
}

static void batch__that_loses_its_connection_is_undone_whole(void **state)
{
    fixture *f = *state;
    pn_instance a = image_of("1.2.1", "a", "s"), b = image_of("1.2.2", "b", "s");
    pn_added added;
    CHECK_OK(pn_store_begin(f->s, &f->err), f->err);
    add(f, &a);
    cut_connections();
    assert_int_equal(pn_store_add_instance(&added, f->s, &b, &f->err), PN_ESTORE);
    assert_int_equal(f->err.cls, PN_TRANSIENT);
    /* No new connection takes up what is left of the batch. */
    assert_int_equal(pn_store_add_instance(&added, f->s, &b, &f->err), PN_ESTORE);
    assert_int_equal(pn_store_commit(f->s, &f->err), PN_ESTORE);
    assert_int_equal(f->err.cls, PN_TRANSIENT);
    pn_store_rollback(f->s);
    size_t n = 9;
    CHECK_OK(pn_store_count_instances(&n, f->s, &f->err), f->err);
    assert_int_equal(n, 0);
    assert_int_equal(add(f, &a), PN_ADDED_NEW);
}

static void server__that_crashes_is_waited_for(void **state)
{
    fixture *f = *state;
    pn_instance a = image_of("1.2.1", "a", "s"), out;
    add(f, &a);
    pg_server_crash();
    int64_t began = pn_mono_ms();
    for (int i = 0; i < 20; i++) {
        assert_int_equal(pn_store_get_instance(&out, f->s, "1.2.1", NULL, &f->err), PN_ESTORE);
        assert_int_equal(f->err.cls, PN_TRANSIENT);
        nap_ms(20);
    }
    assert_true(pn_mono_ms() - began < 5000);        /* calls fail at once meanwhile */
    pg_server_resume();
    int rc = PN_ESTORE;
    for (int i = 0; i < 100 && rc != PN_OK; i++) {
        rc = pn_store_get_instance(&out, f->s, "1.2.1", NULL, &f->err);
        if (rc != PN_OK) { nap_ms(100); }
    }
    CHECK_OK(rc, f->err);
    pn_instance_free(&out);
}

static void open__without_a_server_is_transient_and_names_no_secret(void **state)
{
    (void)state;
    pn_store *s = NULL;
    pn_error err;
    int rc = pn_store_open(&s, "host=127.0.0.1 port=1 user=u password=geheim dbname=d", NULL, &err);
    assert_int_equal(rc, PN_ESTORE);
    assert_int_equal(err.cls, PN_TRANSIENT);
    assert_null(strstr(err.msg, "geheim"));
    assert_null(strchr(err.msg, '\n'));
    assert_null(s);
}

static void value__that_is_no_utf8_is_the_objects_fault(void **state)
{
    fixture *f = *state;
    pn_instance a = image_of("1.2.1", "a", "s"), b = image_of("1.2.2", "b", "s");
    pn_added added;
    strcpy(a.patient_id, "L\xe4sion");
    CHECK_OK(pn_store_begin(f->s, &f->err), f->err);
    assert_int_equal(pn_store_add_instance(&added, f->s, &a, &f->err), PN_EINVAL);
    assert_int_equal(f->err.cls, PN_PERMANENT);
    pn_store_rollback(f->s);
    assert_int_equal(add(f, &b), PN_ADDED_NEW);
}

static void lead__goes_to_one_and_passes_with_the_connection(void **state)
{
    fixture *f = *state;
    pn_store *other = NULL;
    pn_lead lead;
    CHECK_OK(pn_store_open(&other, f->path, NULL, &f->err), f->err);
    CHECK_OK(pn_store_lead(&lead, f->s, &f->err), f->err);
    assert_int_equal(lead, PN_LEAD_NEW);
    CHECK_OK(pn_store_lead(&lead, other, &f->err), f->err);
    assert_int_equal(lead, PN_LEAD_NO);
    CHECK_OK(pn_store_lead(&lead, f->s, &f->err), f->err);
    assert_int_equal(lead, PN_LEAD_HELD);

    cut_connections();
    size_t n;
    assert_int_equal(pn_store_count_instances(&n, f->s, &f->err), PN_ESTORE);
    assert_int_equal(pn_store_count_instances(&n, other, &f->err), PN_ESTORE);
    CHECK_OK(pn_store_lead(&lead, other, &f->err), f->err);
    assert_int_equal(lead, PN_LEAD_NEW);
    CHECK_OK(pn_store_lead(&lead, f->s, &f->err), f->err);
    assert_int_equal(lead, PN_LEAD_NO);              /* the reconnected one lost it */
    pn_store_close(other);
    for (int i = 0; i < 100 && lead == PN_LEAD_NO; i++) {   /* the server notices the end */
        nap_ms(20);
        CHECK_OK(pn_store_lead(&lead, f->s, &f->err), f->err);
    }
    assert_int_equal(lead, PN_LEAD_NEW);
}

/* A claim passes over the row that another is claiming, and does not wait for it. */
static void claim__passes_over_a_locked_row(void **state)
{
    fixture *f = *state;
    int64_t a = add_ready(f, "1", 5), b = add_ready(f, "2", 6);
    pn_store *other = NULL;
    static pn_case c;
    bool got = false;
    CHECK_OK(pn_store_open(&other, f->path, NULL, &f->err), f->err);
    CHECK_OK(pn_store_begin(f->s, &f->err), f->err);
    CHECK_OK(pn_store_claim_case(&c, &got, f->s, 10, "w1", 1000, &f->err), f->err);
    assert_int_equal(c.id, a);
    CHECK_OK(pn_store_claim_case(&c, &got, other, 10, "w2", 1000, &f->err), f->err);
    assert_true(got);
    assert_int_equal(c.id, b);
    CHECK_OK(pn_store_claim_case(&c, &got, other, 10, "w2", 1000, &f->err), f->err);
    assert_false(got);
    CHECK_OK(pn_store_commit(f->s, &f->err), f->err);
    pn_store_close(other);
}

enum { TWINS = 40 };

static _Noreturn void deliver_all(const char *path, const char *archive)
{
    pn_store *s = NULL;
    pn_error err;
    if (pn_store_open(&s, path, NULL, &err) != 0) { _exit(2); }
    for (int n = 0; n < TWINS;) {
        pn_delivery d;
        bool got = false;
        if (pn_store_claim_delivery(&d, &got, s, 100, archive, archive, 100000, &err) != 0) {
            _exit(3);
        }
        if (!got) { _exit(4); }
        if (pn_store_delivery_sent(NULL, s, d.id, d.fence, 0, "", 0, 101, &err) != 0) { _exit(5); }
        n++;
    }
    pn_store_close(s);
    _exit(0);
}

/* The last two deliveries of a case end at the same moment on two hosts. */
static void deliveries__that_end_together_make_the_case_delivered(void **state)
{
    static const char *const archive[] = { "pacs", "research" };
    fixture *f = *state;
    static pn_case c;
    for (int i = 0; i < TWINS; i++) {
        char contour[16];
        snprintf(contour, sizeof contour, "1.2.%d", i);
        add_ready(f, contour, 5);
        bool got = false;
        CHECK_OK(pn_store_claim_case(&c, &got, f->s, 10, "w", 1000, &f->err), f->err);
        pn_outgoing o[2];
        for (int k = 0; k < 2; k++) {
            o[k] = (pn_outgoing){ .archive = archive[k], .path = "/r/sr.dcm",
                                  .sop_class_uid = "1.2.88", .sop_uid = contour };
        }
        CHECK_OK(pn_store_case_reported(f->s, c.id, c.fence, contour, "2.25.2", "/r", o, 2, 20,
                                        &f->err), f->err);
    }
    pid_t pid[2];
    for (int k = 0; k < 2; k++) {
        pid[k] = fork();
        assert_true(pid[k] >= 0);
        if (pid[k] == 0) { deliver_all(f->path, archive[k]); }
    }
    for (int k = 0; k < 2; k++) {
        int status = -1;
        waitpid(pid[k], &status, 0);
        assert_int_equal(status, 0);
    }
    pn_store_counts n;
    CHECK_OK(pn_store_count(&n, f->s, &f->err), f->err);
    assert_int_equal(n.cases[PN_CASE_DELIVERED], TWINS);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(connection__is_made_again_after_one_transient_failure),
        T(batch__that_loses_its_connection_is_undone_whole),
        T(server__that_crashes_is_waited_for),
        cmocka_unit_test(open__without_a_server_is_transient_and_names_no_secret),
        T(value__that_is_no_utf8_is_the_objects_fault),
        T(lead__goes_to_one_and_passes_with_the_connection),
        T(claim__passes_over_a_locked_row),
        T(deliveries__that_end_together_make_the_case_delivered),
    };
    if (!fixture_postgresql()) { return 77; }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

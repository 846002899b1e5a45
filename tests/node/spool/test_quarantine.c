/* Quarantine: who it was and why outlives the object until an operator has been shown it. */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/quarantine.h"

typedef struct fixture {
    char root[64];
    pn_spool spool;
    pn_error err;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->root, sizeof f->root, "/tmp/pn-quarantine-XXXXXX");
    if (mkdtemp(f->root) == NULL) { return -1; }
    const pn_spool_opts opts = PN_SPOOL_OPTS_INIT;
    *state = f;
    return pn_spool_open(&f->spool, f->root, &opts, &f->err);
}

static int tear_down(void **state)
{
    fixture *f = *state;
    pn_spool_close(&f->spool);
    int rc = pn_remove_tree(f->root, &f->err);
    free(f);
    return rc;
}

static void put_away(fixture *f, const char *uid, const char *ae, time_t since, char *digest)
{
    const pn_spool_meta meta = { "1.2.840.10008.5.1.4.1.1.2", uid, "1.2.840.10008.1.2.1", ae };
    pn_spool_writer w;
    char path[PN_PATH_SIZE];
    CHECK_OK(pn_spool_begin(&w, &f->spool, &meta, &f->err), f->err);
    CHECK_OK(pn_spool_write(&w, uid, strlen(uid), &f->err), f->err);
    CHECK_OK(pn_spool_commit(&w, digest, &f->err), f->err);
    CHECK_OK(pn_spool_quarantine(&f->spool, digest, "nested 20000 deep", &f->err), f->err);
    (void)snprintf(path, sizeof path, "%s/quarantine/%s.reason", f->root, digest);
    const struct timespec times[2] = { { .tv_sec = since }, { .tv_sec = since } };
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static size_t list(fixture *f, pn_quarantined **out)
{
    size_t n = 0;
    CHECK_OK(pn_quarantine_list(out, &n, &f->spool, &f->err), f->err);
    return n;
}

static void quarantine__is_listed_by_age_with_who_and_why(void **state)
{
    fixture *f = *state;
    char a[PN_DIGEST_HEX_SIZE], b[PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE];
    pn_quarantined *l = NULL;
    pn_quarantine_facts facts;
    assert_int_equal(list(f, &l), 0);
    free(l);
    put_away(f, "1.2.3", "SCANNER", 2000, a);
    put_away(f, "1.2.4", "OTHER", 1000, b);
    (void)snprintf(path, sizeof path, "%s/quarantine/notes.txt", f->root);     /* somebody's */
    CHECK_OK(pn_write_file(path, "x", 1, false, &f->err), f->err);
    assert_int_equal(list(f, &l), 2);
    assert_string_equal(l[0].digest, b);
    assert_string_equal(l[1].digest, a);
    assert_int_equal(l[0].since_ms, 1000000);
    assert_true(l[0].n_bytes > 132);
    assert_false(l[0].listed);
    free(l);
    CHECK_OK(pn_quarantine_facts_of(&facts, &f->spool, a, &f->err), f->err);
    assert_string_equal(facts.sop_uid, "1.2.3");
    assert_string_equal(facts.calling_ae, "SCANNER");
    assert_string_equal(facts.reason, "nested 20000 deep");
    assert_int_equal(pn_quarantine_facts_of(&facts, &f->spool, "../x", &f->err), PN_EINVAL);
}

static void quarantine__unseen_keeps_its_reason(void **state)
{
    fixture *f = *state;
    char digest[PN_DIGEST_HEX_SIZE];
    pn_quarantined *l = NULL;
    pn_quarantine_facts facts;
    put_away(f, "1.2.3", "SCANNER", 1000, digest);
    for (int again = 0; again < 2; again++) {             /* the second time there is no object */
        assert_int_equal(list(f, &l), 1);
        assert_int_equal(l[0].since_ms, 1000000);
        CHECK_OK(pn_quarantine_remove(&f->spool, &l[0], &f->err), f->err);
        free(l);
        CHECK_OK(pn_quarantine_facts_of(&facts, &f->spool, digest, &f->err), f->err);
        assert_string_equal(facts.sop_uid, "1.2.3");
        assert_string_equal(facts.calling_ae, "SCANNER");
        assert_string_equal(facts.reason, "nested 20000 deep");
    }
    CHECK_OK(pn_quarantine_set_listed(&f->spool, digest, &f->err), f->err);
    assert_int_equal(list(f, &l), 1);
    assert_int_equal(l[0].n_bytes, 0);
    assert_true(l[0].listed);
    CHECK_OK(pn_quarantine_remove(&f->spool, &l[0], &f->err), f->err);
    CHECK_OK(pn_quarantine_remove(&f->spool, &l[0], &f->err), f->err);
    free(l);
    assert_int_equal(list(f, &l), 0);
    free(l);
    assert_int_equal(pn_quarantine_facts_of(&facts, &f->spool, digest, &f->err), PN_ENOTFOUND);
}

/* What was not written by us, or half of it was lost: no crash, what is known is told. */
static void quarantine__tells_what_is_left_of_broken_files(void **state)
{
    fixture *f = *state;
    static const struct { const char *reason, *object, *want_reason, *want_uid; } rows[] = {
        { "why\n", "", "why", "" },
        { "", "DICM", "no reason is left", "" },
        { "why\nsop=1.2 from=AE\n", NULL, "why", "1.2" },
        { "why\nsop= from\n", NULL, "why", "" },
        { NULL, "x", "no reason is left", "" },
        { "no end of line", NULL, "no end of line", "" },
    };
    char digest[PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pn_quarantine_facts facts;
        pn_quarantined *l = NULL;
        (void)snprintf(digest, sizeof digest, "%064zx", i + 1);
        const char *texts[] = { rows[i].reason, rows[i].object }, *ends[] = { "reason", "dcm" };
        for (int k = 0; k < 2; k++) {
            if (texts[k] == NULL) { continue; }
            (void)snprintf(path, sizeof path, "%s/quarantine/%s.%s", f->root, digest, ends[k]);
            CHECK_OK(pn_write_file(path, texts[k], strlen(texts[k]), false, &f->err), f->err);
        }
        if (pn_quarantine_facts_of(&facts, &f->spool, digest, &f->err) == PN_OK) {
            assert_string_equal(facts.reason, rows[i].want_reason);
            assert_string_equal(facts.sop_uid, rows[i].want_uid);
        } else {
            fail_msg("row %zu: %s", i, f->err.msg);
        }
        assert_int_equal(list(f, &l), i + 1);
        free(l);
    }
}

/* An element that says it is longer than the file. */
static void quarantine__does_not_read_beyond_a_head(void **state)
{
    fixture *f = *state;
    char digest[PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE];
    uint8_t head[160] = { 0 };
    pn_quarantine_facts facts;
    memcpy(head + 128, "DICM", 4);
    const uint8_t element[] = { 2, 0, 3, 0, 'U', 'I', 0xff, 0xff, '1', '.', '2' };
    memcpy(head + 132, element, sizeof element);
    (void)snprintf(digest, sizeof digest, "%064x", 7);
    (void)snprintf(path, sizeof path, "%s/quarantine/%s.dcm", f->root, digest);
    CHECK_OK(pn_write_file(path, head, sizeof head, false, &f->err), f->err);
    CHECK_OK(pn_quarantine_facts_of(&facts, &f->spool, digest, &f->err), f->err);
    assert_string_equal(facts.sop_uid, "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(quarantine__is_listed_by_age_with_who_and_why),
        T(quarantine__unseen_keeps_its_reason),
        T(quarantine__tells_what_is_left_of_broken_files),
        T(quarantine__does_not_read_beyond_a_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

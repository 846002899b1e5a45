/* Retention over a spool and a store: what goes and what stays, and a full disk that frees itself. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "role/keeper.h"
#include "spool/quarantine.h"

static const int64_t day = 86400 * INT64_C(1000);

typedef struct fixture {
    char root[64];
    cfg_node cfg;
    pn_keeper k;
    pn_error err;
} fixture;

static void open_in(fixture *f, const char *spool)
{
    (void)snprintf(f->cfg.spool, sizeof f->cfg.spool, "%s", spool);
    (void)snprintf(f->cfg.database, sizeof f->cfg.database, "%s/node.db", f->root);
    f->cfg.max_instance_bytes = 1 << 24;
    f->cfg.keep_images_days = 7;
    f->cfg.keep_unclaimed_days = 3;
    f->cfg.keep_results_days = 30;
    f->cfg.keep_quarantine_days = 10;
    f->cfg.quarantine_bytes = 1 << 20;
    CHECK_OK(pn_keeper_open(&f->k, &f->cfg, &f->err), f->err);
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (f == NULL) { return -1; }
    (void)snprintf(f->root, sizeof f->root, "/tmp/pn-keeper-XXXXXX");
    *state = f;
    return mkdtemp(f->root) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    pn_keeper_close(&f->k);
    int rc = pn_remove_tree(f->root, &f->err);
    free(f);
    return rc;
}

/* An image "<name>.1" of n bytes: in the spool, adopted, in the catalogue. */
static void keep_image(fixture *f, const char *name, size_t n, char digest[PN_DIGEST_HEX_SIZE])
{
    const pn_spool_meta meta = {"1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2.1", "CT"};
    pn_spool_writer w;
    pn_instance in = {.kind = "image", .received_ms = 10};
    pn_added added;
    char *bytes = calloc(1, n);
    assert_non_null(bytes);
    (void)snprintf(bytes, n, "%s", name);
    CHECK_OK(pn_spool_begin(&w, &f->k.spool, &meta, &f->err), f->err);
    CHECK_OK(pn_spool_write(&w, bytes, n, &f->err), f->err);
    CHECK_OK(pn_spool_commit(&w, digest, &f->err), f->err);
    CHECK_OK(pn_spool_adopt(&f->k.spool, digest, &f->err), f->err);
    (void)snprintf(in.sop_uid, sizeof in.sop_uid, "1.%s.1", name);
    (void)snprintf(in.study_uid, sizeof in.study_uid, "1.%s", name);
    (void)snprintf(in.digest, sizeof in.digest, "%s", digest);
    CHECK_OK(pn_store_add_instance(&added, f->k.store, &in, &f->err), f->err);
    free(bytes);
}

/* A case of that image; dropped at `ended_ms`, or waiting where that is 0. */
static int64_t keep_case(fixture *f, const char *name, int64_t ended_ms)
{
    static pn_case c;
    memset(&c, 0, sizeof c);
    char uid[PN_UID_SIZE];
    const char *uids[] = {uid};
    int64_t id = 0;
    bool made = false;
    pn_case_state state;
    (void)snprintf(uid, sizeof uid, "1.%s.1", name);
    (void)snprintf(c.study_uid, sizeof c.study_uid, "1.%s", name);
    (void)snprintf(c.contour_uid, sizeof c.contour_uid, "1.%s.9", name);
    (void)snprintf(c.contour_digest, sizeof c.contour_digest, "contour-%s", name);
    (void)snprintf(c.model_id, sizeof c.model_id, "m");
    CHECK_OK(pn_store_add_case(&id, &made, f->k.store, &c, uids, 1, 20, &f->err), f->err);
    if (ended_ms != 0) {
        CHECK_OK(pn_store_steer_case(&state, f->k.store, id, PN_STEER_DROP, "", 0, ended_ms, &f->err),
                 f->err);
    }
    return id;
}

static bool is_there(fixture *f, const char *digest)
{
    char path[PN_PATH_SIZE];
    pn_error ignored;
    return pn_spool_path(path, &f->k.spool, digest, &ignored) == PN_OK;
}

static void keeper__age_and_cases_decide(void **state)
{
    fixture *f = *state;
    char spool[96];
    (void)snprintf(spool, sizeof spool, "%s/spool", f->root);
    open_in(f, spool);
    char lone[65], done[65], open[65];
    keep_image(f, "lone", 100, lone);
    keep_image(f, "done", 100, done);
    keep_image(f, "open", 100, open);
    (void)keep_case(f, "done", 2 * day);
    (void)keep_case(f, "open", 0);
    const struct { int64_t now_ms; bool lone, done; } rows[] = {
        {3 * day, true, true},     {3 * day + 10, false, true},
        {5 * day - 1, false, true}, {5 * day + 20000, false, false}, {900 * day, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->k.pass_due_ms = 0;
        CHECK_OK(pn_keeper_turn(&f->k, rows[i].now_ms, &f->err), f->err);
        assert_int_equal(is_there(f, lone), rows[i].lone);
        assert_int_equal(is_there(f, done), rows[i].done);
        assert_true(is_there(f, open));
    }
    /* The row stays: the same again is no new object. */
    size_t n = 0;
    CHECK_OK(pn_store_count_instances(&n, f->k.store, &f->err), f->err);
    assert_int_equal(n, 3);
}

static void touch(const char *path, int64_t age_days)
{
    char command[512];
    (void)snprintf(command, sizeof command, "touch -h -d '%d days ago' '%s'", (int)age_days, path);
    assert_int_equal(system(command), 0);
}

static void keeper__strangers_in_results_and_tmp_go_after_a_day(void **state)
{
    fixture *f = *state;
    char spool[96];
    (void)snprintf(spool, sizeof spool, "%s/spool", f->root);
    open_in(f, spool);
    int64_t id = keep_case(f, "a", 0);
    char of_case[32];
    (void)snprintf(of_case, sizeof of_case, "results/%d.7", (int)id);
    const struct { const char *name; int age_days; bool folder, stays; } rows[] = {
        {"results/stray", 2, false, false},   {"results/new", 0, false, true},
        {"results/folder", 2, true, false},   {of_case, 2, true, false},
        {"results/999.1", 2, true, true},     {"results/998.1", 31, true, false},
        {"tmp/1-1.part", 2, false, false},    {"tmp/1-2.part", 0, false, true},
    };
    char path[256];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", spool, rows[i].name);
        if (rows[i].folder) { assert_int_equal(mkdir(path, 0700), 0); }
        else { CHECK_OK(pn_write_file(path, "x", 1, false, &f->err), f->err); }
        touch(path, rows[i].age_days);
    }
    /* Nothing while the catalogue may still be built from these folders. */
    CHECK_OK(pn_keeper_turn(&f->k, pn_now_ms(), &f->err), f->err);
    (void)snprintf(path, sizeof path, "%s/results/stray", spool);
    assert_int_equal(access(path, F_OK), 0);
    CHECK_OK(pn_store_set_catalogue_complete(f->k.store, &f->err), f->err);
    CHECK_OK(pn_keeper_turn(&f->k, pn_now_ms(), &f->err), f->err);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", spool, rows[i].name);
        if ((access(path, F_OK) == 0) != rows[i].stays) {
            fail_msg("%s %s", rows[i].name, rows[i].stays ? "is gone" : "is still there");
        }
    }
}

/* An object of n bytes in quarantine since a day. */
static void put_away(fixture *f, const char *name, size_t n, int64_t since_day,
                     char digest[PN_DIGEST_HEX_SIZE])
{
    char path[256];
    keep_image(f, name, n, digest);
    CHECK_OK(pn_spool_quarantine(&f->k.spool, digest, name, &f->err), f->err);
    (void)snprintf(path, sizeof path, "%s/quarantine/%s.reason", f->k.spool.root, digest);
    const struct timespec at = {.tv_sec = (time_t)(since_day * day / 1000)}, times[2] = {at, at};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Bytes of each object that is left, -1: nothing is left of it, -2: all but its reason is gone. */
static int64_t left_of(fixture *f, const char *digest)
{
    pn_quarantined *l = NULL;
    size_t n = 0;
    int64_t left = -1;
    CHECK_OK(pn_quarantine_list(&l, &n, &f->k.spool, &f->err), f->err);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(l[i].digest, digest) == 0) { left = l[i].n_bytes > 0 ? (int64_t)l[i].n_bytes : -2; }
    }
    free(l);
    return left;
}

static void keeper__quarantine_has_an_age_and_a_size(void **state)
{
    fixture *f = *state;
    char spool[96], old[65], seen[65], first[65], second[65], third[65];
    (void)snprintf(spool, sizeof spool, "%s/spool", f->root);
    open_in(f, spool);
    put_away(f, "old", 100, 100, old);
    put_away(f, "seen", 100, 100, seen);
    put_away(f, "first", 400000, 101, first);
    put_away(f, "second", 400000, 102, second);
    CHECK_OK(pn_quarantine_set_listed(&f->k.spool, seen, &f->err), f->err);
    CHECK_OK(pn_keeper_turn(&f->k, 110 * day - 1, &f->err), f->err);
    assert_true(left_of(f, old) > 0 && left_of(f, seen) > 0 && left_of(f, first) > 0);
    /* By age: what an operator has seen is gone whole, of the rest the reason stays. */
    CHECK_OK(pn_keeper_turn(&f->k, 110 * day + 60000, &f->err), f->err);
    assert_int_equal(left_of(f, seen), -1);
    assert_int_equal(left_of(f, old), -2);
    assert_true(left_of(f, first) > 0);
    /* By size, the oldest first; 1 MiB in all. */
    put_away(f, "third", 400000, 103, third);
    CHECK_OK(pn_keeper_turn(&f->k, 110 * day + 120000, &f->err), f->err);
    assert_int_equal(left_of(f, first), -2);
    assert_true(left_of(f, second) > 0 && left_of(f, third) > 0);
    /* And all of them where the disk is low, before any finished case's images. */
    f->cfg.low_water_bytes = UINT64_C(1) << 60;
    CHECK_OK(pn_keeper_turn(&f->k, 110 * day + 120001, &f->err), f->err);
    assert_int_equal(left_of(f, second), -2);
    assert_int_equal(left_of(f, third), -2);
}

static void keeper__full_disk_frees_itself(void **state)
{
    fixture *f = *state;
    char spool[96];
    (void)snprintf(spool, sizeof spool, "%s/small", f->root);
    assert_int_equal(mkdir(spool, 0700), 0);
    if (mount("tmpfs", spool, "tmpfs", 0, "size=8m") != 0) {
        fprintf(stderr, "SKIPPED: cannot mount a small tmpfs: %s\n", strerror(errno));
        skip();
    }
    open_in(f, spool);
    f->cfg.low_water_bytes = 4 << 20;
    char digest[6][PN_DIGEST_HEX_SIZE];
    static const char *const names[] = {"a", "b", "c", "d", "e", "open"};
    for (size_t i = 0; i < 6; i++) { keep_image(f, names[i], 1 << 20, digest[i]); }
    /* c ended first, then a, then b, d, e; the last one has not ended. */
    static const int64_t ended[] = {200, 300, 100, 400, 500, 0};
    for (size_t i = 0; i < 6; i++) { (void)keep_case(f, names[i], ended[i]); }
    f->cfg.reserve_bytes = 6 << 20;
    CHECK_OK(pn_keeper_turn(&f->k, 1000, &f->err), f->err);
    assert_true(f->k.refusing);
    f->cfg.reserve_bytes = 1 << 20;
    CHECK_OK(pn_keeper_turn(&f->k, 1001, &f->err), f->err);
    assert_false(f->k.refusing);
    uint64_t free_bytes = 0;
    CHECK_OK(pn_spool_free_bytes(&free_bytes, &f->k.spool, &f->err), f->err);
    assert_true(free_bytes >= 4 << 20);
    assert_false(is_there(f, digest[2]));
    assert_false(is_there(f, digest[0]));
    assert_true(is_there(f, digest[4]));
    assert_true(is_there(f, digest[5]));
    /* However little room there is, what is not finished stays. */
    f->cfg.low_water_bytes = 1 << 30;
    CHECK_OK(pn_keeper_turn(&f->k, 2000, &f->err), f->err);
    for (size_t i = 0; i < 6; i++) { assert_int_equal(is_there(f, digest[i]), i == 5); }
    pn_keeper_close(&f->k);
    assert_int_equal(umount(spool), 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(keeper__age_and_cases_decide),
        T(keeper__strangers_in_results_and_tmp_go_after_a_day),
        T(keeper__quarantine_has_an_age_and_a_size),
        T(keeper__full_disk_frees_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

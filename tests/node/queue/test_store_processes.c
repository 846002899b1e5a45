/* Several processes on one store, and a writer that is killed at any moment. */
#include "check.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "store_fixture.h"

enum { CASES = 60, CLAIMERS = 3, KILLS = 25 };

/* Claims until nothing is left; the ids go to the pipe. */
static _Noreturn void claimer(const char *path, int fd)
{
    pn_store *s = NULL;
    pn_error err;
    static pn_case c;
    if (pn_store_open(&s, path, NULL, &err) != 0) { _exit(2); }
    for (;;) {
        bool got = false;
        if (pn_store_claim_case(&c, &got, s, 100, "w", 1000000, &err) != 0) { _exit(3); }
        if (!got) { break; }
        if (write(fd, &c.id, sizeof c.id) != (ssize_t)sizeof c.id) { _exit(4); }
    }
    pn_store_close(s);
    _exit(0);
}

static void claims__each_case_goes_to_one_process(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < CASES; i++) {
        char contour[16];
        snprintf(contour, sizeof contour, "1.2.%d", i);
        add_ready(f, contour, 5);
    }
    pn_store_close(f->s);                 /* a store is not carried over a fork */
    f->s = NULL;
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    pid_t pid[CLAIMERS];
    for (int i = 0; i < CLAIMERS; i++) {
        pid[i] = fork();
        assert_true(pid[i] >= 0);
        if (pid[i] == 0) { claimer(f->path, fd[1]); }
    }
    close(fd[1]);
    int seen[CASES + 1] = { 0 }, total = 0;
    int64_t id;
    while (read(fd[0], &id, sizeof id) == (ssize_t)sizeof id) {
        assert_in_range(id, 1, CASES);
        seen[id]++;
        total++;
    }
    close(fd[0]);
    for (int i = 0; i < CLAIMERS; i++) {
        int status = -1;
        waitpid(pid[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(total, CASES);
    for (int i = 1; i <= CASES; i++) { assert_int_equal(seen[i], 1); }
    CHECK_OK(pn_store_open(&f->s, f->path, NULL, &f->err), f->err);
}

/* Writes instances and cases without end; each number that is durable goes to the pipe. */
static _Noreturn void writer(const char *path, int fd, int round)
{
    fixture f = { 0 };
    if (pn_store_open(&f.s, path, NULL, &f.err) != 0) { _exit(2); }
    for (int i = 0;; i++) {
        char uid[40];
        snprintf(uid, sizeof uid, "1.2.%d.%d", round, i);
        pn_instance in = image_of(uid, uid, "1.2.series");
        pn_added added;
        if (pn_store_add_instance(&added, f.s, &in, &f.err) != 0) { _exit(3); }
        add_ready(&f, uid, i);
        if (write(fd, uid, sizeof uid) != (ssize_t)sizeof uid) { _exit(4); }
    }
}

static void kill__loses_nothing_that_was_done(void **state)
{
    fixture *f = *state;
    size_t acknowledged = 0;
    pn_store_close(f->s);
    f->s = NULL;
    for (int round = 0; round < KILLS; round++) {
        int fd[2];
        assert_int_equal(pipe(fd), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) { writer(f->path, fd[1], round); }
        close(fd[1]);
        /* From none to a few dozen writes in; another point of the code each time. */
        nanosleep(&(struct timespec){ .tv_nsec = 5000000L + 3711000L * round }, NULL);
        kill(pid, SIGKILL);
        int status = 0;
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));
        CHECK_OK(pn_store_open(&f->s, f->path, NULL, &f->err), f->err);
        CHECK_OK(pn_store_check(f->s, &f->err), f->err);
        char uid[40];
        while (read(fd[0], uid, sizeof uid) == (ssize_t)sizeof uid) {
            pn_instance in = { 0 };
            CHECK_OK(pn_store_get_instance(&in, f->s, uid, uid, &f->err), f->err);
            acknowledged++;
        }
        close(fd[0]);
        pn_store_counts n;
        CHECK_OK(pn_store_count(&n, f->s, &f->err), f->err);
        assert_true(n.instances >= acknowledged);
        assert_true(n.cases[PN_CASE_READY] >= acknowledged);
        pn_store_close(f->s);
        f->s = NULL;
    }
    assert_true(acknowledged > 0);
    print_message("%zu acknowledged writes in %d killed processes\n", acknowledged, KILLS);
    CHECK_OK(pn_store_open(&f->s, f->path, NULL, &f->err), f->err);
}

static _Noreturn void opener(const char *path)
{
    pn_store *s = NULL;
    pn_error err;
    int rc = pn_store_open(&s, path, NULL, &err);
    if (rc) { fprintf(stderr, "%s\n", err.msg); }
    pn_store_close(s);
    _exit(rc != 0);
}

static void open__many_at_once_make_one_schema(void **state)
{
    fixture *f = *state;
    char path[192];
    fixture_new_database(path, sizeof path, f);
    pid_t pid[6];
    for (int i = 0; i < 6; i++) {
        pid[i] = fork();
        assert_true(pid[i] >= 0);
        if (pid[i] == 0) { opener(path); }
    }
    for (int i = 0; i < 6; i++) {
        int status = -1;
        waitpid(pid[i], &status, 0);
        assert_int_equal(status, 0);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(claims__each_case_goes_to_one_process),
        T(kill__loses_nothing_that_was_done),
        T(open__many_at_once_make_one_schema),
    };
    return FIXTURE_RUN(tests);
}

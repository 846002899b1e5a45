/* The same bits from any number of threads: each has its own workspace, all look at the same
 * images, and they meet the cases in different orders. */
#include "region.h"
#include <pthread.h>

enum { THREADS = 4, CASES = 6, ROUNDS = 2 };

typedef struct shared_cases {
    region r[CASES];
    rx_settings s[CASES];
    rx_value want[CASES][RX_NFEATURES];
    rx_diagnostics about[CASES];
} shared_cases;

typedef struct job {
    const shared_cases *cases;
    unsigned number, differences;
    pthread_barrier_t *start;
} job;

static int run(rx_value v[RX_NFEATURES], rx_diagnostics *d, const shared_cases *c, int n, rx_workspace *ws)
{
    rx_error err;
    rx_image image = { c->r[n].grid, RX_F64, c->r[n].image };
    rx_mask mask = { c->r[n].grid, c->r[n].mask, 1 };
    return rx_extract(v, d, &image, &mask, &c->s[n], ws, &err);
}

/* Bit for bit, field by field: a struct's padding is nobody's. */
static bool same(const rx_value *a, const rx_value *b)
{
    for (int i = 0; i < RX_NFEATURES; i++) {
        if (memcmp(&a[i].v, &b[i].v, sizeof a[i].v) != 0 || a[i].why != b[i].why) { return false; }
    }
    return true;
}

static void *work(void *argument)
{
    job *j = argument;
    rx_workspace *ws = rx_workspace_new();
    pthread_barrier_wait(j->start);
    for (unsigned at = 0; at < ROUNDS * CASES; at++) {
        int n = (int)((at * (j->number % 2 ? CASES - 1 : 1) + j->number) % CASES);
        rx_value v[RX_NFEATURES];
        rx_diagnostics d;
        if (!ws || run(v, &d, j->cases, n, ws) != RX_OK || !same(v, j->cases->want[n])
            || memcmp(&d.roi_mean, &j->cases->about[n].roi_mean, sizeof d.roi_mean) != 0) {
            j->differences++;
        }
    }
    rx_workspace_free(ws);
    return NULL;
}

static void make_cases(shared_cases *c)
{
    for (int n = 0; n < CASES; n++) {
        c->r[n] = random_blob(100 + (uint64_t)n, grid_of(20 + (size_t)n * 3, 22, 18, 1, 1.2, 2), 60 + 40 * n);
        c->s[n] = any_settings();
        c->s[n].bin_width = 5 + 4 * n;
        c->s[n].bin_count = n % 3 == 2 ? 32 : 0;
        rx_workspace *ws = rx_workspace_new();        /* a fresh one each: what it held must not matter */
        assert_non_null(ws);
        assert_int_equal(run(c->want[n], &c->about[n], c, n, ws), RX_OK);
        rx_workspace_free(ws);
    }
}

static void test_threads__same_bits(void **state)
{
    (void)state;
    static shared_cases cases;
    make_cases(&cases);
    pthread_barrier_t start;
    pthread_t thread[THREADS];
    job jobs[THREADS];
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (unsigned t = 0; t < THREADS; t++) {
        jobs[t] = (job){ &cases, t, 0, &start };
        assert_int_equal(pthread_create(&thread[t], NULL, work, &jobs[t]), 0);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(thread[t], NULL), 0);
        if (jobs[t].differences) { fail_msg("thread %u: %u results differ", t, jobs[t].differences); }
    }
    pthread_barrier_destroy(&start);
    for (int n = 0; n < CASES; n++) { region_free(&cases.r[n]); }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_threads__same_bits) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The same bits from any number of threads: each has its own workspace, all look at the same
 * images, and they meet the cases in different orders. */
#include "region.h"
#include <pthread.h>
#include <radiomics/ibsi.h>
#include <radiomics/perturb.h>
#include <radiomics/pyradiomics.h>

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

/* ---- the profiles, with filters and perturbations ------------------------------------------- */

enum { PROFILES = 3 };

typedef struct profile_cases {
    region r;
    rx_pyradiomics pyradiomics;
    rx_ibsi ibsi;
    rx_perturb perturb;
    rx_results want[PROFILES];
} profile_cases;

typedef struct profile_job {
    const profile_cases *cases;
    unsigned number, differences;
    pthread_barrier_t *start;
} profile_job;

static int run_perturbed(rx_results *out, const profile_cases *c, const rx_image *image, const rx_mask *mask,
                         rx_workspace *ws, rx_error *err)
{
    rx_volume v;
    rx_region where;
    int rc = rx_perturb_apply(&v, &where, image, mask, &c->perturb, err);
    if (rc != RX_OK) { return rc; }
    rx_image changed = rx_volume_image(&v);
    rx_mask in = rx_region_mask(&where);
    rx_pyradiomics plain;
    rx_pyradiomics_default(&plain);
    rc = rx_pyradiomics_extract(out, NULL, &changed, &in, &plain, ws, err);
    rx_volume_free(&v);
    rx_region_free(&where);
    return rc;
}

static int run_profile(rx_results *out, const profile_cases *c, unsigned which, rx_workspace *ws)
{
    rx_error err;
    rx_image image = { c->r.grid, RX_F64, c->r.image };
    rx_mask mask = { c->r.grid, c->r.mask, 1 };
    switch (which) {
    case 0: return rx_pyradiomics_extract(out, NULL, &image, &mask, &c->pyradiomics, ws, &err);
    case 1: return rx_ibsi_extract(out, NULL, &image, &mask, &c->ibsi, ws, &err);
    default: return run_perturbed(out, c, &image, &mask, ws, &err);
    }
}

static bool same_results(const rx_results *a, const rx_results *b)
{
    bool same_values = a->n == b->n;
    for (size_t i = 0; same_values && i < a->n; i++) {
        same_values = strcmp(a->v[i].name, b->v[i].name) == 0
                   && memcmp(&a->v[i].value.v, &b->v[i].value.v, sizeof(double)) == 0;
    }
    return same_values;
}

static void *work_profiles(void *argument)
{
    profile_job *j = argument;
    rx_workspace *ws = rx_workspace_new();
    pthread_barrier_wait(j->start);
    for (unsigned at = 0; at < PROFILES; at++) {
        unsigned which = (at + j->number) % PROFILES;
        rx_results got = { 0 };
        if (!ws || run_profile(&got, j->cases, which, ws) != RX_OK || !same_results(&got, &j->cases->want[which])) {
            j->differences++;
        }
        rx_results_free(&got);
    }
    rx_workspace_free(ws);
    return NULL;
}

static void make_profiles(profile_cases *c)
{
    rx_error err = { 0 };
    c->r = random_blob(9, grid_of(20, 18, 14, 1, 1, 1.5), 80);
    rx_pyradiomics_default(&c->pyradiomics);
    rx_pyr_image *log = rx_pyradiomics_add_image(&c->pyradiomics, RX_IMAGE_LOG, &err);
    assert_non_null(log);
    CHECK_OK(rx_pyr_add_sigma(&log->own, 2, false, &err), err);
    static const rx_image_type more[] = {
        RX_IMAGE_WAVELET, RX_IMAGE_GRADIENT, RX_IMAGE_EXPONENTIAL, RX_IMAGE_LBP2D, RX_IMAGE_LBP3D,
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        assert_non_null(rx_pyradiomics_add_image(&c->pyradiomics, more[i], &err));
    }
    rx_ibsi_default(&c->ibsi);
    for (int a = 0; a < 3; a++) { c->ibsi.spacing_mm[a] = 1.2; }
    c->ibsi.image_interpolation = RX_IBSI_CUBIC_SPLINE;
    c->ibsi.texture.aggregations = RX_IBSI_ALL_AGGREGATIONS;
    rx_perturb_default(&c->perturb);
    c->perturb.noise = 1;
    c->perturb.angle_deg = 7;
    c->perturb.shift[0] = 0.3;
    c->perturb.volume_change = 0.1;
    c->perturb.contour = true;
    for (unsigned which = 0; which < PROFILES; which++) {
        rx_workspace *ws = rx_workspace_new();
        assert_non_null(ws);
        assert_int_equal(run_profile(&c->want[which], c, which, ws), RX_OK);
        assert_true(c->want[which].n > 100);
        rx_workspace_free(ws);
    }
}

static void test_threads__profiles(void **state)
{
    (void)state;
    static profile_cases cases;
    make_profiles(&cases);
    pthread_barrier_t start;
    pthread_t thread[PROFILES];
    profile_job jobs[PROFILES];
    assert_int_equal(pthread_barrier_init(&start, NULL, PROFILES), 0);
    for (unsigned t = 0; t < PROFILES; t++) {
        jobs[t] = (profile_job){ &cases, t, 0, &start };
        assert_int_equal(pthread_create(&thread[t], NULL, work_profiles, &jobs[t]), 0);
    }
    for (unsigned t = 0; t < PROFILES; t++) {
        assert_int_equal(pthread_join(thread[t], NULL), 0);
        if (jobs[t].differences) { fail_msg("thread %u: %u results differ", t, jobs[t].differences); }
    }
    pthread_barrier_destroy(&start);
    for (int which = 0; which < PROFILES; which++) { rx_results_free(&cases.want[which]); }
    region_free(&cases.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads__same_bits),
        cmocka_unit_test(test_threads__profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

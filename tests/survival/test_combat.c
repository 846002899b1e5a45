/* test_combat.c - harmonisation of batches, against sva and against its own promises. */
#include <check.h>
#include <csv.h>

#include <survival/combat.h>
#include <survival/rng.h>
#include <unistd.h>

#define REFERENCE(name) SHARED("reference/survival/22_combat/" name)

/* The reference tables hold features in rows and patients in columns. */
static double *patients_by_features(const csv *c, size_t *n, size_t *p)
{
    *n = c->cols - 1;
    *p = c->rows;
    double *x = calloc(*n * *p, sizeof *x);
    for (size_t f = 0; f < *p; f++) {
        for (size_t i = 0; i < *n; i++) { x[i * *p + f] = csv_num_at(c, f, i + 1); }
    }
    return x;
}

static double *read_zipped(const char *path)
{
    char name[] = "/tmp/test_combat_XXXXXX", command[512], buf[4096];
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    (void)snprintf(command, sizeof command, "gzip -dc '%s'", path);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    for (size_t got; (got = fread(buf, 1, sizeof buf, in)) > 0;) { (void)fwrite(buf, 1, got, out); }
    assert_int_equal(pclose(in), 0);
    (void)fclose(out);
    csv c;
    assert_true(csv_read(&c, name));
    (void)unlink(name);
    size_t n, p;
    double *x = patients_by_features(&c, &n, &p);
    csv_free(&c);
    return x;
}

typedef struct cohort { double *x, *adeno; int *batch; size_t n, p; sv_matrix m, cov; } cohort;

static cohort read_cohort(void)
{
    csv c, b;
    cohort k = { 0 };
    assert_true(csv_read(&c, REFERENCE("input_53x300.csv")));
    assert_true(csv_read(&b, REFERENCE("batch.csv")));
    k.x = patients_by_features(&c, &k.n, &k.p);
    assert_int_equal(k.n, b.rows);
    k.adeno = csv_column(&b, "adeno");
    k.batch = calloc(k.n, sizeof *k.batch);
    for (size_t i = 0; i < k.n; i++) { k.batch[i] = strcmp(csv_text(&b, i, "batch"), "l1") == 0 ? 1 : 2; }
    k.m = sv_matrix_rowmajor(k.x, k.n, k.p);
    k.cov = sv_matrix_rowmajor(k.adeno, k.n, 1);
    csv_free(&c);
    csv_free(&b);
    return k;
}

static void cohort_free(cohort *k)
{
    free(k->x);
    free(k->adeno);
    free(k->batch);
}

static void check_against(const cohort *k, const sv_matrix *cov, const sv_combat_opts *o, const char *path)
{
    sv_combat c;
    sv_error err = { 0 };
    double *want = read_zipped(path), *got = calloc(k->n * k->p, sizeof *got);
    CHECK_OK(sv_combat_fit(&c, &k->m, k->batch, cov, o, &err), err);
    CHECK_OK(sv_combat_apply(got, &c, &k->m, k->batch, cov, &err), err);
    for (size_t f = 0; f < k->p; f++) {
        assert_int_equal(c.untouched[f], 0);
        for (size_t i = 0; i < k->n; i++) {
            /* relative to the feature's spread too: a value near 0 is a difference of large ones */
            CHECK_NEAR(got[i * k->p + f], want[i * k->p + f], 1e-9, 1e-9 * c.scale[f]);
        }
    }
    free(want);
    free(got);
    sv_combat_free(&c);
}

static void test_combat__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("combat_param.csv.gz"));
    cohort k = read_cohort();
    const int l1 = 1;
    sv_combat_opts o = SV_COMBAT_OPTS_INIT;
    check_against(&k, NULL, &o, REFERENCE("combat_param.csv.gz"));
    check_against(&k, &k.cov, &o, REFERENCE("combat_adeno.csv.gz"));
    o.nonparametric = true;
    check_against(&k, NULL, &o, REFERENCE("combat_nonparam.csv.gz"));
    o.nonparametric = false;
    o.mean_only = true;
    check_against(&k, NULL, &o, REFERENCE("combat_meanonly.csv.gz"));
    o.mean_only = false;
    o.reference = &l1;
    check_against(&k, NULL, &o, REFERENCE("combat_ref_l1.csv.gz"));
    cohort_free(&k);
}

/* A centre that comes later, against the frozen fit of the first: what sva does with both at hand. */
static void test_combat__new_centre(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("combat_ref_l1.csv.gz"));
    cohort k = read_cohort();
    double *want = read_zipped(REFERENCE("combat_ref_l1.csv.gz")), *got = calloc(k.n * k.p, sizeof *got);
    size_t n1 = 0;
    while (n1 < k.n && k.batch[n1] == 1) { n1++; }
    const int l1 = 1;
    sv_combat_opts o = SV_COMBAT_OPTS_INIT;
    o.reference = &l1;
    sv_combat c;
    sv_error err = { 0 };
    sv_matrix first = sv_matrix_rowmajor(k.x, n1, k.p), later = sv_matrix_rowmajor(k.x + n1 * k.p, k.n - n1, k.p);
    CHECK_OK(sv_combat_fit(&c, &first, k.batch, NULL, &o, &err), err);
    assert_int_equal(sv_combat_apply(got, &c, &k.m, k.batch, NULL, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "of batch 2"));
    CHECK_OK(sv_combat_add(&c, 2, &later, NULL, &o, &err), err);
    assert_int_equal(sv_combat_add(&c, 2, &later, NULL, &o, &err), SV_EINVAL);
    CHECK_OK(sv_combat_apply(got, &c, &k.m, k.batch, NULL, &err), err);
    for (size_t i = 0; i < k.n * k.p; i++) { CHECK_NEAR(got[i], want[i], 1e-9, 1e-9 * c.scale[i % k.p]); }
    for (size_t i = 0; i < n1 * k.p; i++) { assert_true(got[i] == k.x[i]); }
    /* one patient at a time gives the same bits */
    double alone[64];
    assert_true(k.p <= 64);
    sv_matrix last = sv_matrix_rowmajor(k.x + (k.n - 1) * k.p, 1, k.p);
    CHECK_OK(sv_combat_apply(alone, &c, &last, k.batch + k.n - 1, NULL, &err), err);
    assert_memory_equal(alone, got + (k.n - 1) * k.p, k.p * sizeof *alone);
    free(want);
    free(got);
    sv_combat_free(&c);
    cohort_free(&k);
}

enum { N = 240, P = 40, CENTRES = 3 };

/* Features with a planted shift and spread of each centre, and an effect of a covariate. */
static void simulate(double *x, double *clean, double *cov, int *batch, size_t n, uint64_t seed)
{
    sv_rng rng = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < n; i++) {
        batch[i] = 10 * (int)(i % CENTRES);
        cov[i] = sv_rng_uniform(&rng) < 0.3 + 0.2 * (double)(i % CENTRES);
        for (size_t f = 0; f < P; f++) {
            double u = -6, g = (double)(i % CENTRES), F = (double)f;
            for (int k = 0; k < 12; k++) { u += sv_rng_uniform(&rng); }
            double effect = cov[i] * (F / P - 0.5);
            clean[i * P + f] = 100 + 5 * (effect + u);
            x[i * P + f] = 100 + 5 * (effect + (g - 1) * (1 + F / P) + u * (1 + 0.4 * g));
        }
    }
}

static double batch_mean(const double *x, const int *batch, const double *cov, size_t n, size_t f, int code, double at)
{
    double sum = 0, rows = 0;
    for (size_t i = 0; i < n; i++) {
        if (batch[i] != code || (int)cov[i] != (int)at) { continue; }
        sum += x[i * P + f];
        rows++;
    }
    return sum / rows;
}

/* Centres agree afterwards, the covariate's effect stays; fitted on some patients, right on others. */
static void test_combat__planted(void **state)
{
    (void)state;
    static double x[N * P], clean[N * P], cov[N], y[N * P], out[N * P];
    static double x2[N * P], clean2[N * P], cov2[N];
    int batch[N], batch2[N];
    simulate(x, clean, cov, batch, N, 1);
    simulate(x2, clean2, cov2, batch2, N, 2);
    sv_matrix m = sv_matrix_rowmajor(x, N, P), m2 = sv_matrix_rowmajor(x2, N, P);
    sv_matrix c1 = sv_matrix_rowmajor(cov, N, 1), c2 = sv_matrix_rowmajor(cov2, N, 1);
    sv_combat c;
    sv_combat_opts o = SV_COMBAT_OPTS_INIT;
    sv_error err = { 0 };
    CHECK_OK(sv_combat_fit(&c, &m, batch, &c1, &o, &err), err);
    CHECK_OK(sv_combat_apply(out, &c, &m2, batch2, &c2, &err), err);
    double before = 0, after = 0, kept = 0;
    for (size_t f = 0; f < P; f++) {
        double low = batch_mean(x2, batch2, cov2, N, f, 0, 0), high = batch_mean(x2, batch2, cov2, N, f, 20, 0);
        before += fabs(high - low) / P;
        low = batch_mean(out, batch2, cov2, N, f, 0, 0);
        high = batch_mean(out, batch2, cov2, N, f, 20, 0);
        after += fabs(high - low) / P;
        kept += fabs(c.beta[f] - 5 * ((double)f / P - 0.5)) / P;
    }
    assert_true(before > 10 && after < 2.5 && kept < 1.2);

    /* shuffled rows, renamed batches: the same values */
    static double xr[N * P], covr[N];
    int batchr[N];
    for (size_t i = 0; i < N; i++) {
        size_t from = (i * 77 + 5) % N;
        memcpy(xr + i * P, x + from * P, P * sizeof *xr);
        covr[i] = cov[from];
        batchr[i] = 7 - batch[from];
    }
    sv_combat r;
    sv_matrix mr = sv_matrix_rowmajor(xr, N, P), cr = sv_matrix_rowmajor(covr, N, 1);
    CHECK_OK(sv_combat_apply(out, &c, &m, batch, &c1, &err), err);
    CHECK_OK(sv_combat_fit(&r, &mr, batchr, &cr, &o, &err), err);
    CHECK_OK(sv_combat_apply(y, &r, &mr, batchr, &cr, &err), err);
    for (size_t i = 0; i < N; i++) {
        for (size_t f = 0; f < P; f++) { CHECK_NEAR(y[i * P + f], out[(i * 77 + 5) % N * P + f], 1e-11, 0); }
    }
    sv_combat_free(&r);
    sv_combat_free(&c);
}

/* Features without variance in some batch pass through as they are, and disturb no other. */
static void test_combat__constant_features(void **state)
{
    (void)state;
    static double x[N * P], clean[N * P], cov[N], wide[N * (P + 2)], out[N * P], wide_out[N * (P + 2)];
    int batch[N];
    simulate(x, clean, cov, batch, N, 3);
    for (size_t i = 0; i < N; i++) {
        memcpy(wide + i * (P + 2), x + i * P, P * sizeof *x);
        wide[i * (P + 2) + P] = batch[i] == 10 ? 4 : x[i * P];
        wide[i * (P + 2) + P + 1] = -3;
    }
    sv_matrix m = sv_matrix_rowmajor(x, N, P), w = sv_matrix_rowmajor(wide, N, P + 2);
    sv_combat c, cw;
    sv_combat_opts o = SV_COMBAT_OPTS_INIT;
    sv_error err = { 0 };
    CHECK_OK(sv_combat_fit(&c, &m, batch, NULL, &o, &err), err);
    CHECK_OK(sv_combat_fit(&cw, &w, batch, NULL, &o, &err), err);
    CHECK_OK(sv_combat_apply(out, &c, &m, batch, NULL, &err), err);
    CHECK_OK(sv_combat_apply(wide_out, &cw, &w, batch, NULL, &err), err);
    assert_true(cw.untouched[P] && cw.untouched[P + 1] && !cw.untouched[0]);
    for (size_t i = 0; i < N; i++) {
        assert_memory_equal(wide_out + i * (P + 2), out + i * P, P * sizeof *out);
        assert_true(wide_out[i * (P + 2) + P] == wide[i * (P + 2) + P] && wide_out[i * (P + 2) + P + 1] == -3);
    }
    sv_combat_free(&cw);
    sv_combat_free(&c);
    /* one feature alone: mean and spread of the batches become equal */
    sv_matrix one = { x, N, 1, P, 1 };
    CHECK_OK(sv_combat_fit(&c, &one, batch, NULL, &o, &err), err);
    CHECK_OK(sv_combat_apply(out, &c, &one, batch, NULL, &err), err);
    double sum[CENTRES] = { 0 };
    for (size_t i = 0; i < N; i++) { sum[i % CENTRES] += out[i]; }
    CHECK_NEAR(sum[0], sum[1], 1e-12, 0);
    CHECK_NEAR(sum[0], sum[2], 1e-12, 0);
    sv_combat_free(&c);
}

static void test_combat__refusals(void **state)
{
    (void)state;
    static double x[N * P], clean[N * P], cov[N], two[2 * N];
    int batch[N], single[N];
    const int missing = 5;
    const char *const names[] = { "outcome", "stage" };
    simulate(x, clean, cov, batch, N, 4);
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_combat c = { .p = 7 };
    sv_combat_opts o = SV_COMBAT_OPTS_INIT;
    sv_error err = { 0 };
    for (size_t i = 0; i < N; i++) { cov[i] = batch[i] == 20; single[i] = 3; }
    sv_matrix confounded = sv_matrix_rowmajor(cov, N, 1), both = sv_matrix_rowmajor(two, N, 2);
    o.names = names;
    assert_int_equal(sv_combat_fit(&c, &m, batch, &confounded, &o, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "covariate 0 (outcome) follows from the batches"));
    assert_int_equal(sv_combat_check(batch, N, &confounded, names, &err), SV_EDATA);
    for (size_t i = 0; i < N; i++) {
        two[2 * i] = (double)(i % 7);
        two[2 * i + 1] = 4 - 3 * two[2 * i] + (batch[i] == 10);
    }
    assert_int_equal(sv_combat_fit(&c, &m, batch, &both, &o, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "covariate 1 (stage)"));
    both.cols = 1;
    CHECK_OK(sv_combat_check(batch, N, &both, names, &err), err);
    for (size_t i = 0; i < N; i++) { cov[i] = 3; }
    assert_int_equal(sv_combat_check(batch, N, &confounded, names, &err), SV_EDATA);
    assert_int_equal(sv_combat_fit(&c, &m, single, NULL, &o, &err), SV_ETOOSMALL);
    single[4] = 8;
    assert_int_equal(sv_combat_fit(&c, &m, single, NULL, &o, &err), SV_ETOOSMALL);
    assert_non_null(strstr(err.msg, "batch 8"));
    o.reference = &missing;
    assert_int_equal(sv_combat_fit(&c, &m, batch, NULL, &o, &err), SV_EINVAL);
    o.reference = NULL;
    o.max_iterations = 1;
    assert_int_equal(sv_combat_fit(&c, &m, batch, NULL, &o, &err), SV_ENUMERIC);
    o.max_iterations = 0;
    assert_int_equal(sv_combat_fit(&c, &m, batch, NULL, &o, &err), SV_EINVAL);
    o.max_iterations = 100;
    x[5 * P + 2] = (double)NAN;
    assert_int_equal(sv_combat_fit(&c, &m, batch, NULL, &o, &err), SV_EDATA);
    assert_true(c.p == 7 && c.gamma == NULL);
    x[5 * P + 2] = 1;
    CHECK_OK(sv_combat_fit(&c, &m, batch, NULL, &o, &err), err);
    sv_matrix narrow = sv_matrix_rowmajor(x, N, P - 1);
    double out[1];
    assert_int_equal(sv_combat_apply(out, &c, &narrow, batch, NULL, &err), SV_EINVAL);
    m.rows = 1;
    assert_int_equal(sv_combat_add(&c, 99, &m, NULL, &o, &err), SV_ETOOSMALL);
    o.mean_only = true;
    CHECK_OK(sv_combat_add(&c, 99, &m, NULL, &o, &err), err);
    sv_combat_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_combat__reference),
        cmocka_unit_test(test_combat__new_centre),
        cmocka_unit_test(test_combat__planted),
        cmocka_unit_test(test_combat__constant_features),
        cmocka_unit_test(test_combat__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

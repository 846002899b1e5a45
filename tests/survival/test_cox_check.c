/* test_cox_check.c - residuals, robust variance and proportional hazards test against R's survival
 * 3.5-3 (reference/survival/03_cox), and against what they are by definition. */
#include "cohort.h"

#include <survival/cox_check.h>
#include <survival/dist.h>

static const char *const LUNG[] = { "age", "sex", "ph.ecog", "ph.karno", "wt.loss", NULL };
static const char *const COLON[] = { "rxLev", "rxLev5FU", "sex", "age", "obstruct", "perfor",
                                     "adhere", "nodes", "differ", "extent", "surg", "node4", NULL };
static const char *const COLON_STRATA[] = { "rxLev", "rxLev5FU", "node4", NULL };
static const char *const HEART[] = { "age", "year", "surgery", "transplant", NULL };
static const char *const TINY[] = { "x", NULL };

static const struct reference {
    const char *name, *data, *start, *time, *status, *stratum;
    const char *const *cols;
    double event_code;
    sv_ties ties;
} REFERENCES[] = {
    { "lung_efron", "03_cox/data_lung_complete.csv", NULL, "time", "status", NULL, LUNG, 2, SV_TIES_EFRON },
    { "lung_breslow", "03_cox/data_lung_complete.csv", NULL, "time", "status", NULL, LUNG, 2, SV_TIES_BRESLOW },
    { "colon_rec_multi", "03_cox/data_colon_rec_complete.csv", NULL, "time", "status", NULL, COLON, 1,
      SV_TIES_EFRON },
    { "colon_rec_strata", "03_cox/data_colon_rec_complete.csv", NULL, "time", "status", "differ", COLON_STRATA,
      1, SV_TIES_EFRON },
    { "heart_lefttrunc", "00_data/heart.csv", "start", "stop", "event", NULL, HEART, 1, SV_TIES_EFRON },
    { "heart_lefttrunc_breslow", "00_data/heart.csv", "start", "stop", "event", NULL, HEART, 1,
      SV_TIES_BRESLOW },
    { "tiny1_efron", "03_cox/data_tiny1.csv", NULL, "time", "status", NULL, TINY, 1, SV_TIES_EFRON },
    { "tiny1_breslow", "03_cox/data_tiny1.csv", NULL, "time", "status", NULL, TINY, 1, SV_TIES_BRESLOW },
};
enum { N_REFERENCES = sizeof REFERENCES / sizeof REFERENCES[0] };

static void read_table(csv *out, const char *name, const char *suffix)
{
    char path[512];
    (void)snprintf(path, sizeof path, REFERENCE("03_cox/%s_%s.csv"), name, suffix);
    if (!csv_read(out, path)) { fail_msg("cannot read %s", path); }
}

static void fit_model(sv_cox *fit, const sv_matrix *x, const sv_surv *s, sv_ties ties)
{
    sv_cox_opts o = SV_COX_OPTS_INIT;
    sv_error err;
    o.ties = ties;
    CHECK_OK(sv_cox_fit(fit, x, s, &o, &err), err);
}

static void read_reference(cohort *c, sv_cox *fit, const struct reference *r)
{
    char path[512];
    (void)snprintf(path, sizeof path, REFERENCE("%s"), r->data);
    cohort_read(c, path, r->start, r->time, r->status, r->event_code, r->cols);
    if (r->stratum != NULL) { cohort_stratify(c, r->stratum); }
    fit_model(fit, &c->matrix, &c->surv, r->ties);
}

/* ---- Against R ------------------------------------------------------------------------------- */

static void check_residuals(const struct reference *r)
{
    cohort c;
    sv_cox fit;
    sv_cox_residuals got;
    sv_error err;
    csv want;
    read_reference(&c, &fit, r);
    CHECK_OK(sv_cox_residuals_of(&got, &fit, &c.matrix, &c.surv, r->ties, &err), err);
    read_table(&want, r->name, "resid");
    assert_int_equal(want.rows, c.n);
    for (size_t i = 0; i < c.n; i++) {
        CHECK_NEAR(got.martingale[i], csv_num(&want, i, "martingale"), 1e-8, 1e-10);
        CHECK_NEAR(got.deviance[i], csv_num(&want, i, "deviance"), 1e-7, 1e-7);
        for (size_t j = 0; j < fit.p; j++) {
            /* the last columns, in the order of the model */
            double d = strtod(want.cell[(i + 1) * want.cols + want.cols - fit.p + j], NULL);
            CHECK_NEAR(got.dfbeta[i * fit.p + j], d, 1e-8, 1e-9 * fit.se[j]);
        }
    }
    csv_free(&want);
    sv_cox_residuals_free(&got);
    sv_cox_free(&fit);
    cohort_free(&c);
}

static void test_residuals_equal_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox/lung_efron_resid.csv"));
    for (size_t k = 0; k < N_REFERENCES; k++) { check_residuals(&REFERENCES[k]); }
}

static void check_scale(const struct reference *r, const cohort *c, const sv_cox *fit, sv_zph_time g,
                        const char *suffix)
{
    sv_cox_zph z;
    sv_error err;
    csv want;
    CHECK_OK(sv_cox_zph_test(&z, fit, &c->matrix, &c->surv, g, r->ties, &err), err);
    read_table(&want, r->name, suffix);
    assert_int_equal(want.rows, fit->p + 1);
    for (size_t j = 0; j < fit->p; j++) {
        CHECK_NEAR(z.chisq[j], csv_num(&want, j, "chisq"), 1e-8, 1e-10);
        CHECK_NEAR(z.p_value[j], csv_num(&want, j, "p"), 1e-8, 1e-10);
    }
    CHECK_NEAR(z.global_chisq, csv_num(&want, fit->p, "chisq"), 1e-8, 1e-10);
    CHECK_NEAR(z.global_p, csv_num(&want, fit->p, "p"), 1e-8, 1e-10);
    assert_int_equal(z.df, (int)csv_num(&want, fit->p, "df"));
    csv_free(&want);
    sv_cox_zph_free(&z);
}

/* Scaled residuals, on the Kaplan-Meier scale; those of one time together, their order is free. */
static void check_trend(const struct reference *r, const cohort *c, const sv_cox *fit)
{
    sv_cox_zph z;
    sv_error err;
    csv want;
    CHECK_OK(sv_cox_zph_test(&z, fit, &c->matrix, &c->surv, SV_ZPH_KM, r->ties, &err), err);
    read_table(&want, r->name, "zph_y");
    assert_int_equal(want.rows, z.n_deaths);
    for (size_t at = 0, end; at < z.n_deaths; at = end) {
        CHECK_NEAR(z.g[at], csv_num(&want, at, "x"), 1e-9, 1e-12);
        for (end = at; end < z.n_deaths && z.time[end] <= z.time[at]; end++) {
            CHECK_NEAR(z.time[end], csv_num(&want, end, "time"), 1e-12, 0);
        }
        for (size_t j = 0; j < fit->p; j++) {
            double got = 0, sum = 0;
            for (size_t i = at; i < end; i++) {
                got += z.residual[i * fit->p + j];
                sum += strtod(want.cell[(i + 1) * want.cols + 2 + j], NULL);
            }
            CHECK_NEAR(got, sum, 1e-7, 1e-7);
        }
    }
    csv_free(&want);
    sv_cox_zph_free(&z);
}

static void test_zph_equals_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox/lung_efron_zph_km.csv"));
    for (size_t k = 0; k < N_REFERENCES; k++) {
        const struct reference *r = &REFERENCES[k];
        cohort c;
        sv_cox fit;
        read_reference(&c, &fit, r);
        check_scale(r, &c, &fit, SV_ZPH_KM, "zph_km");
        check_scale(r, &c, &fit, SV_ZPH_RANK, "zph_rank");
        check_scale(r, &c, &fit, SV_ZPH_IDENTITY, "zph_identity");
        check_scale(r, &c, &fit, SV_ZPH_LOG, "zph_log");
        if (r->stratum == NULL) { check_trend(r, &c, &fit); }
        sv_cox_free(&fit);
        cohort_free(&c);
    }
}

/* cgd: several rows a patient; the factors are spelled out. */
static void test_robust_variance_equals_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox/cgd_robust_vcov.csv"));
    csv t, want;
    assert_true(csv_read(&t, REFERENCE("00_data/cgd.csv")));
    size_t n = t.rows;
    double *x = calloc(4 * n, sizeof *x), *start = calloc(n, sizeof *start), *stop = calloc(n, sizeof *stop);
    int *event = calloc(n, sizeof *event), *id = calloc(n, sizeof *id);
    assert_true(x && start && stop && event && id);
    size_t treat = t.cols, inherit = t.cols;
    for (size_t j = 0; j < t.cols; j++) {
        if (strcmp(t.cell[j], "treat") == 0) { treat = j; }
        if (strcmp(t.cell[j], "inherit") == 0) { inherit = j; }
    }
    for (size_t i = 0; i < n; i++) {
        const char *const *row = (const char *const *)t.cell + (i + 1) * t.cols;
        start[i] = csv_num(&t, i, "tstart");
        stop[i] = csv_num(&t, i, "tstop");
        event[i] = (int)csv_num(&t, i, "status");
        id[i] = (int)csv_num(&t, i, "id");
        x[i * 4] = strcmp(row[treat], "rIFN-g") == 0;
        x[i * 4 + 1] = csv_num(&t, i, "age");
        x[i * 4 + 2] = strcmp(row[inherit], "autosomal") == 0;
        x[i * 4 + 3] = csv_num(&t, i, "steroids");
    }
    sv_matrix m = sv_matrix_rowmajor(x, n, 4);
    sv_surv s = { .n = n, .time = stop, .event = event, .start = start };
    sv_cox fit;
    sv_error err;
    double vcov[16];
    fit_model(&fit, &m, &s, SV_TIES_EFRON);
    CHECK_OK(sv_cox_robust(vcov, &fit, &m, &s, id, SV_TIES_EFRON, &err), err);
    read_table(&want, "cgd_robust", "vcov");
    for (size_t a = 0; a < 4; a++) {
        for (size_t b = 0; b < 4; b++) {
            double v = strtod(want.cell[(a + 1) * want.cols + 1 + b], NULL);
            CHECK_NEAR(vcov[a * 4 + b], v, 1e-8, 1e-12);
        }
    }
    csv_free(&want);
    csv_free(&t);
    sv_cox_free(&fit);
    free(x);
    free(start);
    free(stop);
    free(event);
    free(id);
}

/* ---- By definition --------------------------------------------------------------------------- */

enum { N = 90, P = 3 };
typedef struct made { double time[N], start[N], weight[N], x[N * P]; int event[N], stratum[N];
                      sv_surv surv; sv_matrix matrix; } made;

static void make_data(made *m, uint64_t seed)
{
    for (int i = 0; i < N; i++) {
        m->start[i] = floor(4 * uniform(&seed));
        m->time[i] = m->start[i] + 1 + floor(20 * uniform(&seed));
        m->event[i] = uniform(&seed) < 0.6;
        m->weight[i] = 0.5 + uniform(&seed);
        m->stratum[i] = i % 2;
        for (int j = 0; j < P; j++) { m->x[i * P + j] = uniform(&seed) * (j + 1); }
    }
    m->surv = (sv_surv){ .n = N, .time = m->time, .event = m->event, .start = m->start, .weight = m->weight,
                         .stratum = m->stratum };
    m->matrix = sv_matrix_rowmajor(m->x, N, P);
}

/* At the optimum both residuals sum to 0; dfbeta is what leaving a row out changes, to first order. */
static void test_sums_and_leaving_out(void **state)
{
    (void)state;
    static const sv_ties ties[] = { SV_TIES_EFRON, SV_TIES_BRESLOW };
    for (int k = 0; k < 2; k++) {
        made m;
        sv_cox fit, less;
        sv_cox_residuals r;
        sv_error err;
        make_data(&m, 17);
        fit_model(&fit, &m.matrix, &m.surv, ties[k]);
        CHECK_OK(sv_cox_residuals_of(&r, &fit, &m.matrix, &m.surv, ties[k], &err), err);
        double martingale = 0, score[P] = { 0 };
        for (int i = 0; i < N; i++) {
            martingale += m.weight[i] * r.martingale[i];
            for (int j = 0; j < P; j++) { score[j] += m.weight[i] * r.score[i * P + j]; }
        }
        CHECK_NEAR(martingale, 0, 0, 1e-9);
        for (int j = 0; j < P; j++) { CHECK_NEAR(score[j], 0, 0, 1e-9); }
        double kept = m.weight[5];
        m.weight[5] = kept - 1e-5;                 /* the derivative by the weight */
        fit_model(&less, &m.matrix, &m.surv, ties[k]);
        for (int j = 0; j < P; j++) {
            CHECK_NEAR((fit.coef[j] - less.coef[j]) / 1e-5, r.dfbeta[5 * P + j], 0.02, 1e-3);
        }
        sv_cox_residuals_free(&r);
        sv_cox_free(&fit);
        sv_cox_free(&less);
    }
}

/* Under proportional hazards p is uniform; with an effect that turns, it is small. */
static void test_zph_level_and_power(void **state)
{
    (void)state;
    enum { M = 300, ROUNDS = 200 };
    static double time[M], x[M];
    static int event[M];
    uint64_t seed = 3;
    int below = 0;
    for (int round = 0; round < ROUNDS + 1; round++) {
        bool turning = round == ROUNDS;
        for (int i = 0; i < M; i++) {
            x[i] = uniform(&seed) < 0.5;
            double e = -log(uniform(&seed)), first = exp(turning ? 2 * x[i] : 0.7 * x[i]);
            time[i] = e / first;
            if (turning && time[i] > 0.5) { time[i] = 0.5 + (e - 0.5 * first) / exp(-2 * x[i]); }
            double censored = -3 * log(uniform(&seed));
            event[i] = time[i] <= censored;
            time[i] = fmin(time[i], censored);
        }
        sv_surv s = { .n = M, .time = time, .event = event };
        sv_matrix m = sv_matrix_rowmajor(x, M, 1);
        sv_cox fit;
        sv_cox_zph z;
        sv_error err;
        fit_model(&fit, &m, &s, SV_TIES_EFRON);
        CHECK_OK(sv_cox_zph_test(&z, &fit, &m, &s, SV_ZPH_KM, SV_TIES_EFRON, &err), err);
        if (turning) { assert_true(z.p_value[0] < 1e-6); } else { below += z.p_value[0] < 0.05; }
        CHECK_NEAR(z.chisq[0], z.global_chisq, 1e-9, 0);
        sv_cox_zph_free(&z);
        sv_cox_free(&fit);
    }
    assert_in_range(below, 2, 20);                 /* 10 expected of 200 */
}

static void test_dropped_columns_and_refusals(void **state)
{
    (void)state;
    made m;
    sv_cox fit;
    sv_cox_residuals r;
    sv_cox_zph z;
    sv_error err;
    make_data(&m, 8);
    for (int i = 0; i < N; i++) { m.x[i * P + 1] = 2 * m.x[i * P]; }
    fit_model(&fit, &m.matrix, &m.surv, SV_TIES_EFRON);
    assert_int_equal(fit.flag[1] & SV_COX_DROPPED, SV_COX_DROPPED);
    CHECK_OK(sv_cox_residuals_of(&r, &fit, &m.matrix, &m.surv, SV_TIES_EFRON, &err), err);
    assert_true(isnan(r.dfbeta[1]) && isfinite(r.dfbeta[0]) && isfinite(r.dfbeta[2]));
    CHECK_OK(sv_cox_zph_test(&z, &fit, &m.matrix, &m.surv, SV_ZPH_RANK, SV_TIES_EFRON, &err), err);
    assert_int_equal(z.df, 2);
    assert_true(isnan(z.chisq[1]) && isnan(z.p_value[1]) && isfinite(z.chisq[2]));
    sv_cox_zph_free(&z);
    sv_cox_residuals_free(&r);
    sv_matrix narrow = sv_matrix_rowmajor(m.x, N, P - 1);
    assert_int_equal(sv_cox_residuals_of(&r, &fit, &narrow, &m.surv, SV_TIES_EFRON, &err), SV_EINVAL);
    assert_int_equal(sv_cox_zph_test(&z, &fit, &m.matrix, &m.surv, (sv_zph_time)7, SV_TIES_EFRON, &err), SV_EINVAL);
    m.surv.start = NULL;
    m.time[0] = 0;
    m.event[0] = 1;
    assert_int_equal(sv_cox_zph_test(&z, &fit, &m.matrix, &m.surv, SV_ZPH_LOG, SV_TIES_EFRON, &err), SV_EDATA);
    sv_cox_free(&fit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residuals_equal_rs), cmocka_unit_test(test_zph_equals_rs),
        cmocka_unit_test(test_robust_variance_equals_rs), cmocka_unit_test(test_sums_and_leaving_out),
        cmocka_unit_test(test_zph_level_and_power), cmocka_unit_test(test_dropped_columns_and_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

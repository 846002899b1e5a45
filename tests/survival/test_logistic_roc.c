/* test_logistic_roc.c - logistic regression and ROC curves, against R, pROC and their definitions. */
#include <check.h>
#include <csv.h>

#include <stdlib.h>
#include <string.h>
#include <survival/logistic.h>
#include <survival/rng.h>
#include <survival/roc.h>

#include "linalg.h"

#define REFERENCE(name) SHARED("reference/survival/20_logistic_roc/" name)
enum { P = 7 };

typedef struct cohort { csv table; double *x; int *y; size_t n; sv_matrix m; } cohort;

static cohort read_cohort(const char *path)
{
    cohort c;
    if (!csv_read(&c.table, path)) { fail_msg("cannot read %s", path); }
    c.n = c.table.rows;
    c.x = calloc(c.n * P, sizeof *c.x);
    c.y = calloc(c.n, sizeof *c.y);
    for (size_t i = 0; i < c.n; i++) {
        c.y[i] = (int)csv_num(&c.table, i, "y");
        for (size_t j = 0; j < P; j++) { c.x[i * P + j] = csv_num_at(&c.table, i, j + 2); }
    }
    c.m = sv_matrix_rowmajor(c.x, c.n, P);
    return c;
}

static void cohort_free(cohort *c)
{
    csv_free(&c->table);
    free(c->x);
    free(c->y);
}

/* Prediction, curve, area and cut of one set. */
static double *check_set(const sv_logistic *f, const cohort *c, size_t set, const char *pred, const char *roc)
{
    csv p, r, a;
    assert_true(csv_read(&p, pred));
    assert_true(csv_read(&r, roc));
    assert_true(csv_read(&a, REFERENCE("glm_auc.csv")));
    double *got = calloc(c->n, sizeof *got), *t = calloc(c->n + 1, sizeof *t), *spec = calloc(c->n + 1, sizeof *spec),
           *sens = calloc(c->n + 1, sizeof *sens);
    sv_error err = { 0 };
    CHECK_OK(sv_logistic_predict(got, f, &c->m, &err), err);
    for (size_t i = 0; i < c->n; i++) { CHECK_NEAR(got[i], csv_num(&p, i, "p"), 1e-12, 0); }
    size_t k;
    CHECK_OK(sv_roc_points(t, spec, sens, &k, got, c->y, c->n, &err), err);
    assert_int_equal(k, r.rows);
    for (size_t i = 0; i < k; i++) {
        if (i > 0 && i + 1 < k) { CHECK_NEAR(t[i], csv_num(&r, i, "threshold"), 1e-12, 0); }
        CHECK_NEAR(spec[i], csv_num(&r, i, "specificity"), 1e-12, 1e-14);
        CHECK_NEAR(sens[i], csv_num(&r, i, "sensitivity"), 1e-12, 1e-14);
    }
    assert_true(isinf(t[0]) && t[0] < 0 && isinf(t[k - 1]) && t[k - 1] > 0);
    sv_roc_area area;
    sv_roc_cut cut;
    CHECK_OK(sv_roc_auc(&area, got, c->y, c->n, 0.95, &err), err);
    CHECK_NEAR(area.auc, csv_num(&a, set, "auc"), 1e-12, 0);
    CHECK_NEAR(area.variance, csv_num(&a, set, "var_delong"), 1e-9, 0);
    CHECK_NEAR(area.lower, csv_num(&a, set, "lo"), 1e-9, 0);
    CHECK_NEAR(area.upper, csv_num(&a, set, "hi"), 1e-9, 0);
    CHECK_OK(sv_roc_youden(&cut, got, c->y, c->n, &err), err);
    CHECK_NEAR(cut.threshold, csv_num(&a, set, "threshold"), 1e-12, 0);
    CHECK_NEAR(cut.sensitivity, csv_num(&a, set, "sensitivity"), 1e-12, 0);
    CHECK_NEAR(cut.specificity, csv_num(&a, set, "specificity"), 1e-12, 0);
    CHECK_NEAR(cut.ppv, csv_num(&a, set, "ppv"), 1e-12, 0);
    CHECK_NEAR(cut.npv, csv_num(&a, set, "npv"), 1e-12, 0);
    CHECK_NEAR(cut.accuracy, csv_num(&a, set, "accuracy"), 1e-12, 0);
    csv_free(&p);
    csv_free(&r);
    csv_free(&a);
    free(t);
    free(spec);
    free(sens);
    return got;
}

/* What glm() does: reweighted least squares from (y + 1/2)/2, until the deviance changes by less than
 * `epsilon` of itself; standard errors by the weights before the last step. */
static void glm_of_r(double *coef, double *se, const cohort *c, double epsilon)
{
    enum { Q1 = P + 1 };
    double *mu = calloc(c->n, sizeof *mu), before = 0;
    for (size_t i = 0; i < c->n; i++) { mu[i] = (c->y[i] + 0.5) / 2; }
    for (int step = 0; step < 25; step++) {
        double gram[Q1 * Q1] = { 0 }, rhs[Q1] = { 0 }, inverse[Q1 * Q1], deviance = 0;
        for (size_t i = 0; i < c->n; i++) {
            double row[Q1] = { 1 }, w = mu[i] * (1 - mu[i]), z = log(mu[i] / (1 - mu[i])) + (c->y[i] - mu[i]) / w;
            memcpy(row + 1, c->x + i * P, P * sizeof *row);
            sv_gram_add(gram, Q1, row, &w, 1);
            for (size_t j = 0; j < Q1; j++) { rhs[j] += w * z * row[j]; }
        }
        sv_mirror_upper(gram, Q1);
        (void)sv_ldl(gram, Q1, 0, NULL);
        sv_ldl_solve(gram, Q1, rhs);
        sv_ldl_inverse(inverse, gram, Q1);
        for (size_t j = 0; j < Q1; j++) {
            coef[j] = rhs[j];
            se[j] = sqrt(inverse[j * Q1 + j]);
        }
        for (size_t i = 0; i < c->n; i++) {
            double eta = coef[0];
            for (size_t j = 0; j < P; j++) { eta += coef[j + 1] * c->x[i * P + j]; }
            mu[i] = 1 / (1 + exp(-eta));
            deviance -= 2 * log(c->y[i] == 1 ? mu[i] : 1 - mu[i]);
        }
        if (step > 0 && fabs(deviance - before) / (fabs(deviance) + 0.1) < epsilon) { break; }
        before = deviance;
    }
    free(mu);
}

/* R's own numbers are a step short of the maximum: they are met by stopping where R stops, and ours by
 * going on. */
static void check_coefficients(const sv_logistic *f, const cohort *c)
{
    double coef[P + 1], se[P + 1];
    csv want;
    assert_true(csv_read(&want, REFERENCE("glm_coef.csv")));
    glm_of_r(coef, se, c, 1e-8);
    for (size_t j = 0; j <= P; j++) {
        CHECK_NEAR(coef[j], csv_num(&want, j, "Estimate"), 1e-9, 0);
        CHECK_NEAR(se[j], csv_num(&want, j, "Std. Error"), 1e-9, 0);
        CHECK_NEAR(f->coef[j], csv_num(&want, j, "Estimate"), 0, 1e-6 * se[j]);
    }
    glm_of_r(coef, se, c, 0);
    for (size_t j = 0; j <= P; j++) {
        CHECK_NEAR(f->coef[j], coef[j], 1e-10, 0);
        CHECK_NEAR(f->se[j], se[j], 1e-10, 0);
        CHECK_NEAR(f->z[j], coef[j] / se[j], 1e-10, 0);
        CHECK_NEAR(f->pvalue[j], erfc(fabs(coef[j] / se[j]) / sqrt(2)), 1e-9, 0);
    }
    csv_free(&want);
}

static void test_logistic_roc__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("train_z.csv"));
    cohort train = read_cohort(REFERENCE("train_z.csv")), test = read_cohort(REFERENCE("test_z.csv"));
    csv want, paired;
    assert_true(csv_read(&want, REFERENCE("glm_coef.csv")));
    assert_true(csv_read(&paired, REFERENCE("delong_paired.csv")));
    sv_logistic f;
    sv_error err = { 0 };
    CHECK_OK(sv_logistic_fit(&f, &train.m, train.y, NULL, &err), err);
    assert_int_equal(f.end, SV_LOGISTIC_CONVERGED);
    check_coefficients(&f, &train);
    for (size_t j = 0; j <= P; j++) { f.coef[j] = csv_num(&want, j, "Estimate"); }   /* R's, for its predictions */
    free(check_set(&f, &train, 0, REFERENCE("glm_train_pred.csv"), REFERENCE("glm_train_roc.csv")));
    double *p = check_set(&f, &test, 1, REFERENCE("glm_test_pred.csv"), REFERENCE("glm_test_roc.csv"));
    double *diameter = csv_column(&test.table, "original_shape_Maximum3DDiameter");
    sv_roc_difference d;
    CHECK_OK(sv_roc_compare(&d, p, diameter, test.y, test.n, &err), err);
    CHECK_NEAR(d.auc1, csv_num(&paired, 0, "auc1"), 1e-12, 0);
    CHECK_NEAR(d.auc2, csv_num(&paired, 0, "auc2"), 1e-12, 0);
    CHECK_NEAR(d.z, csv_num(&paired, 0, "z"), 1e-9, 0);
    CHECK_NEAR(d.p, csv_num(&paired, 0, "p"), 1e-9, 0);
    free(p);
    free(diameter);
    sv_logistic_free(&f);
    csv_free(&want);
    csv_free(&paired);
    cohort_free(&train);
    cohort_free(&test);
}

enum { N = 150, Q = 3 };

static void simulate(double *x, int *y, uint64_t seed)
{
    sv_rng rng = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < N; i++) {
        double eta = -0.4;
        for (size_t j = 0; j < Q; j++) {
            double u = sv_rng_uniform(&rng) * 4 - 2;
            eta += u * (double)j;
            x[i * Q + j] = 1000 + 50 * u;              /* far from 0: the intercept suffers first */
        }
        y[i] = sv_rng_uniform(&rng) < 1 / (1 + exp(-eta));
    }
}

/* The score is 0, the covariance is the inverse of the information, the deviances are as defined. */
static void test_logistic_roc__likelihood(void **state)
{
    (void)state;
    double x[N * Q], p[N], info[4][4] = { { 0 } }, score[4] = { 0 }, deviance = 0;
    int y[N];
    simulate(x, y, 1);
    sv_matrix m = sv_matrix_rowmajor(x, N, Q);
    sv_logistic f;
    sv_error err = { 0 };
    CHECK_OK(sv_logistic_fit(&f, &m, y, NULL, &err), err);
    CHECK_OK(sv_logistic_predict(p, &f, &m, &err), err);
    assert_int_equal(f.end, SV_LOGISTIC_CONVERGED);
    for (size_t i = 0; i < N; i++) {
        double row[4] = { 1, x[i * Q] - 1000, x[i * Q + 1] - 1000, x[i * Q + 2] - 1000 };
        deviance -= 2 * log(y[i] == 1 ? p[i] : 1 - p[i]);
        for (int a = 0; a < 4; a++) {
            score[a] += row[a] * (y[i] - p[i]);
            for (int b = 0; b < 4; b++) { info[a][b] += p[i] * (1 - p[i]) * row[a] * row[b]; }
        }
    }
    CHECK_NEAR(f.deviance, deviance, 1e-12, 0);
    CHECK_NEAR(f.aic, deviance + 8, 1e-12, 0);
    assert_true(f.null_deviance > f.deviance);
    for (int a = 0; a < 4; a++) { CHECK_NEAR(score[a], 0, 0, 1e-7); }
    /* covariance of (b0 + 1000 sum b, b), at the columns less 1000 */
    double v[4][4];
    for (int a = 0; a < 4; a++) { for (int b = 0; b < 4; b++) { v[a][b] = f.covariance[a * 4 + b]; } }
    for (int b = 0; b < 4; b++) { for (int a = 1; a < 4; a++) { v[0][b] += 1000 * v[a][b]; } }
    for (int b = 0; b < 4; b++) { for (int a = 1; a < 4; a++) { v[b][0] += 1000 * v[b][a]; } }
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b < 4; b++) {
            double product = 0;
            for (int k = 0; k < 4; k++) { product += info[a][k] * v[k][b]; }
            CHECK_NEAR(product, a == b, 0, 1e-7);
        }
        CHECK_NEAR(f.se[a], sqrt(f.covariance[a * 5]), 1e-14, 0);
    }
    sv_logistic_free(&f);
}

/* Constant and collinear columns take no part and change no prediction. */
static void test_logistic_roc__aliased(void **state)
{
    (void)state;
    double x[N * Q], wide[N * (Q + 2)], p[N], pw[N];
    int y[N];
    simulate(x, y, 2);
    for (size_t i = 0; i < N; i++) {
        double *w = wide + i * (Q + 2);
        w[0] = x[i * Q];
        w[1] = 42;
        w[2] = x[i * Q + 1];
        w[3] = 7 - 3 * w[2] + 0.5 * w[0];
        w[4] = x[i * Q + 2];
    }
    sv_matrix m = sv_matrix_rowmajor(x, N, Q), mw = sv_matrix_rowmajor(wide, N, Q + 2);
    sv_logistic f, fw;
    sv_error err = { 0 };
    CHECK_OK(sv_logistic_fit(&f, &m, y, NULL, &err), err);
    CHECK_OK(sv_logistic_fit(&fw, &mw, y, NULL, &err), err);
    CHECK_OK(sv_logistic_predict(p, &f, &m, &err), err);
    CHECK_OK(sv_logistic_predict(pw, &fw, &mw, &err), err);
    assert_int_equal(fw.rank, 4);
    assert_true(isnan(fw.coef[2]) && isnan(fw.se[4]) && !isnan(fw.coef[5]));
    for (size_t i = 0; i < N; i++) { CHECK_NEAR(pw[i], p[i], 1e-9, 0); }
    CHECK_NEAR(fw.se[5], f.se[3], 1e-9, 0);
    sv_logistic_free(&f);
    sv_logistic_free(&fw);
}

/* Labels that follow from a column, wholly or for some rows, are told; an overlap of one row is not. */
static void test_logistic_roc__separation(void **state)
{
    (void)state;
    double x[40], step[40];
    int y[40];
    for (int i = 0; i < 40; i++) {
        x[i] = i;
        y[i] = i >= 17;
        step[i] = i < 10;                               /* all of these are 0, the others mixed */
    }
    sv_matrix m = sv_matrix_rowmajor(x, 40, 1), s = sv_matrix_rowmajor(step, 40, 1);
    sv_logistic f;
    sv_error err = { 0 };
    CHECK_OK(sv_logistic_fit(&f, &m, y, NULL, &err), err);
    assert_int_equal(f.end, SV_LOGISTIC_SEPARATED);
    assert_true(f.deviance < 1e-6 && f.coef[1] > 0);
    sv_logistic_free(&f);
    CHECK_OK(sv_logistic_fit(&f, &s, y, NULL, &err), err);
    assert_int_equal(f.end, SV_LOGISTIC_SEPARATED);
    CHECK_NEAR(f.deviance, -2 * (23 * log(23 / 30.0) + 7 * log(7 / 30.0)), 1e-7, 0);
    sv_logistic_free(&f);
    y[16] = 1;
    y[17] = 0;
    CHECK_OK(sv_logistic_fit(&f, &m, y, NULL, &err), err);
    assert_int_equal(f.end, SV_LOGISTIC_CONVERGED);
    sv_logistic_free(&f);
}

/* Area pair by pair, variance by leaving patients out (the jackknife over cases and over controls is
 * DeLong's); reversed, scaled and tied markers. */
static void test_logistic_roc__area(void **state)
{
    (void)state;
    double a[N], b[N], minus[N];
    int y[N];
    sv_rng rng = sv_rng_stream(5, 0);
    for (size_t i = 0; i < N; i++) {
        y[i] = i % 3 == 0;
        a[i] = (double)sv_rng_below(&rng, 20) + 4 * y[i];
        b[i] = sv_rng_uniform(&rng) + 0.2 * y[i] + 0.03 * a[i];
        minus[i] = -3 * a[i];
    }
    double count[2] = { N - 50, 50 }, part[2][N] = { { 0 } }, auc = 0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            if (y[i] != 1 || y[j] != 0) { continue; }
            double win = a[i] > a[j] ? 1 : a[i] == a[j] ? 0.5 : 0;
            auc += win / count[0] / count[1];
            part[1][i] += win / count[0];
            part[0][j] += win / count[1];
        }
    }
    double variance = 0;
    for (size_t i = 0; i < N; i++) {
        double m = count[y[i]], d = part[y[i]][i] - auc;
        variance += d * d / (m * (m - 1));
    }
    sv_roc_area r, s;
    sv_roc_difference d;
    sv_error err = { 0 };
    CHECK_OK(sv_roc_auc(&r, a, y, N, 0.9, &err), err);
    CHECK_NEAR(r.auc, auc, 1e-12, 0);
    CHECK_NEAR(r.variance, variance, 1e-11, 0);
    CHECK_OK(sv_roc_auc(&s, minus, y, N, 0.9, &err), err);
    CHECK_NEAR(s.auc, 1 - auc, 1e-12, 0);
    CHECK_NEAR(s.variance, variance, 1e-11, 0);
    CHECK_OK(sv_roc_compare(&d, a, minus, y, N, &err), err);    /* wholly dependent: twice the deviation */
    CHECK_NEAR(d.se, 2 * sqrt(variance), 1e-11, 0);
    CHECK_OK(sv_roc_compare(&d, a, b, y, N, &err), err);
    double z = d.z;
    CHECK_OK(sv_roc_compare(&d, b, a, y, N, &err), err);
    CHECK_NEAR(d.z, -z, 1e-12, 0);
    CHECK_OK(sv_roc_compare(&d, a, a, y, N, &err), err);
    assert_true(d.difference == 0 && isnan(d.p));
    /* the curve's trapezoids are the area; the cut is the best of all */
    double t[N + 1], spec[N + 1], sens[N + 1], under = 0, best = 0;
    size_t k;
    CHECK_OK(sv_roc_points(t, spec, sens, &k, a, y, N, &err), err);
    for (size_t i = 1; i < k; i++) { under += (spec[i] - spec[i - 1]) * (sens[i] + sens[i - 1]) / 2; }
    CHECK_NEAR(under, auc, 1e-12, 0);
    sv_roc_cut cut, other;
    CHECK_OK(sv_roc_youden(&cut, a, y, N, &err), err);
    for (size_t i = 0; i < k; i++) {
        CHECK_OK(sv_roc_at_threshold(&other, t[i], a, y, N, &err), err);
        CHECK_NEAR(other.sensitivity, sens[i], 1e-12, 1e-14);
        CHECK_NEAR(other.specificity, spec[i], 1e-12, 1e-14);
        best = fmax(best, sens[i] + spec[i]);
    }
    CHECK_NEAR(cut.sensitivity + cut.specificity, best, 1e-12, 0);
}

static void test_logistic_roc__refusals(void **state)
{
    (void)state;
    double x[] = { 1, 2, 3, 4, 5, (double)NAN }, t[7], a[7], b[7];
    int y[] = { 0, 1, 0, 1, 1, 1 }, bad[] = { 0, 2, 1, 1, 1, 0 }, one[] = { 1, 1, 1, 1, 1, 1 }, few[] = { 0, 1, 1, 1, 1, 1 };
    const char *const names[] = { "dose" };
    sv_logistic f = { .p = 9 };
    sv_roc_area r = { .auc = 9 };
    sv_error err = { 0 };
    size_t k;
    sv_matrix m = sv_matrix_rowmajor(x, 6, 1);
    assert_int_equal(sv_logistic_fit(&f, &m, y, names, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "dose"));
    m.rows = 5;
    assert_int_equal(sv_logistic_fit(&f, &m, bad, NULL, &err), SV_EDATA);
    assert_int_equal(sv_logistic_fit(&f, &m, one, NULL, &err), SV_EDATA);
    m.rows = 2;
    assert_int_equal(sv_logistic_fit(&f, &m, y, NULL, &err), SV_ETOOSMALL);
    assert_int_equal(f.p, 9);
    m.cols = 2;
    assert_int_equal(sv_logistic_predict(t, &f, &m, &err), SV_EINVAL);
    assert_int_equal(sv_roc_auc(&r, x, y, 6, 0.95, &err), SV_EDATA);
    assert_int_equal(sv_roc_auc(&r, x, bad, 5, 0.95, &err), SV_EDATA);
    assert_int_equal(sv_roc_auc(&r, x, one, 5, 0.95, &err), SV_EDATA);
    assert_int_equal(sv_roc_auc(&r, x, few, 5, 0.95, &err), SV_ETOOSMALL);
    assert_int_equal(sv_roc_auc(&r, x, y, 5, 1, &err), SV_EINVAL);
    assert_true(r.auc == 9);
    CHECK_OK(sv_roc_points(t, a, b, &k, x, few, 5, &err), err);
    assert_int_equal(k, 6);
    double close[] = { 1, nextafter(1, 2) };
    CHECK_OK(sv_roc_points(t, a, b, &k, close, y, 2, &err), err);
    assert_true(t[1] >= close[0] && t[1] < close[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logistic_roc__reference),
        cmocka_unit_test(test_logistic_roc__likelihood),
        cmocka_unit_test(test_logistic_roc__aliased),
        cmocka_unit_test(test_logistic_roc__separation),
        cmocka_unit_test(test_logistic_roc__area),
        cmocka_unit_test(test_logistic_roc__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* icc.c - intraclass correlation, concordance, kappa. */
#include <survival/icc.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <survival/dist.h>
#include <survival/fdist.h>

#include "mem.h"
#include "num.h"
#include "sort.h"

#define MAX_CATEGORIES 1000

const char *sv_icc_form_name(sv_icc_form form)
{
    static const char *const name[SV_ICC_FORMS] = {
        "ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)",
    };
    return (unsigned)form < SV_ICC_FORMS ? name[form] : "?";
}

/* Mean squares of the two-way table; `within` is that of the one-way table. */
typedef struct squares { double n, k, rows, columns, error, within; } squares;

static double mean_of(const double *v, size_t n, size_t stride)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) { sum += v[i * stride]; }
    double first = sum / (double)n, rest = 0;
    for (size_t i = 0; i < n; i++) { rest += v[i * stride] - first; }
    return first + rest / (double)n;
}

/* From the residuals themselves: differences of sums of squares would lose what little error a
 * good measurement has. */
static void mean_squares(squares *s, double *column, const double *x, size_t n, size_t k)
{
    double grand = mean_of(x, n * k, 1), rows = 0, columns = 0, error = 0, within = 0;
    for (size_t j = 0; j < k; j++) {
        column[j] = mean_of(x + j, n, k) - grand;
        columns += column[j] * column[j];
    }
    for (size_t i = 0; i < n; i++) {
        double mean = mean_of(x + i * k, k, 1);
        rows += (mean - grand) * (mean - grand);
        for (size_t j = 0; j < k; j++) {
            double d = x[i * k + j] - mean, e = d - column[j];
            within += d * d;
            error += e * e;
        }
    }
    double N = (double)n, K = (double)k;
    *s = (squares){ N, K, rows * K / (N - 1), columns * N / (K - 1), error / ((N - 1) * (K - 1)),
                    within / (N * (K - 1)) };
}

static bool of_mean(sv_icc_form form) { return form >= SV_ICC_1_K; }

/* Forms 1 and 3 differ in what counts as error, and its degrees of freedom. */
static void consistency(sv_icc *out, const squares *s, double error, double df2, bool mean, double alpha)
{
    double df1 = s->n - 1, f = s->rows / error, k = mean ? 1 : s->k;
    double fl = f / sv_f_quantile(1 - alpha / 2, df1, df2), fu = f * sv_f_quantile(1 - alpha / 2, df2, df1);
    *out = (sv_icc){ .f = f, .df1 = df1, .df2 = df2, .p = sv_f_upper(f, df1, df2) };
    if (mean) {
        out->value = (s->rows - error) / s->rows;
        out->lower = 1 - 1 / fl;
        out->upper = 1 - 1 / fu;
    } else {
        out->value = (s->rows - error) / (s->rows + (k - 1) * error);
        out->lower = (fl - 1) / (fl + k - 1);
        out->upper = (fu - 1) / (fu + k - 1);
    }
}

/* Satterthwaite's degrees of freedom of a MSC + b MSE. */
static double satterthwaite(const squares *s, double a, double b)
{
    double c = a * s->columns, e = b * s->error;
    return (c + e) * (c + e) / (c * c / (s->k - 1) + e * e / ((s->n - 1) * (s->k - 1)));
}

static void agreement(sv_icc *out, const squares *s, bool mean, double alpha)
{
    double n = s->n, k = s->k, msr = s->rows, msc = s->columns, mse = s->error, df1 = n - 1;
    double value = mean ? (msr - mse) / (msr + (msc - mse) / n)
                        : (msr - mse) / (msr + (k - 1) * mse + k / n * (msc - mse));
    double f = msr / mse;                          /* a = 0, b = 1 where the value tested is 0 */
    double a = k * value / (n * (1 - value)), b = 1 + a * (n - 1), v = satterthwaite(s, a, b);
    double fl = sv_f_quantile(1 - alpha / 2, df1, v), fu = sv_f_quantile(1 - alpha / 2, v, df1);
    double rest = mean ? msc - mse : k * msc + (k * n - k - n) * mse;
    *out = (sv_icc){
        .value = value,
        .lower = n * (msr - fl * mse) / (fl * rest + n * msr),
        .upper = n * (fu * msr - mse) / (rest + n * fu * msr),
        .f = f, .df1 = df1, .df2 = v, .p = sv_f_upper(f, df1, v),
    };
}

static int check_table(const double *x, size_t n, size_t k, sv_error *err)
{
    if (n < 2 || k < 2) {
        return sv_fail(err, SV_ETOOSMALL, "%zu subjects measured %zu times, at least 2 and 2 are needed", n, k);
    }
    for (size_t i = 0; i < n * k; i++) {
        if (!isfinite(x[i])) {
            return sv_fail(err, SV_EDATA, "measurement %zu of subject %zu is not finite", i % k + 1, i / k + 1);
        }
    }
    return SV_OK;
}

int sv_icc_compute(sv_icc *out, const double *x, size_t n, size_t k, sv_icc_form form, double level,
                   sv_error *err)
{
    if ((unsigned)form >= SV_ICC_FORMS) { return sv_fail(err, SV_EINVAL, "ICC form %d is unknown", (int)form); }
    if (!(level > 0 && level < 1)) {
        return sv_fail(err, SV_EINVAL, "confidence level is %g, must lie between 0 and 1", level);
    }
    int rc = check_table(x, n, k, err);
    if (rc != SV_OK) { return rc; }
    double *column = SV_NEW(double, k);
    if (column == NULL) { return sv_no_memory(err, "an intraclass correlation"); }
    squares s;
    mean_squares(&s, column, x, n, k);
    free(column);

    bool one_way = form == SV_ICC_1_1 || form == SV_ICC_1_K, both = form == SV_ICC_2_1 || form == SV_ICC_2_K;
    double error = one_way ? s.within : s.error, df2 = s.n * (s.k - 1);
    if (s.rows == 0 && error == 0 && (!both || s.columns == 0)) {
        *out = (sv_icc){ SV_NAN, SV_NAN, SV_NAN, SV_NAN, s.n - 1, SV_NAN, SV_NAN };
    } else if (error == 0 && (!both || s.columns == 0)) {
        *out = (sv_icc){ 1, 1, 1, SV_INF, s.n - 1, one_way ? df2 : (s.n - 1) * (s.k - 1), 0 };
    } else if (both) {
        agreement(out, &s, of_mean(form), 1 - level);
    } else {
        consistency(out, &s, error, one_way ? df2 : (s.n - 1) * (s.k - 1), of_mean(form), 1 - level);
    }
    return SV_OK;
}

int sv_concordance_correlation(double *out, const double *a, const double *b, size_t n, sv_error *err)
{
    if (n < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu pairs, at least 2 are needed", n); }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(a[i]) || !isfinite(b[i])) { return sv_fail(err, SV_EDATA, "pair %zu is not finite", i + 1); }
    }
    double ma = mean_of(a, n, 1), mb = mean_of(b, n, 1), aa = 0, bb = 0, ab = 0, N = (double)n;
    for (size_t i = 0; i < n; i++) {
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
        ab += (a[i] - ma) * (b[i] - mb);
    }
    *out = 2 * ab / (aa + bb + N * (ma - mb) * (ma - mb));         /* 0/0 where all are equal */
    return SV_OK;
}

/* ---- kappa -------------------------------------------------------------------------------- */

static double weight(size_t i, size_t j, size_t categories, bool quadratic)
{
    if (!quadratic) { return i == j; }
    double d = (double)i - (double)j, most = (double)categories - 1;
    return 1 - d * d / (most * most);
}

/* share: observed shares of the pairs of categories; pa, pb: the raters' own. */
static void kappa_of(sv_kappa *out, const double *share, const double *pa, const double *pb, double *mean,
                     size_t m, double n, bool quadratic)
{
    double *by_a = mean, *by_b = mean + m, observed = 0, expected = 0, variance = 0;
    for (size_t i = 0; i < m; i++) {
        by_a[i] = by_b[i] = 0;
        for (size_t j = 0; j < m; j++) {
            double w = weight(i, j, m, quadratic);
            observed += w * share[i * m + j];
            expected += w * pa[i] * pb[j];
            by_a[i] += w * pb[j];
            by_b[i] += w * pa[j];
        }
    }
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < m; j++) {
            double d = weight(i, j, m, quadratic) - by_a[i] - by_b[j];
            variance += pa[i] * pb[j] * d * d;
        }
    }
    variance = (variance - expected * expected) / (n * (1 - expected) * (1 - expected));
    out->value = (observed - expected) / (1 - expected);
    out->z = out->value / sqrt(variance);
    out->p = sv_normal_two_sided(out->z);
}

int sv_kappa_compute(sv_kappa *out, const int *a, const int *b, size_t n, int quadratic, sv_error *err)
{
    if (n < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu pairs, at least 2 are needed", n); }
    int *both = SV_NEW(int, 2 * n);
    uint32_t *code = SV_NEW(uint32_t, 2 * n);
    double *share = NULL;
    size_t m = 0;
    int rc = both && code ? SV_OK : sv_no_memory(err, "kappa");
    if (rc == SV_OK) {
        memcpy(both, a, n * sizeof *a);
        memcpy(both + n, b, n * sizeof *b);
        rc = sv_dense_code(code, &m, both, 2 * n, err);
    }
    if (rc == SV_OK && m > MAX_CATEGORIES) {
        rc = sv_fail(err, SV_ELIMIT, "%zu categories, at most %d", m, MAX_CATEGORIES);
    }
    if (rc == SV_OK && (share = SV_NEW(double, m * m + 4 * m)) == NULL) { rc = sv_no_memory(err, "kappa"); }
    if (rc == SV_OK) {
        double *pa = share + m * m, *pb = pa + m, N = (double)n;
        for (size_t i = 0; i < n; i++) {
            share[code[i] * m + code[n + i]] += 1 / N;
            pa[code[i]] += 1 / N;
            pb[code[n + i]] += 1 / N;
        }
        if (m < 2) { *out = (sv_kappa){ SV_NAN, SV_NAN, SV_NAN }; }
        else { kappa_of(out, share, pa, pb, pb + m, m, N, quadratic != 0); }
    }
    free(both);
    free(code);
    free(share);
    return rc;
}

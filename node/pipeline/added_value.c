#include "pipeline/added_value.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/cox.h>
#include <survival/dist.h>
#include <survival/quantile.h>

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for Cox models"); }

static const sv_difference unknown = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};

static void say(pn_added_value *v, const char *fmt, ...) PN_PRINTF(2, 3);
static void say(pn_added_value *v, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(v->why, sizeof v->why, fmt, ap);
    va_end(ap);
}

/* Clinical columns, then the score in standard deviations. */
static double *columns(const double *score, const pn_clinical_columns *clinical)
{
    const size_t n = clinical->n, p = clinical->p;
    double *x = malloc(n * (p + 1) * sizeof *x), mean = sv_mean(score, n), sd = sv_sd(score, n);
    if (x == NULL) { return NULL; }
    memcpy(x, clinical->x, n * p * sizeof *x);
    for (size_t i = 0; i < n; i++) { x[p * n + i] = sd > 0 ? (score[i] - mean) / sd : 0; }
    return x;
}

/* Whether the fit answers the question; why not, where it does not. */
static bool usable(pn_added_value *v, const sv_cox *fit, const pn_clinical_columns *clinical)
{
    for (size_t j = 0; j < fit->p; j++) {
        const char *name = j < clinical->p ? clinical->term[j].name : "the score";
        if ((fit->flag[j] & SV_COX_INFINITE) != 0) {
            say(v, "\"%.80s\" orders the events perfectly: its coefficient has no bound", name);
            return false;
        }
        if (j == clinical->p && (fit->flag[j] & SV_COX_DROPPED) != 0) {
            say(v, "the score does not vary, or follows from the clinical variables");
            return false;
        }
    }
    if (!fit->converged) { say(v, "the Cox model did not converge"); }
    return fit->converged;
}

static int compare(pn_added_value *v, const sv_cox *with, const sv_cox *without, const sv_matrix *x_with,
                   const sv_matrix *x_without, const sv_surv *s, const double *times, pn_error *err)
{
    sv_error sv = {0};
    double *a = calloc(2 * s->n, sizeof *a), *b = a != NULL ? a + s->n : NULL;
    if (a == NULL) { return no_memory(err); }
    int rc = sv_cox_predict(a, with, x_with, &sv);
    if (rc == SV_OK) { rc = sv_cox_predict(b, without, x_without, &sv); }
    if (rc == SV_OK) { rc = sv_compare_harrell(&v->c, a, b, s, &sv); }
    if (rc == SV_OK && v->n_times > 0) {
        rc = sv_compare_auc(v->auc, v->auc_p_adjusted, times, v->n_times, a, b, s, &sv);
    }
    free(a);
    if (rc == SV_ENOMEM) { return no_memory(err); }
    return rc == SV_OK ? PN_OK : pn_fail(err, PN_EINVAL, "%s", sv.msg);
}

static int judge(pn_added_value *v, const sv_cox *with, const sv_cox *without, const sv_matrix *x_with,
                 const sv_matrix *x_without, const pn_clinical_columns *clinical, const sv_surv *s, const double *times,
                 pn_error *err)
{
    double ci[2];
    if (!usable(v, without, clinical) || !usable(v, with, clinical)) { return PN_OK; }
    v->fitted = true;
    v->chisq = fmax(2 * (with->loglik - without->loglik), 0);
    v->df = 1;
    v->p = sv_chisq_upper(v->chisq, v->df);
    v->hr = exp(with->coef[clinical->p]);
    sv_cox_hazard_ratio_ci(ci, with, clinical->p, 0.95);
    v->hr_low = ci[0];
    v->hr_high = ci[1];
    return compare(v, with, without, x_with, x_without, s, times, err);
}

int pn_added_value_of(pn_added_value *out, const double *score, const pn_clinical_columns *clinical, const sv_surv *s,
                      const double *times, size_t n_times, pn_error *err)
{
    pn_added_value v = {.chisq = NAN, .p = NAN, .hr = NAN, .hr_low = NAN, .hr_high = NAN, .c = unknown, .n_times = n_times};
    if (n_times > PN_ADDED_TIMES || clinical->n != s->n || clinical->p == 0) {
        return pn_fail(err, PN_EINVAL, "%zu times, %zu columns of %zu patients, expected at most %d, at least 1 of %zu",
                       n_times, clinical->p, clinical->n, PN_ADDED_TIMES, s->n);
    }
    for (size_t k = 0; k < n_times; k++) {
        v.auc[k] = unknown;
        v.auc_p_adjusted[k] = NAN;
    }
    if (sv_surv_events(s) <= clinical->p) {
        say(&v, "%zu events are too few for %zu clinical columns and the score", sv_surv_events(s), clinical->p);
        *out = v;
        return PN_OK;
    }
    double *x = columns(score, clinical);
    if (x == NULL) { return no_memory(err); }
    const sv_matrix x_with = sv_matrix_colmajor(x, s->n, clinical->p + 1), x_without = sv_matrix_colmajor(x, s->n, clinical->p);
    sv_cox with = {0}, without = {0};
    sv_error sv = {0};
    int rc = PN_OK, code = sv_cox_fit(&without, &x_without, s, NULL, &sv);
    if (code == SV_OK) { code = sv_cox_fit(&with, &x_with, s, NULL, &sv); }
    if (code == SV_OK) {
        rc = judge(&v, &with, &without, &x_with, &x_without, clinical, s, times, err);
    } else if (code == SV_ENOMEM) {
        rc = no_memory(err);
    } else {
        say(&v, "%s", sv.msg);
    }
    sv_cox_free(&with);
    sv_cox_free(&without);
    free(x);
    if (rc == PN_OK) { *out = v; }
    return rc;
}

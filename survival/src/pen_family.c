/* pen_family.c - the partial likelihood (Breslow) and the binomial one, as penalised fits see them.
 *
 * curve is an upper bound of the diagonal of the negative Hessian: for Cox w e^eta sum D/S0, which
 * leaves out the part that is taken off it; a step by it never overshoots the model by that part,
 * and the optimum is the same. */
#include <math.h>

#include "mem.h"
#include "num.h"
#include "pen.h"

void pen_family_free(pen_family *f)
{
    free(f->weight);
    free(f->slope);
    free(f->curve);
    free(f->rise);
    free(f->y);
    sv_risk_free(&f->risk);
    sv_sweep_free(&f->sweep);
    *f = (pen_family){ 0 };
}

static bool make_arrays(pen_family *f, size_t n)
{
    f->n = n;
    f->weight = SV_NEW(double, n);
    f->slope = SV_NEW(double, n);
    f->curve = SV_NEW(double, n);
    return f->weight != NULL && f->slope != NULL && f->curve != NULL;
}

/* ---- Cox ------------------------------------------------------------------------------------- */

static double dead_weight(const sv_risk *r, size_t g)
{
    double sum = 0;
    for (size_t i = r->group_row[g]; i < r->group_row[g] + r->group_dead[g]; i++) { sum += r->weight[i]; }
    return sum;
}

int pen_family_cox(pen_family *f, const sv_surv *s, sv_error *err)
{
    *f = (pen_family){ 0 };
    int rc = sv_risk_plan(&f->risk, s, err);
    if (rc == SV_OK) { rc = sv_sweep_init(&f->sweep, &f->risk, 0, SV_TIES_BRESLOW, err); }
    if (rc == SV_OK) {
        f->rise = SV_NEW(double, f->risk.n_groups);
        if (!make_arrays(f, s->n) || f->rise == NULL) {
            rc = sv_no_memory(err, "the partial likelihood");
        }
    }
    if (rc != SV_OK) {
        pen_family_free(f);
        return rc;
    }
    f->row = f->risk.row;
    for (size_t i = 0; i < f->n; i++) {
        f->weight[i] = f->risk.weight[i];
        f->total += f->weight[i];
    }
    for (size_t g = 0; g < f->risk.n_groups; g++) {
        double d = dead_weight(&f->risk, g);
        f->saturated -= d * log(d);
    }
    return SV_OK;
}

static void cox_at(pen_family *f, const double *eta)
{
    const sv_risk *r = &f->risk;
    sv_sweep_run(&f->sweep, r, NULL, eta);
    f->loglik = f->sweep.loglik;
    for (size_t g = 0; g < r->n_groups; g++) {
        f->rise[g] = f->sweep.step[g] + (g > r->group_base[g] ? f->rise[g - 1] : 0);
    }
    for (size_t i = 0; i < f->n; i++) {
        size_t first = r->first[i], last = r->last[i];
        f->slope[i] = f->curve[i] = 0;
        if (first >= last) { continue; }
        size_t base = r->group_base[last - 1], g = r->group_row[last - 1];
        double h = f->rise[last - 1] - (first > base ? f->rise[first - 1] : 0);
        bool dead = i >= g && i < g + r->group_dead[last - 1];
        double lived = f->sweep.hazard[i] * h;
        f->curve[i] = lived / f->total;
        f->slope[i] = ((dead ? f->weight[i] : 0) - lived) / f->total;
    }
}

/* ---- Logistic -------------------------------------------------------------------------------- */

int pen_family_logistic(pen_family *f, const int *y, const double *weight, size_t n, sv_error *err)
{
    *f = (pen_family){ .with_intercept = true };
    f->y = SV_NEW(int, n);
    if (!make_arrays(f, n) || f->y == NULL) {
        pen_family_free(f);
        return sv_no_memory(err, "the likelihood");
    }
    for (size_t i = 0; i < n; i++) {
        f->y[i] = y[i];
        f->weight[i] = weight != NULL ? weight[i] : 1;
        f->total += f->weight[i];
    }
    return SV_OK;
}

/* log(1 + e^x) */
static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

static void logistic_at(pen_family *f, const double *eta)
{
    f->loglik = 0;
    for (size_t i = 0; i < f->n; i++) {
        double q = 1 / (1 + exp(-fabs(eta[i]))), p = eta[i] >= 0 ? q : 1 - q;
        double w = f->weight[i] / f->total;
        f->slope[i] = w * (f->y[i] - p);
        f->curve[i] = w * fmax(p * (1 - p), 1e-9);
        f->loglik += f->weight[i] * ((f->y[i] ? eta[i] : 0) - softplus(eta[i]));
    }
}

/* ---- Either ---------------------------------------------------------------------------------- */

void pen_family_at(pen_family *f, const double *eta)
{
    if (f->y != NULL) {
        logistic_at(f, eta);
    } else {
        cox_at(f, eta);
    }
}

double pen_family_loglik(pen_family *f, const double *eta)
{
    if (f->y != NULL) {
        logistic_at(f, eta);
        return f->loglik;
    }
    sv_sweep_run(&f->sweep, &f->risk, NULL, eta);
    return f->sweep.loglik;
}

double pen_family_null(const pen_family *f)
{
    if (f->y == NULL) { return 0; }
    double ones = 0;
    for (size_t i = 0; i < f->n; i++) { ones += f->y[i] ? f->weight[i] : 0; }
    return log(ones / (f->total - ones));
}

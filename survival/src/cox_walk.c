#include "cox_walk.h"

#include <math.h>
#include <string.h>

#include "mem.h"
#include "num.h"

void cox_walk_free(cox_walk *w)
{
    sv_risk_free(&w->risk);
    free(w->column);
    free(w->x);
    free(w->hazard);
    free(w->vcov);
    *w = (cox_walk){ 0 };
}

static int check(const sv_cox *fit, const sv_matrix *x, const sv_surv *s, sv_ties ties, sv_error *err)
{
    int rc = sv_surv_check(s, 2, err);
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, NULL, err); }
    if (rc != SV_OK) { return rc; }
    if (x->cols != fit->p || s->n != fit->n) {
        return sv_fail(err, SV_EINVAL, "the data have %zu rows and %zu columns, the model was fitted to %zu and "
                       "%zu", s->n, x->cols, fit->n, fit->p);
    }
    if (ties != SV_TIES_EFRON && ties != SV_TIES_BRESLOW) {
        return sv_fail(err, SV_EINVAL, "ties is %d, expected Efron (%d) or Breslow (%d)", (int)ties,
                       SV_TIES_EFRON, SV_TIES_BRESLOW);
    }
    return SV_OK;
}

static bool make_arrays(cox_walk *w, const sv_cox *fit)
{
    w->column = SV_NEW(size_t, fit->p);
    for (size_t j = 0; w->column != NULL && j < fit->p; j++) {
        if ((fit->flag[j] & SV_COX_DROPPED) == 0) { w->column[w->p++] = j; }
    }
    w->x = SV_NEW(double, w->n * w->p);
    w->hazard = SV_NEW(double, w->n);
    w->vcov = SV_NEW(double, w->p * w->p);
    return w->column != NULL && w->x != NULL && w->hazard != NULL && w->vcov != NULL;
}

int cox_walk_make(cox_walk *w, const sv_cox *fit, const sv_matrix *x, const sv_surv *s, sv_ties ties,
                  sv_error *err)
{
    *w = (cox_walk){ .n = s->n, .ties = ties };
    int rc = check(fit, x, s, ties, err);
    if (rc == SV_OK) { rc = sv_risk_plan(&w->risk, s, err); }
    if (rc == SV_OK && !make_arrays(w, fit)) { rc = sv_no_memory(err, "the model's residuals"); }
    if (rc != SV_OK) {
        cox_walk_free(w);
        return rc;
    }
    double largest = -SV_INF;
    for (size_t i = 0; i < w->n; i++) {
        for (size_t k = 0; k < w->p; k++) {
            size_t j = w->column[k];
            double v = sv_at(x, w->risk.row[i], j) - fit->mean[j];      /* centred: the sums stay small */
            w->x[i * w->p + k] = v;
            w->hazard[i] += v * fit->coef[j];
        }
        largest = fmax(largest, w->hazard[i]);
    }
    for (size_t i = 0; i < w->n; i++) { w->hazard[i] = exp(w->hazard[i] - largest); }
    for (size_t a = 0; a < w->p; a++) {
        for (size_t b = 0; b < w->p; b++) {
            w->vcov[a * w->p + b] = fit->vcov[w->column[a] * fit->p + w->column[b]];
        }
    }
    return SV_OK;
}

/* Sums over a set of rows: of w e^eta times 1, x and x x' (upper triangle). */
typedef struct sums { double s0, *s1, *s2; size_t members; } sums;

static void add(sums *k, const cox_walk *w, size_t i, double sign)
{
    double e = sign * w->risk.weight[i] * w->hazard[i];
    const double *x = w->x + i * w->p;
    k->s0 += e;
    for (size_t a = 0; a < w->p; a++) {
        k->s1[a] += e * x[a];
        for (size_t b = a; b < w->p && k->s2 != NULL; b++) { k->s2[a * w->p + b] += e * x[a] * x[b]; }
    }
}

static void clear(sums *k, size_t p)
{
    k->s0 = 0;
    k->members = 0;
    memset(k->s1, 0, p * sizeof *k->s1);
    if (k->s2 != NULL) { memset(k->s2, 0, p * p * sizeof *k->s2); }
}

static void visit_group(const cox_walk *w, size_t g, const sums *set, sums *dead, double *mean, double *cov,
                        cox_visit *visit, void *user)
{
    const sv_risk *r = &w->risk;
    size_t lo = r->group_row[g], m = r->group_dead[g], p = w->p;
    double weight = 0;
    clear(dead, p);
    for (size_t i = lo; i < lo + m; i++) {
        add(dead, w, i, 1);
        weight += r->weight[i];
    }
    size_t terms = w->ties == SV_TIES_EFRON ? m : 1;
    for (size_t l = 0; l < terms; l++) {
        double c = (double)l / (double)terms, total = set->s0 - c * dead->s0;
        for (size_t a = 0; a < p; a++) { mean[a] = (set->s1[a] - c * dead->s1[a]) / total; }
        for (size_t a = 0; a < p && cov != NULL; a++) {
            for (size_t b = a; b < p; b++) {
                double v = (set->s2[a * p + b] - c * dead->s2[a * p + b]) / total - mean[a] * mean[b];
                cov[a * p + b] = cov[b * p + a] = v;
            }
        }
        const cox_term t = { g, l, terms, weight / (double)terms, c, total, mean, cov };
        visit(user, &t);
    }
}

int cox_walk_run(const cox_walk *w, bool with_cov, cox_visit *visit, void *user, sv_error *err)
{
    const sv_risk *r = &w->risk;
    size_t p = w->p, square = with_cov ? p * p : 0, next = r->n, late = r->n_late;
    double *work = SV_NEW(double, 3 * p + 3 * square);
    if (work == NULL) { return sv_no_memory(err, "the risk sets"); }
    sums set = { .s1 = work, .s2 = with_cov ? work + 3 * p : NULL };
    sums dead = { .s1 = work + p, .s2 = with_cov ? work + 3 * p + square : NULL };
    double *mean = work + 2 * p, *cov = with_cov ? work + 3 * p + 2 * square : NULL;
    for (size_t g = r->n_groups; g-- > 0;) {
        if (g + 1 == r->n_groups || r->group_base[g + 1] != r->group_base[g]) { clear(&set, p); }
        for (; late > 0 && r->first[r->late[late - 1]] > g; late--) {
            add(&set, w, r->late[late - 1], -1);
            if (--set.members == 0) { clear(&set, p); }
        }
        for (; next > 0 && r->last[next - 1] > g; next--) {
            if (r->first[next - 1] > g) { continue; }
            add(&set, w, next - 1, 1);
            set.members++;
        }
        visit_group(w, g, &set, &dead, mean, cov, visit, user);
    }
    free(work);
    return SV_OK;
}

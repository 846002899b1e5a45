/* sweep.c - log partial likelihood, score and information in one pass each way.
 *
 * Backwards over the death times the sums S0 and S1 of the risk set grow; they give the
 * likelihood, the score and the increments of the baseline hazard. The second moments are not
 * carried along: with h_i the cumulative hazard increments position i lives through,
 *     information = sum_i w_i e^eta_i h_i x_i x_i'  -  sum_terms W/m xbar xbar',
 * so p x p work is done once a row instead of once a row and once a death time. */
#include <math.h>
#include <string.h>

#include "linalg.h"
#include "mem.h"
#include "num.h"
#include "risk.h"

#define BLOCK 64 /* means gathered before they are taken off the information */

int sv_sweep_init(sv_sweep *w, const sv_risk *r, size_t p, sv_ties ties, sv_error *err)
{
    *w = (sv_sweep){ .p = p, .ties = ties };
    w->score = SV_NEW(double, p);
    w->info = SV_NEW(double, p * p);
    w->raw = SV_NEW(double, p);
    w->step = SV_NEW(double, r->n_groups);
    w->step_dead = SV_NEW(double, r->n_groups);
    w->hazard = SV_NEW(double, r->n);
    w->work = SV_NEW(double, 3 * p + BLOCK * p + BLOCK);
    w->cumulative = SV_NEW(double, r->n_groups);
    w->lived = SV_NEW(double, r->n);
    if (w->score == NULL || w->info == NULL || w->raw == NULL || w->step == NULL ||
        w->step_dead == NULL || w->hazard == NULL || w->work == NULL || w->cumulative == NULL ||
        w->lived == NULL) {
        sv_sweep_free(w);
        return sv_no_memory(err, "the partial likelihood");
    }
    return SV_OK;
}

void sv_sweep_free(sv_sweep *w)
{
    if (w == NULL) { return; }
    free(w->score);
    free(w->info);
    free(w->raw);
    free(w->step);
    free(w->step_dead);
    free(w->hazard);
    free(w->work);
    free(w->cumulative);
    free(w->lived);
    *w = (sv_sweep){ 0 };
}

/* The moving risk set and the slices of the work space it uses. */
typedef struct risk_set {
    size_t p, members;
    double s0, d0;
    double *s1, *d1, *means, *means_weight;
    size_t n_means;
    double *info;
} risk_set;

static void add_row(risk_set *k, double e, const double *x, double sign)
{
    k->s0 += sign * e;
    for (size_t j = 0; j < k->p; j++) { k->s1[j] += sign * e * x[j]; }
}

/* An emptied set is exactly empty: what subtraction leaves behind would be divided by later. */
static void clear_set(risk_set *k)
{
    k->s0 = 0;
    k->members = 0;
    memset(k->s1, 0, k->p * sizeof *k->s1);
}

static void flush_means(risk_set *k)
{
    sv_gram_add(k->info, k->p, k->means, k->means_weight, k->n_means);
    k->n_means = 0;
}

/* One Efron term: the mean covariate of the set without the fraction c of its dead. */
static void add_term(sv_sweep *w, risk_set *k, double c, double share, double *step,
                     double *step_dead)
{
    double denominator = k->s0 - c * k->d0;
    double increment = share / denominator;
    w->loglik -= share * log(denominator);
    *step += increment;
    *step_dead += increment * (1 - c);
    if (k->p == 0) { return; }
    double *mean = k->means + k->n_means * k->p;
    for (size_t j = 0; j < k->p; j++) {
        mean[j] = (k->s1[j] - c * k->d1[j]) / denominator;
        w->score[j] -= share * mean[j];
    }
    k->means_weight[k->n_means++] = -share;
    if (k->n_means == BLOCK) { flush_means(k); }
}

static void add_group(sv_sweep *w, risk_set *k, const sv_risk *r, size_t g, const double *x,
                      const double *eta)
{
    size_t lo = r->group_row[g], dead = r->group_dead[g];
    double weight = 0;
    k->d0 = 0;
    memset(k->d1, 0, k->p * sizeof *k->d1);
    for (size_t i = lo; i < lo + dead; i++) {
        const double *xi = k->p > 0 ? x + i * k->p : NULL;
        weight += r->weight[i];
        k->d0 += w->hazard[i];
        w->loglik += r->weight[i] * (eta[i] - w->shift);
        for (size_t j = 0; j < k->p; j++) {
            k->d1[j] += w->hazard[i] * xi[j];
            w->score[j] += r->weight[i] * xi[j];
        }
    }
    w->step[g] = 0;
    w->step_dead[g] = 0;
    size_t terms = w->ties == SV_TIES_EFRON ? dead : 1;
    for (size_t l = 0; l < terms; l++) {
        add_term(w, k, (double)l / (double)terms, weight / (double)terms, &w->step[g],
                 &w->step_dead[g]);
    }
}

/* Backwards over the groups; on the way the rows come in at their end and go at their entry. */
static void sweep_groups(sv_sweep *w, risk_set *k, const sv_risk *r, const double *x,
                         const double *eta)
{
    size_t next = r->n, late = r->n_late, p = k->p;
    for (size_t g = r->n_groups; g-- > 0;) {
        if (g + 1 == r->n_groups || r->group_base[g + 1] != r->group_base[g]) { clear_set(k); }
        while (late > 0 && r->first[r->late[late - 1]] > g) {
            size_t i = r->late[--late];
            add_row(k, w->hazard[i], p > 0 ? x + i * p : NULL, -1);
            if (--k->members == 0) { clear_set(k); }
        }
        for (; next > 0 && r->last[next - 1] > g; next--) {
            size_t i = next - 1;
            if (r->first[i] > g) { continue; } /* comes and goes between two death times */
            add_row(k, w->hazard[i], p > 0 ? x + i * p : NULL, 1);
            k->members++;
        }
        add_group(w, k, r, g, x, eta);
    }
}

/* step[] summed within each stratum. */
static void cumulate(double *out, const sv_risk *r, const double *step)
{
    for (size_t g = 0; g < r->n_groups; g++) {
        out[g] = step[g] + (g > r->group_base[g] ? out[g - 1] : 0);
    }
}

/* lived[i]: exp(eta) of position i times the hazard it has lived through. */
static void lived_hazard(sv_sweep *w, const sv_risk *r)
{
    const double *cumulative = w->cumulative;
    cumulate(w->cumulative, r, w->step);
    for (size_t i = 0; i < r->n; i++) {
        size_t first = r->first[i], last = r->last[i];
        w->lived[i] = 0;
        if (first >= last) { continue; }
        size_t base = r->group_base[last - 1];
        double h = cumulative[last - 1] - (first > base ? cumulative[first - 1] : 0);
        size_t lo = r->group_row[last - 1];
        bool dead = i >= lo && i < lo + r->group_dead[last - 1];
        if (dead) { h += w->step_dead[last - 1] - w->step[last - 1]; }
        w->lived[i] = w->hazard[i] * h;
    }
}

void sv_sweep_run(sv_sweep *w, const sv_risk *r, const double *x, const double *eta)
{
    size_t p = w->p;
    risk_set k = { .p = p, .s1 = w->work, .d1 = w->work + p, .means = w->work + 3 * p,
                   .means_weight = w->work + 3 * p + BLOCK * p, .info = w->info };
    w->shift = -SV_INF;
    for (size_t i = 0; i < r->n; i++) {
        if (r->first[i] < r->last[i]) { w->shift = fmax(w->shift, eta[i]); }
    }
    for (size_t i = 0; i < r->n; i++) {
        w->hazard[i] = r->first[i] < r->last[i] ? r->weight[i] * exp(eta[i] - w->shift) : 0;
    }
    w->loglik = 0;
    memset(w->score, 0, p * sizeof *w->score);
    memset(w->info, 0, p * p * sizeof *w->info);
    sweep_groups(w, &k, r, x, eta);
    if (p == 0) { return; }
    flush_means(&k);
    double *means_part = w->work + 2 * p;
    for (size_t j = 0; j < p; j++) { means_part[j] = w->info[j * p + j]; }
    lived_hazard(w, r);
    sv_gram_add(w->info, p, x, w->lived, r->n);
    for (size_t j = 0; j < p; j++) { w->raw[j] = w->info[j * p + j] - means_part[j]; }
    sv_mirror_upper(w->info, p);
}

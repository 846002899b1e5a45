/* concordance.c - counting pairs with a binary indexed tree over the ranks of the risk.
 *
 * Each row meets the others in two roles. Walking backwards in time the tree holds those still
 * watched, and each death asks how many lie below and above it. Walking forwards it holds the
 * deaths so far, and each row that ends asks the mirrored question (less what had happened before
 * it entered). Both together give the row's share in C, which the jackknife needs. */
#include <survival/concordance.h>

#include <math.h>
#include <string.h>

#include <survival/censoring.h>
#include <survival/dist.h>

#include "influence.h"
#include "mem.h"
#include "num.h"
#include "risk.h"
#include "sort.h"

typedef struct counts {
    double lower, equal, higher; /* weight of rows with lower, equal, higher risk */
} counts;

typedef struct tree {
    size_t n;
    double *node;  /* [n + 1] Fenwick sums over ranks */
    double *at;    /* [n] weight at one rank          */
    double total;
} tree;

static void tree_add(tree *t, size_t rank, double w)
{
    t->total += w;
    t->at[rank] += w;
    for (size_t i = rank + 1; i <= t->n; i += i & (~i + 1)) { t->node[i] += w; }
}

static counts tree_ask(const tree *t, size_t rank)
{
    double lower = 0;
    for (size_t i = rank; i > 0; i &= i - 1) { lower += t->node[i]; }
    return (counts){ lower, t->at[rank], t->total - lower - t->at[rank] };
}

/* Exactly empty again, touching only what rows lo..hi may have touched. */
static void tree_forget(tree *t, const uint32_t *rank, size_t lo, size_t hi)
{
    t->total = 0;
    for (size_t p = lo; p < hi; p++) {
        t->at[rank[p]] = 0;
        for (size_t i = (size_t)rank[p] + 1; i <= t->n; i += i & (~i + 1)) { t->node[i] = 0; }
    }
}

typedef struct pairs {
    const sv_risk *r;
    uint32_t *rank;       /* [n] of the risk, by position */
    double *agree, *differ, *tie; /* [n] by position: weight of the partners */
    double *same;         /* [ranks] deaths of the present time */
    tree t;
    const double *value;       /* [n] by position: what a death counts; NULL: 1 each  */
    sv_concordance sum;
} pairs;

static double value_of(const pairs *q, size_t i) { return q->value != NULL ? q->value[i] : 1; }

static void ask_as_case(pairs *q, size_t i)
{
    counts k = tree_ask(&q->t, q->rank[i]);
    double v = value_of(q, i), w = v * q->r->weight[i];
    q->agree[i] += v * k.lower;
    q->differ[i] += v * k.higher;
    q->tie[i] += v * k.equal;
    q->sum.concordant += w * k.lower;
    q->sum.discordant += w * k.higher;
    q->sum.tied_risk += w * k.equal;
}

static void ask_as_survivor(pairs *q, size_t i, double sign)
{
    counts k = tree_ask(&q->t, q->rank[i]);
    q->agree[i] += sign * k.higher;
    q->differ[i] += sign * k.lower;
    q->tie[i] += sign * k.equal;
}

static bool starts_stratum(const sv_risk *r, size_t g) { return g == r->group_base[g]; }

/* End of the positions whose last group is g. */
static size_t block_end(const sv_risk *r, size_t g)
{
    size_t i = (size_t)r->group_row[g] + r->group_dead[g];
    while (i < r->n && r->last[i] == g + 1 && r->stratum[i] == r->stratum[r->group_row[g]]) { i++; }
    return i;
}

static void walk_backwards(pairs *q)
{
    const sv_risk *r = q->r;
    size_t late = r->n_late, stratum_end = 0;
    for (size_t g = r->n_groups; g-- > 0;) {
        size_t lo = r->group_row[g], dead_end = lo + r->group_dead[g], end = block_end(r, g);
        if (g + 1 == r->n_groups || starts_stratum(r, g + 1)) { stratum_end = end; }
        for (; late > 0 && r->first[r->late[late - 1]] > g; late--) {
            size_t i = r->late[late - 1];
            tree_add(&q->t, q->rank[i], -r->weight[i]);
        }
        for (size_t i = dead_end; i < end; i++) {
            if (r->first[i] <= g) { tree_add(&q->t, q->rank[i], r->weight[i]); }
        }
        for (size_t i = lo; i < dead_end; i++) { ask_as_case(q, i); }
        for (size_t i = lo; i < dead_end; i++) { tree_add(&q->t, q->rank[i], r->weight[i]); }
        if (starts_stratum(r, g)) { tree_forget(&q->t, q->rank, lo, stratum_end); }
    }
}

/* Add the deaths of group g to the tree and count the pairs among them. */
static void add_deaths(pairs *q, size_t lo, size_t hi)
{
    double so_far = 0;
    for (size_t i = lo; i < hi; i++) {
        double w = q->r->weight[i], same = q->same[q->rank[i]];
        q->sum.tied_both += w * same;
        q->sum.tied_time += w * (so_far - same);
        so_far += w;
        q->same[q->rank[i]] += w;
        tree_add(&q->t, q->rank[i], w * value_of(q, i));
    }
    for (size_t i = lo; i < hi; i++) { q->same[q->rank[i]] = 0; }
}

static void walk_forwards(pairs *q)
{
    const sv_risk *r = q->r;
    size_t late = 0, stratum_begin = 0;
    for (size_t g = 0; g < r->n_groups; g++) {
        size_t lo = r->group_row[g], dead_end = lo + r->group_dead[g], end = block_end(r, g);
        if (starts_stratum(r, g)) {
            tree_forget(&q->t, q->rank, stratum_begin, lo);
            stratum_begin = lo;
        }
        for (; late < r->n_late && r->first[r->late[late]] == g; late++) {
            ask_as_survivor(q, r->late[late], -1);
        }
        for (size_t i = lo; i < dead_end; i++) { ask_as_survivor(q, i, 1); }
        add_deaths(q, lo, dead_end);
        for (size_t i = dead_end; i < end; i++) {
            if (r->first[i] <= g) { ask_as_survivor(q, i, 1); }
        }
    }
}

/* influence: by row, or NULL. */
static void summarise(sv_concordance *out, double *influence, const pairs *q)
{
    *out = q->sum;
    double n = out->concordant + out->discordant + out->tied_risk;
    out->c = out->se = SV_NAN;
    if (!(n > 0)) { return; }
    out->c = (out->concordant + out->tied_risk / 2) / n;
    double var = 0;
    for (size_t i = 0; i < q->r->n; i++) {
        double partners = q->agree[i] + q->differ[i] + q->tie[i];
        double slope = (q->agree[i] + q->tie[i] / 2 - out->c * partners) / n;
        var += (q->r->weight[i] * slope) * (q->r->weight[i] * slope);
        if (influence != NULL) { influence[q->r->row[i]] = (double)q->r->n * q->r->weight[i] * slope; }
    }
    out->se = sqrt(var);
}

static int count_pairs(sv_concordance *out, double *influence, const double *risk, const double *value,
                       const sv_risk *r, sv_error *err)
{
    size_t n = r->n, ranks = 0;
    double *key = SV_NEW(double, n);
    pairs q = { .r = r, .value = value, .rank = SV_NEW(uint32_t, n), .agree = SV_NEW(double, n),
                .differ = SV_NEW(double, n), .tie = SV_NEW(double, n), .same = SV_NEW(double, n),
                .t = { .node = SV_NEW(double, n + 1), .at = SV_NEW(double, n) } };
    int rc = SV_OK;
    if (key == NULL || q.rank == NULL || q.agree == NULL || q.differ == NULL || q.tie == NULL ||
        q.same == NULL || q.t.node == NULL || q.t.at == NULL) {
        rc = sv_no_memory(err, "the concordance");
    } else {
        for (size_t i = 0; i < n; i++) { key[i] = risk[r->row[i]]; }
        rc = sv_dense_rank(q.rank, &ranks, key, n, err);
    }
    if (rc == SV_OK) {
        q.t.n = ranks;
        walk_backwards(&q);
        walk_forwards(&q);
        summarise(out, influence, &q);
    }
    free(key);
    free(q.rank);
    free(q.agree);
    free(q.differ);
    free(q.tie);
    free(q.same);
    free(q.t.node);
    free(q.t.at);
    return rc;
}

static int check_risk(const double *risk, const sv_surv *s, sv_error *err)
{
    int rc = sv_surv_check(s, 1, err);
    for (size_t i = 0; rc == SV_OK && i < s->n; i++) {
        if (!isfinite(risk[i])) {
            rc = sv_fail(err, SV_EDATA, "risk[%zu] is %g, expected a finite number", i, risk[i]);
        }
    }
    return rc;
}

/* What each death counts, by position: 1 / G(t-)^2 up to tau, nothing after. */
static int uno_values(double **value, const sv_risk *r, const sv_surv *s, double tau, sv_error *err)
{
    sv_censoring c;
    int rc = sv_censoring_fit(&c, s, err);
    if (rc != SV_OK) { return rc; }
    *value = SV_NEW(double, r->n);
    for (size_t i = 0; *value != NULL && i < r->n; i++) {
        double g = c.before[r->row[i]];
        (*value)[i] = r->time[i] <= tau && g > 0 ? 1 / (g * g) : 0;
    }
    sv_censoring_free(&c);
    return *value != NULL ? SV_OK : sv_no_memory(err, "the concordance");
}

/* tau NaN: Harrell's. influence: as in influence.h, or NULL. */
static int concordance_of(sv_concordance *out, double *influence, const double *risk, double tau, const sv_surv *s,
                          sv_error *err)
{
    *out = (sv_concordance){ .c = SV_NAN, .se = SV_NAN };
    int rc = check_risk(risk, s, err);
    if (rc == SV_OK && tau <= 0) { rc = sv_fail(err, SV_EINVAL, "tau is %g, expected more than 0", tau); }
    if (rc != SV_OK || sv_surv_events(s) == 0) { return rc; }
    sv_risk r = { 0 };
    double *value = NULL;
    rc = sv_risk_plan(&r, s, err);
    if (rc == SV_OK && !isnan(tau)) { rc = uno_values(&value, &r, s, tau, err); }
    if (rc == SV_OK) { rc = count_pairs(out, influence, risk, value, &r, err); }
    free(value);
    sv_risk_free(&r);
    return rc;
}

int sv_concordance_harrell(sv_concordance *out, const double *risk, const sv_surv *s, sv_error *err)
{
    return concordance_of(out, NULL, risk, SV_NAN, s, err);
}

int sv_concordance_uno(sv_concordance *out, const double *risk, double tau, const sv_surv *s, sv_error *err)
{
    return concordance_of(out, NULL, risk, isnan(tau) ? 0 : tau, s, err);
}

int sv_concordance_influence(double *influence, sv_concordance *out, const double *risk, double tau, const sv_surv *s,
                             sv_error *err)
{
    memset(influence, 0, s->n * sizeof *influence);
    return concordance_of(out, influence, risk, tau, s, err);
}

int sv_concordance_gonen_heller(double *out, const double *lp, size_t n, sv_error *err)
{
    *out = SV_NAN;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(lp[i])) {
            return sv_fail(err, SV_EDATA, "linear predictor of row %zu is %g, expected a finite number", i, lp[i]);
        }
    }
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            double d = fabs(lp[i] - lp[j]);
            if (d > 0) { sum += 1 / (1 + exp(-d)); }
        }
    }
    if (n > 1) { *out = 2 * sum / ((double)n * ((double)n - 1)); }
    return SV_OK;
}

void sv_index_interval(double *low, double *high, double estimate, double se)
{
    *low = *high = isnan(se) ? (double)NAN : estimate;
    if (!(estimate > 0 && estimate < 1 && se > 0)) { return; }
    const double logit = log(estimate / (1 - estimate));
    const double away = sv_normal_quantile(0.975) * se / (estimate * (1 - estimate));
    *low = 1 / (1 + exp(away - logit));
    *high = 1 / (1 + exp(-away - logit));
}

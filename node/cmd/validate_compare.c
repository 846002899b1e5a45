#include "cmd/validate_compare.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "cmd/matrix_table.h"
#include "cmd/hold.h"
#include "pipeline/compare_page.h"

/* ---- The same patients ----------------------------------------------------------------------- */

typedef struct place { size_t clinical_row, at; } place;

static int by_clinical_row(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return x->clinical_row < y->clinical_row ? -1 : x->clinical_row > y->clinical_row;
}

static place *places(const pn_train_data *d)
{
    place *p = malloc((d->n + 1) * sizeof *p);
    for (size_t i = 0; p != NULL && i < d->n; i++) { p[i] = (place){d->clinical_row[i], i}; }
    if (p != NULL) { qsort(p, d->n, sizeof *p, by_clinical_row); }
    return p;
}

/* d becomes its patients p[0..n), in that order. */
static int take(pn_train_data *d, const place *p, size_t n, pn_error *err)
{
    pn_train_data t = {.n = n, .p = d->p, .x = calloc(n * d->p + 1, sizeof *t.x), .event = calloc(n + 1, sizeof *t.event),
                       .time_days = calloc(n + 1, sizeof *t.time_days), .feature_row = calloc(n + 1, sizeof *t.feature_row),
                       .clinical_row = calloc(n + 1, sizeof *t.clinical_row), .features_only = d->features_only,
                       .clinical_only = d->clinical_only};
    if (t.x == NULL || t.event == NULL || t.time_days == NULL || t.feature_row == NULL || t.clinical_row == NULL) {
        pn_train_data_free(&t);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", n);
    }
    for (size_t i = 0; i < n; i++) {
        const size_t from = p[i].at;
        for (size_t j = 0; j < d->p; j++) { t.x[j * n + i] = d->x[j * d->n + from]; }
        t.time_days[i] = d->time_days[from];
        t.event[i] = d->event[from];
        t.events += d->event[from] == 1;
        t.feature_row[i] = d->feature_row[from];
        t.clinical_row[i] = d->clinical_row[from];
    }
    pn_train_data_free(d);
    *d = t;
    return PN_OK;
}

/* Both to the patients that both have, in the order of the follow-up table; *lost: patients of one only. */
static int pair_up(pn_train_data *a, pn_train_data *b, size_t *lost, pn_error *err)
{
    place *p = places(a), *q = places(b);
    size_t n = 0, i = 0, k = 0;
    int rc = p == NULL || q == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for patients") : PN_OK;
    while (rc == PN_OK && i < a->n && k < b->n) {
        if (p[i].clinical_row == q[k].clinical_row) {
            p[n] = p[i++];
            q[n++] = q[k++];
        } else if (p[i].clinical_row < q[k].clinical_row) {
            i++;
        } else {
            k++;
        }
    }
    *lost = a->n + b->n - 2 * n;
    if (rc == PN_OK && n == 0) { rc = pn_fail(err, PN_EINVAL, "no patient has the features of both models"); }
    if (rc == PN_OK) { rc = take(a, p, n, err); }
    if (rc == PN_OK) { rc = take(b, q, n, err); }
    free(p);
    free(q);
    return rc;
}

/* ---- What was found -------------------------------------------------------------------------- */

static void print_difference(const char *what, const sv_difference *d)
{
    if (!isfinite(d->difference)) { return; }
    printf("%-26s %.4f and %.4f, difference %+.4f (95 %% CI %+.4f to %+.4f), p %.3g", what, d->a, d->b, d->difference, d->low,
           d->high, d->p);
}

static void print_summary(const pn_comparison *c)
{
    char what[64];
    printf("%zu patients, %zu events; this model and the other\n", c->patients, c->events);
    print_difference("C-index (Harrell)", &c->harrell);
    puts("");
    print_difference("C-index (Uno)", &c->uno);
    puts("");
    for (size_t k = 0; k < c->n_horizons; k++) {
        const pn_comparison_horizon *h = &c->horizon[k];
        if (!isfinite(h->auc.difference)) { continue; }
        (void)snprintf(what, sizeof what, "AUC at %.3g years", h->years);
        print_difference(what, &h->auc);
        printf(", for all times %.3g\n", h->auc_p_adjusted);
        if (!h->risks) { continue; }
        (void)snprintf(what, sizeof what, "Brier score at %.3g years", h->years);
        print_difference(what, &h->brier);
        puts("");
    }
    static const char *const which[] = {"this score", "the other score"};
    for (size_t k = 0; k < 2 && c->n_clinical > 0; k++) {
        const pn_added_value *v = &c->added[k];
        if (v->fitted) {
            printf("beside clinical variables, %s: likelihood ratio %.2f, p %.3g\n", which[k], v->chisq, v->p);
        } else {
            printf("beside clinical variables, %s: not known, %s\n", which[k], v->why);
        }
    }
    for (size_t i = 0; i < c->n_warnings; i++) { fprintf(stderr, "prognode validate: warning: %s\n", c->warnings[i]); }
}

static int write_results(const pn_comparison *c, const pn_comparison_names *names, const validate_args *a, pn_error *err)
{
    pn_buf page = {0}, table = {0};
    int rc = PN_OK;
    if (a->output != NULL) { rc = pn_comparison_page(&page, pn_sheet_form_of(a->output), c, names, err); }
    if (rc == PN_OK && a->table != NULL) { rc = pn_comparison_table(&table, c, err); }
    if (rc == PN_OK && a->output != NULL) { rc = hold_and_write(a->output, page.p, page.n, err); }
    if (rc == PN_OK && a->table != NULL) { rc = hold_and_write(a->table, table.p, table.n, err); }
    pn_buf_free(&page);
    pn_buf_free(&table);
    return rc;
}

/* ---- All ------------------------------------------------------------------------------------- */

static int read_clinical(pn_clinical_columns *out, const pn_train_data *d, const validate_args *a, pn_error *err)
{
    pn_csv t = {0};
    int rc = pn_csv_read(&t, a->clinical, err);
    if (rc == PN_OK) {
        rc = pn_clinical_columns_read(out, &t, d->clinical_row, d->n, (const char *const *)a->clinical_columns.v,
                                      a->clinical_columns.n, PN_CSV_REQUIRED, err);
    }
    pn_csv_free(&t);
    return rc;
}

static void join_names(char *out, size_t size, const opt_list *l)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < l->n && used < size; i++) {
        int n = snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", l->v[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}

static void show_progress(void *verb, size_t done, size_t all) { mt_progress(verb, done, all); }

static int compare(const cfg_model *first, const cfg_model *other, const validate_args *a, pn_error *err)
{
    pn_train_data d = {0}, e = {0};
    pn_clinical_columns clinical = {0};
    static pn_comparison c;
    static char verb[] = "comparing risks", variables[400];
    size_t lost = 0;
    int rc = validate_read_patients(&d, NULL, first, a->features, a, err);
    if (rc == PN_OK) {
        rc = validate_read_patients(&e, NULL, other, a->other_features != NULL ? a->other_features : a->features, a, err);
    }
    if (rc == PN_OK) { rc = pair_up(&d, &e, &lost, err); }
    if (rc == PN_OK && a->clinical_columns.n > 0) { rc = read_clinical(&clinical, &d, a, err); }
    const pn_compare_opts o = {.limits = a->limits, .n_limits = a->n_limits, .replicates = a->replicates, .seed = a->seed,
                               .clinical = a->clinical_columns.n > 0 ? &clinical : NULL,
                               .progress = a->quiet ? NULL : show_progress, .context = verb};
    if (rc == PN_OK) { rc = pn_compare(&c, first, &d, other, &e, &o, err); }
    join_names(variables, sizeof variables, &a->clinical_columns);
    const pn_comparison_names names = {.first = first, .other = other, .cohort = a->cohort, .clinical = variables,
                                       .limits = a->limits};
    if (rc == PN_OK) { rc = write_results(&c, &names, a, err); }
    if (rc == PN_OK) {
        if (lost > 0) { fprintf(stderr, "prognode validate: warning: %zu patients have the features of one model only\n", lost); }
        print_summary(&c);
    }
    pn_clinical_columns_free(&clinical);
    pn_train_data_free(&d);
    pn_train_data_free(&e);
    return rc;
}

int validate_compare(const validate_args *a, pn_error *err)
{
    cfg_model first = {0}, other = {0};
    cfg_error cfg = {0};
    int rc = PN_OK;
    if (cfg_model_load(&first, a->model, &cfg) != CFG_OK || cfg_model_load(&other, a->other, &cfg) != CFG_OK) {
        rc = pn_fail(err, PN_ECONFIG, "%s", cfg.msg);
    }
    if (rc == PN_OK) { rc = compare(&first, &other, a, err); }
    cfg_model_free(&first);
    cfg_model_free(&other);
    return rc;
}

/* cmd/validate.c - `prognode validate`: a model file on patients that it was not made from. */
#include <math.h>
#include <stdio.h>
#include <survival/concordance.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/hold.h"
#include "cmd/validate_args.h"
#include "cmd/validate_compare.h"
#include "pipeline/validation_page.h"

static void print_line(const char *what, double v, double low, double high)
{
    printf("%-34s %.3f (95 %% CI %.3f to %.3f)\n", what, v, low, high);
}

static void print_index(const char *what, double v, double se)
{
    double low, high;
    sv_index_interval(&low, &high, v, se);
    print_line(what, v, low, high);
}

static void print_summary(const pn_validation *v)
{
    printf("%zu patients, %zu events\n", v->patients, v->events);
    print_index("C-index (Harrell)", v->c, v->c_se);
    if (isfinite(v->uno)) { print_index("C-index (Uno)", v->uno, v->uno_se); }
    if (isfinite(v->slope)) { print_line("calibration slope (1: right)", v->slope, v->slope - 1.96 * v->slope_se, v->slope + 1.96 * v->slope_se); }
    printf("low risk %zu patients, %zu events; high risk %zu, %zu\n", v->group_patients[0], v->group_events[0],
           v->group_patients[1], v->group_events[1]);
    if (isfinite(v->hr)) {
        printf("hazard ratio, high against low     %.3f (95 %% CI %.3f to %.3f), log-rank p %.4g\n", v->hr, v->hr_low,
               v->hr_high, v->logrank_p);
    }
    for (size_t h = 0; h < v->n_horizons; h++) {
        const pn_validation_horizon *z = &v->horizon[h];
        if (!isfinite(z->auc)) { continue; }
        double low, high;
        sv_index_interval(&low, &high, z->auc, z->auc_se);
        printf("at %.3g years: AUC %.3f (95 %% CI %.3f to %.3f)", z->years, z->auc, low, high);
        if (isfinite(z->brier)) {
            printf(", Brier %.4f (same risk for all: %.4f), predicted risk %.3f, observed %.3f", z->brier, z->brier_null,
                   z->predicted, z->observed);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < v->n_warnings; i++) { fprintf(stderr, "prognode validate: warning: %s\n", v->warnings[i]); }
}

static void print_unmatched(const pn_train_unmatched *u, const char *here, const char *there)
{
    if (u->n > 0) {
        fprintf(stderr, "prognode validate: warning: %zu rows of %s without a partner in %s, the first is row %zu\n", u->n,
                here, there, u->row[0]);
    }
}

static int write_page(const char *path, pn_sheet_form form, const pn_validation_content *c, pn_error *err)
{
    pn_buf b = {0};
    if (path == NULL) { return PN_OK; }
    int rc = pn_validation_page(&b, form, c, err);
    if (rc == PN_OK) { rc = hold_and_write(path, b.p, b.n, err); }
    pn_buf_free(&b);
    return rc;
}

typedef int write_csv(pn_buf *out, const pn_validation_content *c, pn_error *err);

static int write_table(const char *path, write_csv *write, const pn_validation_content *c, pn_error *err)
{
    pn_buf b = {0};
    if (path == NULL) { return PN_OK; }
    int rc = write(&b, c, err);
    if (rc == PN_OK) { rc = hold_and_write(path, b.p, b.n, err); }
    pn_buf_free(&b);
    return rc;
}

static int write_results(const pn_validation_content *c, const validate_args *a, pn_error *err)
{
    int rc = a->output != NULL ? write_page(a->output, pn_sheet_form_of(a->output), c, err) : PN_OK;
    if (rc == PN_OK) { rc = write_page(a->pdf, PN_SHEET_PDF, c, err); }
    if (rc == PN_OK) { rc = write_table(a->table, pn_validation_table, c, err); }
    return rc == PN_OK ? write_table(a->points, pn_validation_points, c, err) : rc;
}

static int read_groups(pn_column_groups *out, const pn_train_data *d, const validate_args *a, pn_error *err)
{
    pn_csv t = {0};
    if (a->groups == NULL) { return PN_OK; }
    int rc = pn_csv_read(&t, a->clinical, err);
    if (rc == PN_OK) { rc = pn_column_groups_read(out, &t, d, a->groups, err); }
    pn_csv_free(&t);
    return rc;
}

static int validate(const validate_args *a, pn_error *err)
{
    cfg_model m = {0};
    cfg_error cfg = {0};
    pn_train_data d = {0};
    pn_clinical_columns adjust = {0};
    pn_validation v = {0};
    pn_time_curves curves = {0};
    pn_forest forest = {0};
    pn_column_groups groups = {0};
    if (cfg_model_load(&m, a->model, &cfg) != CFG_OK) { return pn_fail(err, PN_ECONFIG, "%s", cfg.msg); }
    int rc = validate_read_patients(&d, &adjust, &m, a->features, a, err);
    if (rc == PN_OK) { rc = read_groups(&groups, &d, a, err); }
    if (rc == PN_OK) { rc = pn_validate(&v, &m, &d, err); }
    if (rc == PN_OK) { rc = pn_time_curves_of(&curves, &m, &d, &v, err); }
    if (rc == PN_OK) { rc = pn_forest_fit(&forest, &d, v.score, v.high, &adjust, err); }
    if (rc == PN_OK) {
        const pn_validation_content c = {.v = &v, .m = &m, .d = &d, .curves = &curves, .forest = &forest,
                                         .groups = a->groups != NULL ? &groups : NULL, .cohort = a->cohort};
        rc = write_results(&c, a, err);
    }
    if (rc == PN_OK) {
        print_unmatched(&d.features_only, a->features, a->clinical);
        print_unmatched(&d.clinical_only, a->clinical, a->features);
        print_summary(&v);
        if (groups.n > 0) {
            printf("%zu groups of %s: log-rank p %.4g, for a trend in their order %.4g\n", groups.n, groups.column,
                   groups.logrank_p, groups.trend_p);
        }
    }
    pn_column_groups_free(&groups);
    pn_forest_free(&forest);
    pn_validation_free(&v);
    pn_clinical_columns_free(&adjust);
    pn_train_data_free(&d);
    cfg_model_free(&m);
    return rc;
}

int cmd_validate(int argc, char **argv)
{
    validate_args a;
    pn_error err = {0};
    int code = validate_args_parse(&a, argc, argv);
    if (code == 0) {
        int rc = a.other != NULL ? validate_compare(&a, &err) : validate(&a, &err);
        if (rc != PN_OK) { fprintf(stderr, "prognode validate: %s\n", err.msg); }
        code = rc == PN_OK ? PN_EXIT_OK : PN_EXIT_FAILED;
    }
    validate_args_free(&a);
    return code < 0 ? PN_EXIT_OK : code;
}

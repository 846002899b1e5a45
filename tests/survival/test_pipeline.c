/* test_pipeline.c - from a table of features to a score tested in another cohort, on public cohorts:
 * redundant features out, z-scores of the training cohort, univariable Cox models, LASSO-Cox by cross-validation,
 * a cut-point in the training score, and how score and cut do in both cohorts.
 *
 * Two pairs of cohorts have results by R (reference/survival/24_pipeline). A third runs by the same code and prints
 * what it finds (docs/VALIDATION.md). Nothing is chosen after looking at the external cohort. */
#include "cohort.h"
#include "gztable.h"
#include "lung1.h"

#include <survival/auc.h>
#include <survival/censoring.h>
#include <survival/concordance.h>
#include <survival/cox.h>
#include <survival/logrank.h>
#include <survival/maxstat.h>
#include <survival/penalised.h>
#include <survival/redundancy.h>

enum { TIMES = 3, FOLDS = 10 };

typedef struct table {
    size_t n, p;
    char (*name)[120];
    double *x, *time;          /* x: row-major */
    int *event;
} table;

static void table_make(table *t, size_t n, size_t p)
{
    *t = (table){ .n = n, .p = p, .name = calloc(p, sizeof *t->name), .x = calloc(n * p, sizeof *t->x),
                  .time = calloc(n, sizeof *t->time), .event = calloc(n, sizeof *t->event) };
    assert_true(t->name != NULL && t->x != NULL && t->time != NULL && t->event != NULL);
}

static void table_free(table *t)
{
    free(t->name);
    free(t->x);
    free(t->time);
    free(t->event);
}

static sv_surv follow_up(const table *t)
{
    return (sv_surv){ .n = t->n, .time = t->time, .event = t->event };
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Columns from..to of a CSV file, of the rows whose number from 1 modulo 3 is 0 or is not. */
typedef enum rows_taken { ALL, NOT_EACH_THIRD, EACH_THIRD } rows_taken;

static void read_rows(table *t, const char *path, size_t from, size_t to, const char *time, const char *event,
                      rows_taken rows)
{
    csv c;
    if (!csv_read(&c, path)) { fail_msg("cannot read %s", path); }
    size_t n = 0;
    table_make(t, c.rows, to - from);
    for (size_t j = 0; j < t->p; j++) { (void)snprintf(t->name[j], sizeof t->name[j], "%s", c.cell[from + j]); }
    for (size_t i = 0; i < c.rows; i++) {
        if (rows != ALL && ((i + 1) % 3 == 0) != (rows == EACH_THIRD)) { continue; }
        for (size_t j = 0; j < t->p; j++) { t->x[n * t->p + j] = csv_num_at(&c, i, from + j); }
        t->time[n] = csv_num(&c, i, time);
        t->event[n] = (int)csv_num(&c, i, event);
        n++;
    }
    t->n = n;
    csv_free(&c);
}

/* The tumours with follow-up, in the genes that the reference was run on. */
static void read_expression(table *t, const char *series)
{
    char path[600];
    csv genes, clinical;
    if (!csv_read(&genes, REFERENCE("24_pipeline/crc_24550_24549_redundancy.csv"))) { fail_msg("no list of genes"); }
    (void)snprintf(path, sizeof path, SHARED("data/survival/crc/%s.GPL5175_clinical.csv"), series);
    if (!csv_read(&clinical, path)) { fail_msg("cannot read %s", path); }
    (void)snprintf(path, sizeof path, SHARED("data/survival/crc/%s.GPL5175_expr.csv.gz"), series);
    gztable e = gztable_read(path, true);
    assert_int_equal(e.cols, clinical.rows);
    table_make(t, clinical.rows, genes.rows);
    size_t n = 0;
    for (size_t i = 0; i < clinical.rows; i++) {
        if (strcmp(csv_text(&clinical, i, "dfs_status"), "") == 0) { continue; }
        t->time[n] = csv_num(&clinical, i, "days_to_recurrence_or_death");
        t->event[n++] = strcmp(csv_text(&clinical, i, "dfs_status"), "deceased_or_recurrence") == 0;
    }
    for (size_t j = 0; j < t->p; j++) {
        (void)snprintf(t->name[j], sizeof t->name[j], "%s", csv_text(&genes, j, "feature"));
        size_t g = 0;
        while (g < e.rows && strcmp(e.name[g], t->name[j]) != 0) { g++; }
        if (g == e.rows) { fail_msg("no gene %s in %s", t->name[j], series); }
        for (size_t i = 0, k = 0; i < clinical.rows; i++) {
            if (strcmp(csv_text(&clinical, i, "dfs_status"), "") == 0) { continue; }
            t->x[k++ * t->p + j] = e.v[g * e.cols + i];
        }
    }
    t->n = n;
    gztable_free(&e);
    csv_free(&genes);
    csv_free(&clinical);
}

/* ---- The procedure --------------------------------------------------------------------------- */

typedef struct model {
    size_t n_kept, *kept;      /* columns left by the redundancy filter */
    bool *removed;             /* [p] */
    double *mean, *sd;         /* [n_kept] */
    double *coef;              /* [n_kept], a unit of z */
    double *hr_p;              /* [n_kept] of the univariable models */
    sv_cv cv;
    double cut, statistic, p_cut;
} model;

static void model_free(model *m)
{
    free(m->kept);
    free(m->removed);
    free(m->mean);
    free(m->sd);
    free(m->coef);
    free(m->hr_p);
    sv_cv_free(&m->cv);
}

#define MUST(call) do { sv_error e_ = { 0 }; if ((call) != SV_OK) { fail_msg("%s", e_.msg); } } while (0)

static void drop_redundant(model *m, const table *t)
{
    sv_matrix x = sv_matrix_rowmajor(t->x, t->n, t->p);
    double *r = calloc(t->p * t->p, sizeof *r);
    size_t *dropped = calloc(t->p, sizeof *dropped), n = 0;
    m->removed = calloc(t->p, sizeof *m->removed);
    m->kept = calloc(t->p, sizeof *m->kept);
    assert_true(r != NULL && dropped != NULL && m->removed != NULL && m->kept != NULL);
    MUST(sv_spearman_matrix(r, &x, &e_));
    MUST(sv_find_redundant(dropped, NULL, &n, r, t->p, 0.9, &e_));
    for (size_t k = 0; k < n; k++) { m->removed[dropped[k]] = true; }
    for (size_t j = 0; j < t->p; j++) {
        if (!m->removed[j]) { m->kept[m->n_kept++] = j; }
    }
    free(r);
    free(dropped);
}

static void scale_by_training(model *m, const table *t)
{
    m->mean = calloc(m->n_kept, sizeof *m->mean);
    m->sd = calloc(m->n_kept, sizeof *m->sd);
    for (size_t k = 0; k < m->n_kept; k++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < t->n; i++) { sum += t->x[i * t->p + m->kept[k]]; }
        m->mean[k] = sum / (double)t->n;
        for (size_t i = 0; i < t->n; i++) { squares += pow(t->x[i * t->p + m->kept[k]] - m->mean[k], 2); }
        m->sd[k] = sqrt(squares / ((double)t->n - 1));
    }
}

/* z-scores by the training cohort's means and deviations, column-major. */
static double *z_scores(const model *m, const table *t)
{
    double *z = calloc(t->n * m->n_kept, sizeof *z);
    assert_non_null(z);
    for (size_t k = 0; k < m->n_kept; k++) {
        for (size_t i = 0; i < t->n; i++) { z[k * t->n + i] = (t->x[i * t->p + m->kept[k]] - m->mean[k]) / m->sd[k]; }
    }
    return z;
}

/* Fold of patient i: i modulo 10, in the order of the table. */
static void train(model *m, const table *t)
{
    *m = (model){ 0 };
    drop_redundant(m, t);
    scale_by_training(m, t);
    double *z = z_scores(m, t);
    int *fold = calloc(t->n, sizeof *fold);
    m->coef = calloc(m->n_kept, sizeof *m->coef);
    m->hr_p = calloc(m->n_kept, sizeof *m->hr_p);
    assert_true(fold != NULL && m->coef != NULL && m->hr_p != NULL);
    for (size_t i = 0; i < t->n; i++) { fold[i] = (int)(i % FOLDS); }
    sv_surv s = follow_up(t);
    for (size_t k = 0; k < m->n_kept; k++) {
        sv_cox fit;
        sv_matrix one = sv_matrix_colmajor(z + k * t->n, t->n, 1);
        MUST(sv_cox_fit(&fit, &one, &s, NULL, &e_));
        m->hr_p[k] = fit.wald_p;
        sv_cox_free(&fit);
    }
    sv_matrix x = sv_matrix_colmajor(z, t->n, m->n_kept);
    sv_path_opts o = SV_PATH_OPTS_INIT;
    sv_cv_opts cv = SV_CV_OPTS_INIT;
    o.lambda_min_ratio = 0.02;
    sv_path path;
    MUST(sv_path_cox(&path, &x, &s, &o, &e_));
    MUST(sv_cv_cox(&m->cv, &path, &x, &s, fold, FOLDS, &o, &cv, &e_));
    MUST(sv_path_at(m->coef, NULL, &path, m->cv.lambda[m->cv.best], &e_));
    sv_path_free(&path);
    free(fold);
    free(z);
}

static size_t n_selected(const model *m)
{
    size_t n = 0;
    for (size_t k = 0; k < m->n_kept; k++) { n += fabs(m->coef[k]) > 0; }
    return n;
}

static double *score_of(const model *m, const table *t)
{
    double *z = z_scores(m, t), *score = calloc(t->n, sizeof *score);
    assert_non_null(score);
    for (size_t k = 0; k < m->n_kept; k++) {
        for (size_t i = 0; i < t->n; i++) { score[i] += m->coef[k] * z[k * t->n + i]; }
    }
    free(z);
    return score;
}

static void find_cut(model *m, const table *t)
{
    double *score = score_of(m, t);
    sv_surv s = follow_up(t);
    sv_maxstat found;
    MUST(sv_maxstat_find(&found, score, &s, &(sv_maxstat_opts)SV_MAXSTAT_OPTS_INIT, &e_));
    m->cut = found.cut[found.best];
    m->statistic = found.statistic[found.best];
    m->p_cut = found.p_lausen94;
    sv_maxstat_free(&found);
    free(score);
}

/* ---- How it does in a cohort ----------------------------------------------------------------- */

typedef struct performance {
    size_t n, events, n_high;
    double auc_strict[TIMES];  /* cases had the event before the time, not at it */
    double c, c_se, hr_unit, p_unit, chisq, p, hr, hr_lo, hr_hi, auc[TIMES], auc_se[TIMES];
} performance;

static void one_covariate(double *hr, double ci[2], double *p, const double *v, const sv_surv *s)
{
    sv_cox fit;
    sv_matrix x = sv_matrix_colmajor(v, s->n, 1);
    MUST(sv_cox_fit(&fit, &x, s, NULL, &e_));
    *hr = exp(fit.coef[0]);
    *p = fit.wald_p;
    sv_cox_hazard_ratio_ci(ci, &fit, 0, 0.95);
    sv_cox_free(&fit);
}

/* AUC(t) from its definition, all pairs. strict: who has the event at t itself is neither case nor control. */
static double plain_auc(double t, const double *score, const sv_surv *s, bool strict)
{
    sv_censoring g;
    double wins = 0, pairs = 0;
    MUST(sv_censoring_fit(&g, s, &e_));
    for (size_t i = 0; i < s->n; i++) {
        if (s->event[i] == 0 || s->time[i] > t || (strict && s->time[i] >= t)) { continue; }
        for (size_t j = 0; j < s->n; j++) {
            if (s->time[j] <= t) { continue; }
            pairs += 1 / g.before[i];
            wins += (score[i] > score[j] ? 1 : score[i] < score[j] ? 0 : 0.5) / g.before[i];
        }
    }
    sv_censoring_free(&g);
    return wins / pairs;
}

static performance assess(const model *m, const table *t, const double at[TIMES])
{
    performance f = { .n = t->n };
    sv_surv s = follow_up(t);
    f.events = sv_surv_events(&s);
    double *score = score_of(m, t), *high = calloc(t->n, sizeof *high), ci[2], p;
    int *group = calloc(t->n, sizeof *group);
    assert_true(high != NULL && group != NULL);
    for (size_t i = 0; i < t->n; i++) {
        group[i] = score[i] > m->cut;
        high[i] = group[i];
        f.n_high += score[i] > m->cut;
    }
    sv_concordance c;
    MUST(sv_concordance_harrell(&c, score, &s, &e_));
    f.c = c.c;
    f.c_se = c.se;
    one_covariate(&f.hr_unit, ci, &f.p_unit, score, &s);
    one_covariate(&f.hr, ci, &p, high, &s);
    f.hr_lo = ci[0];
    f.hr_hi = ci[1];
    sv_logrank lr;
    MUST(sv_logrank_test(&lr, &s, group, 0, &e_));
    f.chisq = lr.chisq;
    f.p = lr.p;
    sv_logrank_free(&lr);
    for (size_t k = 0; k < TIMES; k++) {
        sv_auc a;
        MUST(sv_auc_at(&a, at[k], score, &s, &e_));
        f.auc[k] = a.auc;
        f.auc_se[k] = a.se;
        f.auc_strict[k] = plain_auc(at[k], score, &s, true);
        CHECK_NEAR(a.auc, plain_auc(at[k], score, &s, false), 1e-12, 0);
    }
    free(score);
    free(high);
    free(group);
    return f;
}

static void print_performance(const char *name, const performance *f)
{
    print_message("%s: %zu patients, %zu events; C %.4f (se %.4f), HR of a unit %.4f (p %.3g); %zu above the cut, "
                  "log-rank %.4f (p %.3g), HR %.4f (%.4f-%.4f); AUC %.4f %.4f %.4f\n", name, f->n, f->events, f->c,
                  f->c_se, f->hr_unit, f->p_unit, f->n_high, f->chisq, f->p, f->hr, f->hr_lo, f->hr_hi, f->auc[0],
                  f->auc[1], f->auc[2]);
}

/* ---- Against R ------------------------------------------------------------------------------- */

static csv reference(const char *stem, const char *what)
{
    char path[600];
    csv c;
    (void)snprintf(path, sizeof path, REFERENCE("24_pipeline/%s_%s.csv"), stem, what);
    if (!csv_read(&c, path)) { fail_msg("cannot read %s", path); }
    return c;
}

static void check_model(const model *m, const table *t, const char *stem)
{
    csv c = reference(stem, "redundancy");
    assert_int_equal(c.rows, t->p);
    for (size_t j = 0; j < t->p; j++) {
        assert_string_equal(csv_text(&c, j, "feature"), t->name[j]);
        assert_int_equal((int)csv_num(&c, j, "removed_spearman90"), m->removed[j]);
    }
    csv_free(&c);
    csv z = reference(stem, "zscore"), u = reference(stem, "univariable"), b = reference(stem, "coef_lambda_min");
    assert_int_equal(z.rows, m->n_kept);
    for (size_t k = 0; k < m->n_kept; k++) {
        assert_string_equal(csv_text(&b, k, "feature"), t->name[m->kept[k]]);
        CHECK_NEAR(m->mean[k], csv_num(&z, k, "mean"), 1e-12, 1e-13);
        CHECK_NEAR(m->sd[k], csv_num(&z, k, "sd"), 1e-12, 0);
        CHECK_NEAR(m->hr_p[k], csv_num(&u, k, "p"), 1e-6, 1e-12);
        CHECK_NEAR(m->coef[k], csv_num(&b, k, "beta"), 0, 5e-5);   /* both stop at 1e-10 of the deviance */
        assert_int_equal(fabs(m->coef[k]) > 0, fabs(csv_num(&b, k, "beta")) > 0);
    }
    csv_free(&z);
    csv_free(&u);
    csv_free(&b);
    /* glmnet's 10^5 passes ran out in some folds, in pLGG in the whole path as well: towards its end its curve flattens */
    enum { BEFORE_PASSES_RAN_OUT = 80 };
    csv v = reference(stem, "cv");
    assert_true(v.rows >= BEFORE_PASSES_RAN_OUT && v.rows <= m->cv.n_lambda);
    for (size_t k = 0; k < v.rows; k++) {
        CHECK_NEAR(m->cv.lambda[k], csv_num(&v, k, "lambda"), 1e-7, 0);
        if (k < BEFORE_PASSES_RAN_OUT) { CHECK_NEAR(m->cv.mean[k], csv_num(&v, k, "cvm"), 1e-3, 0); }
        if (k < m->cv.best + 5) { CHECK_NEAR(m->cv.mean[k], csv_num(&v, k, "cvm"), 1e-5, 0); }
        assert_int_equal(strcmp(csv_text(&v, k, "is_min"), "TRUE") == 0, k == m->cv.best);
        assert_int_equal(strcmp(csv_text(&v, k, "is_1se"), "TRUE") == 0, k == m->cv.one_se);
    }
    csv_free(&v);
}

static void check_performance(const performance *f, const model *m, const char *stem, size_t row)
{
    static const char *const auc[] = { "AUC1", "AUC2", "AUC3" }, *const se[] = { "seAUC1", "seAUC2", "seAUC3" };
    csv c = reference(stem, "performance");
#define SAME(value, column) CHECK_NEAR(value, csv_num(&c, row, column), 1e-4, 0)
    assert_int_equal(f->n, (size_t)csv_num(&c, row, "n"));
    assert_int_equal(f->events, (size_t)csv_num(&c, row, "events"));
    assert_int_equal(n_selected(m), (size_t)csv_num(&c, row, "nfeat"));
    assert_int_equal(f->n_high, (size_t)csv_num(&c, row, "n_high"));
    SAME(m->cut, "cut");
    SAME(m->statistic, "maxstat");
    SAME(m->p_cut, "p_Lau94");
    SAME(f->c, "C");
    SAME(f->c_se, "C_se");
    SAME(f->hr_unit, "HR_perunit");
    CHECK_NEAR(f->p_unit, csv_num(&c, row, "p_score"), 1e-3, 0);   /* 1.7e-9: far in the tail */
    SAME(f->chisq, "logrank_chisq");
    SAME(f->p, "logrank_p");
    SAME(f->hr, "HR_high");
    SAME(f->hr_lo, "HR_lo");
    SAME(f->hr_hi, "HR_hi");
    for (size_t k = 0; k < TIMES; k++) {
        double want = csv_num(&c, row, auc[k]);
        if (isnan(want)) {
            assert_true(isnan(f->auc[k]));
            continue;
        }
        /* timeROC counts only events before t as cases; the colorectal times are whole months, with events at t */
        SAME(f->auc_strict[k], auc[k]);
        if (near_enough(f->auc[k], f->auc_strict[k], 1e-12, 0)) { SAME(f->auc_se[k], se[k]); }
    }
#undef SAME
    csv_free(&c);
}

static void run_pair(table *a, table *b, const double at[TIMES], const char *name, bool has_reference)
{
    model m;
    train(&m, a);
    find_cut(&m, a);
    performance inside = assess(&m, a, at), outside = assess(&m, b, at);
    print_message("%s: %zu of %zu features after the filter, %zu selected, cut %.6f\n", name, m.n_kept, a->p,
                  n_selected(&m), m.cut);
    print_performance("  training", &inside);
    print_performance("  external", &outside);
    if (has_reference) {
        check_model(&m, a, name);
        check_performance(&inside, &m, name, 0);
        check_performance(&outside, &m, name, 1);
    } else {
        assert_true(inside.c > 0.5 && inside.events > 0 && outside.events > 0);
    }
    model_free(&m);
    table_free(a);
    table_free(b);
}

/* Cross-validation of hundreds of features takes ten times as long under sanitizers: 5 s without. */
#if defined(PN_SANITIZED)
#define SKIP_IF_SLOW() do { fprintf(stderr, "SKIPPED: runs without sanitizers\n"); skip(); } while (0)
#else
#define SKIP_IF_SLOW() ((void)0)
#endif

static void test_pipeline__glioma_mri(void **state)
{
    (void)state;
    SKIP_IF_SLOW();
    SKIP_WITHOUT(REFERENCE("24_pipeline/MANIFEST.csv"));
    table a, b;
    enum { FIRST = 11, LAST = 11 + 438 };
    read_rows(&a, SHARED("data/survival/plgg/plgg_discovery.csv"), FIRST, LAST, "pfs", "event", ALL);
    read_rows(&b, SHARED("data/survival/plgg/plgg_replication.csv"), FIRST, LAST, "pfs", "event", ALL);
    run_pair(&a, &b, (const double[]){ 12, 24, 36 }, "plgg", true);
}

static void test_pipeline__colorectal_expression(void **state)
{
    (void)state;
    SKIP_IF_SLOW();
    SKIP_WITHOUT(REFERENCE("24_pipeline/MANIFEST.csv"));
    table a, b;
    read_expression(&a, "GSE24550");
    read_expression(&b, "GSE24549");
    run_pair(&a, &b, (const double[]){ 365, 1095, 1825 }, "crc_24550_24549", true);
}

static void test_pipeline__lung_ct(void **state)
{
    (void)state;
    SKIP_IF_SLOW();
    SKIP_WITHOUT(REFERENCE("24_pipeline/MANIFEST.csv"));
    table a, b;
    enum { FIRST = 1, LAST = 1 + 191 };
    read_rows(&a, LUNG1("lung1_pyradiomics191_os.csv"), FIRST, LAST, "Survival.time", "deadstatus.event", NOT_EACH_THIRD);
    read_rows(&b, LUNG1("lung1_pyradiomics191_os.csv"), FIRST, LAST, "Survival.time", "deadstatus.event", EACH_THIRD);
    run_pair(&a, &b, (const double[]){ 365, 730, 1095 }, "lung1_2of3", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipeline__glioma_mri),
        cmocka_unit_test(test_pipeline__colorectal_expression),
        cmocka_unit_test(test_pipeline__lung_ct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

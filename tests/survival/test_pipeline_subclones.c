/* test_pipeline_subclones.c - from proportions of subpopulations to groups of patients and their disease-free
 * survival, in two public cohorts of colorectal cancer (reference/survival/25_subclone_pipeline: proportions by
 * debCAM, groups and tests by R). The groups say nothing about survival: that is the result. */
#include "cohort.h"
#include "gztable.h"

#include <survival/consensus.h>
#include <survival/cox.h>
#include <survival/logrank.h>

#define SUBCLONES(file) REFERENCE("25_subclone_pipeline/" file)

enum { K = 2, PARTS = 4, DRAWS = 500, EACH = 72 };

typedef struct patients {
    csv proportions;
    size_t n;
    double *x;                 /* n x PARTS */
    sv_matrix matrix;
} patients;

static patients read_proportions(const char *path)
{
    static const char *const part[PARTS] = { "P1", "P2", "P3", "P4" };
    patients p = { 0 };
    if (!csv_read(&p.proportions, path)) { fail_msg("cannot read %s", path); }
    p.n = p.proportions.rows;
    p.x = calloc(p.n * PARTS, sizeof *p.x);
    assert_non_null(p.x);
    for (size_t i = 0; i < p.n; i++) {
        for (size_t k = 0; k < PARTS; k++) { p.x[i * PARTS + k] = csv_num(&p.proportions, i, part[k]); }
    }
    p.matrix = sv_matrix_rowmajor(p.x, p.n, PARTS);
    return p;
}

static void patients_free(patients *p)
{
    csv_free(&p->proportions);
    free(p->x);
}

/* Follow-up of those who have one, with the place of each in the proportions. */
typedef struct follow_up {
    size_t n, *place;
    double *time;
    int *event;
    sv_surv surv;
} follow_up;

static follow_up read_follow_up(const char *path, const patients *p)
{
    csv c;
    if (!csv_read(&c, path)) { fail_msg("cannot read %s", path); }
    assert_int_equal(c.rows, p->n);
    follow_up f = { .place = calloc(c.rows, sizeof *f.place), .time = calloc(c.rows, sizeof *f.time),
                    .event = calloc(c.rows, sizeof *f.event) };
    assert_true(f.place != NULL && f.time != NULL && f.event != NULL);
    for (size_t i = 0; i < c.rows; i++) {
        assert_string_equal(csv_text(&c, i, "sample"), csv_text(&p->proportions, i, "sample"));
        const char *status = csv_text(&c, i, "dfs_status");
        if (strcmp(status, "") == 0) { continue; }
        f.place[f.n] = i;
        f.time[f.n] = csv_num(&c, i, "days_to_recurrence_or_death");
        f.event[f.n++] = strcmp(status, "deceased_or_recurrence") == 0;
    }
    f.surv = (sv_surv){ .n = f.n, .time = f.time, .event = f.event };
    csv_free(&c);
    return f;
}

static void follow_up_free(follow_up *f)
{
    free(f->place);
    free(f->time);
    free(f->event);
}

/* The two groups of `label` against row `row` of the reference. monotone: the hazard ratio has no finite estimate. */
static void check_survival(const follow_up *f, const int *label, size_t row, bool monotone)
{
    csv want;
    sv_error err = { 0 };
    assert_true(csv_read(&want, SUBCLONES("dfs_by_cluster.csv")));
    int *group = calloc(f->n, sizeof *group);
    double *second = calloc(f->n, sizeof *second), sizes[K + 1] = { 0 };
    assert_true(group != NULL && second != NULL);
    for (size_t i = 0; i < f->n; i++) {
        group[i] = label[f->place[i]];
        second[i] = group[i] == 2;
        sizes[group[i]]++;
    }
    assert_int_equal(f->n, (size_t)csv_num(&want, row, "n"));
    assert_int_equal(sv_surv_events(&f->surv), (size_t)csv_num(&want, row, "events"));
    CHECK_NEAR(sizes[1], csv_num(&want, row, "n1"), 0, 0);
    CHECK_NEAR(sizes[2], csv_num(&want, row, "n2"), 0, 0);
    sv_logrank t;
    CHECK_OK(sv_logrank_test(&t, &f->surv, group, 0, &err), err);
    CHECK_NEAR(t.chisq, csv_num(&want, row, "chisq"), 1e-9, 0);
    CHECK_NEAR(t.p, csv_num(&want, row, "p"), 1e-9, 0);
    sv_logrank_free(&t);
    sv_cox fit;
    sv_matrix x = sv_matrix_colmajor(second, f->n, 1);
    CHECK_OK(sv_cox_fit(&fit, &x, &f->surv, NULL, &err), err);
    assert_int_equal((fit.flag[0] & SV_COX_INFINITE) != 0, monotone);
    if (!monotone) {
        double ci[2];
        sv_cox_hazard_ratio_ci(ci, &fit, 0, 0.95);
        CHECK_NEAR(exp(fit.coef[0]), csv_num(&want, row, "HR21"), 1e-7, 0);
        CHECK_NEAR(ci[0], csv_num(&want, row, "lo"), 1e-7, 0);
        CHECK_NEAR(ci[1], csv_num(&want, row, "hi"), 1e-7, 0);
    }
    sv_cox_free(&fit);
    free(group);
    free(second);
    csv_free(&want);
}

static void check_labels(const int *label, const char *path, const char *column, size_t n)
{
    csv want;
    assert_true(csv_read(&want, path));
    assert_int_equal(want.rows, n);
    for (size_t i = 0; i < n; i++) { assert_int_equal(label[i], (int)csv_num(&want, i, column)); }
    csv_free(&want);
}

/* Average linkage splits two patients with follow-up off, neither with an event. */
static void test_subclones__consensus_groups(void **state)
{
    (void)state;
    SKIP_WITHOUT(SUBCLONES("MANIFEST.csv"));
    patients p = read_proportions(SUBCLONES("train_cluster_hc.csv"));
    follow_up f = read_follow_up(SHARED("data/survival/crc/GSE24550.GPL5175_clinical.csv"), &p);
    gztable draws = gztable_read(SUBCLONES("subsamples.csv.gz"), false);
    uint32_t *items = calloc(DRAWS * EACH, sizeof *items);
    assert_non_null(items);
    assert_int_equal(draws.rows * draws.cols, DRAWS * EACH);
    for (size_t i = 0; i < DRAWS * EACH; i++) { items[i] = (uint32_t)draws.v[i] - 1; }
    sv_consensus_opts o = SV_CONSENSUS_OPTS_INIT;
    o.max_k = K;
    o.repeats = DRAWS;
    o.metric = SV_METRIC_EUCLIDEAN;
    o.items = items;
    o.items_each = EACH;
    sv_consensus c;
    sv_error err = { 0 };
    CHECK_OK(sv_consensus_fit(&c, &p.matrix, &o, &err), err);
    check_labels(c.label, SUBCLONES("train_cluster_hc.csv"), "cluster", p.n);
    CHECK_NEAR(c.pac[0], csv_num(&p.proportions, 0, "PAC"), 1e-12, 0);
    check_survival(&f, c.label, 0, true);
    sv_consensus_free(&c);
    free(items);
    gztable_free(&draws);
    follow_up_free(&f);
    patients_free(&p);
}

/* Lloyd's k-means from the two patients farthest apart, the later of them in the table as the first centre. */
static void test_subclones__kmeans_and_the_other_cohort(void **state)
{
    (void)state;
    SKIP_WITHOUT(SUBCLONES("MANIFEST.csv"));
    patients p = read_proportions(SUBCLONES("train_cluster_hc.csv"));
    follow_up f = read_follow_up(SHARED("data/survival/crc/GSE24550.GPL5175_clinical.csv"), &p);
    double *d = calloc(p.n * p.n, sizeof *d), start[K * PARTS];
    size_t far = 0;
    sv_error err = { 0 };
    assert_non_null(d);
    CHECK_OK(sv_distance(d, &p.matrix, SV_METRIC_EUCLIDEAN, &err), err);
    for (size_t i = 0; i < p.n * p.n; i++) { far = d[i] > d[far] ? i : far; }
    memcpy(start, p.x + far % p.n * PARTS, PARTS * sizeof *start);
    memcpy(start + PARTS, p.x + far / p.n * PARTS, PARTS * sizeof *start);
    sv_kmeans_opts o = SV_KMEANS_OPTS_INIT;
    o.method = SV_KMEANS_LLOYD;
    o.centre = start;
    sv_kmeans km;
    CHECK_OK(sv_kmeans_fit(&km, &p.matrix, K, &o, &err), err);
    check_labels(km.label, SUBCLONES("train_cluster_km.csv"), "km", p.n);
    check_survival(&f, km.label, 1, false);
    patients q = read_proportions(SUBCLONES("external_cluster_km.csv"));
    int *label = calloc(q.n, sizeof *label);
    assert_non_null(label);
    CHECK_OK(sv_assign(label, NULL, NULL, &q.matrix, km.centre, K, SV_METRIC_EUCLIDEAN, &err), err);
    check_labels(label, SUBCLONES("external_cluster_km.csv"), "km", q.n);
    for (size_t i = 0; i < q.n; i++) { assert_int_equal(label[i], 2); }   /* a shift between cohorts, no group */
    free(label);
    free(d);
    sv_kmeans_free(&km);
    patients_free(&q);
    follow_up_free(&f);
    patients_free(&p);
}

static void test_subclones__each_proportion_alone(void **state)
{
    (void)state;
    SKIP_WITHOUT(SUBCLONES("MANIFEST.csv"));
    patients p = read_proportions(SUBCLONES("train_cluster_hc.csv"));
    follow_up f = read_follow_up(SHARED("data/survival/crc/GSE24550.GPL5175_clinical.csv"), &p);
    csv want;
    sv_error err = { 0 };
    double *x = calloc(f.n, sizeof *x);
    assert_non_null(x);
    assert_true(csv_read(&want, SUBCLONES("train_univariable.csv")));
    for (size_t k = 0; k < PARTS; k++) {
        for (size_t i = 0; i < f.n; i++) { x[i] = p.x[f.place[i] * PARTS + k]; }
        sv_matrix m = sv_matrix_colmajor(x, f.n, 1);
        sv_cox fit;
        CHECK_OK(sv_cox_fit(&fit, &m, &f.surv, NULL, &err), err);
        CHECK_NEAR(fit.coef[0], csv_num(&want, k, "coef"), 1e-8, 0);
        CHECK_NEAR(fit.se[0], csv_num(&want, k, "se"), 1e-8, 0);
        CHECK_NEAR(fit.wald_p, csv_num(&want, k, "p"), 1e-8, 0);
        sv_cox_free(&fit);
    }
    free(x);
    csv_free(&want);
    follow_up_free(&f);
    patients_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subclones__consensus_groups),
        cmocka_unit_test(test_subclones__kmeans_and_the_other_cohort),
        cmocka_unit_test(test_subclones__each_proportion_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

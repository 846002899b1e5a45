/* test_forest.c - random forests of labels and of follow-up: definitions written out, planted truth, bands of R. */
#include "cohort.h"
#include "lung1.h"

#include <string.h>
#include <survival/concordance.h>
#include <survival/dist.h>
#include <survival/forest.h>
#include <survival/logrank.h>
#include <survival/rng.h>
#include <survival/roc.h>

enum { N = 150, P = 5 };

/* Columns 0 and 3 matter; 2 holds few values; 4 is constant. */
typedef struct sample {
    double x[N * P], time[N];
    int label[N], event[N];
} sample;

static void simulate(sample *s, uint64_t seed)
{
    sv_rng r = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < N; i++) {
        double *x = s->x + i * P;
        for (size_t j = 0; j < 4; j++) { x[j] = sv_normal_quantile(sv_rng_uniform(&r)); }
        x[2] = floor(x[2]);
        x[4] = 7;
        double eta = 2 * x[0] - 1.5 * x[3];
        s->label[i] = sv_rng_uniform(&r) < 1 / (1 + exp(-2 * eta)) ? 8 : -3;
        double t = -log(sv_rng_uniform(&r)) * exp(-eta), c = 3 * sv_rng_uniform(&r);
        s->time[i] = ceil(20 * fmin(t, c)) / 20;               /* with ties */
        s->event[i] = t <= c;
    }
}

static sv_matrix matrix(const sample *s) { return sv_matrix_rowmajor(s->x, N, P); }
static sv_surv follow_up(const sample *s) { return (sv_surv){ .n = N, .time = s->time, .event = s->event }; }

/* The bag of a tree, as the header says. */
static void bag_of(uint32_t *row, bool *in, size_t n, uint64_t seed, size_t tree)
{
    sv_rng r = sv_rng_stream(seed, tree);
    memset(in, 0, n * sizeof *in);
    for (size_t i = 0; i < n; i++) {
        row[i] = (uint32_t)sv_rng_below(&r, n);
        in[row[i]] = true;
    }
}

static size_t leaf_of(const sv_tree_node *node, const double *x)
{
    size_t k = 0;
    while (node[k].column != SV_TREE_LEAF) { k = x[node[k].column] > node[k].threshold ? node[k].above : node[k].below; }
    return k;
}

/* ---- of labels ------------------------------------------------------------------------------- */

/* Leaves hold the shares of their bag's rows; out of bag is the mean over the trees without the row. */
static void test_forest__bags_and_leaves(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 1);
    sv_matrix m = matrix(&s);
    sv_forest f;
    sv_forest_opts o = SV_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    o.trees = 25;
    o.min_leaf = 4;
    o.seed = 99;
    CHECK_OK(sv_forest_fit(&f, &m, s.label, &o, &err), err);
    assert_int_equal(f.classes, 2);
    assert_true(f.label[0] == -3 && f.label[1] == 8 && f.importance == NULL);
    double sum[N] = { 0 }, votes[N] = { 0 }, wrong = 0, asked = 0;
    for (size_t t = 0; t < f.trees; t++) {
        uint32_t row[N];
        bool in[N];
        const sv_tree *tree = &f.tree[t];
        bag_of(row, in, N, 99, t);
        double *count = calloc(2 * tree->nodes, sizeof *count);
        for (size_t i = 0; i < N; i++) { count[2 * leaf_of(tree->node, s.x + row[i] * P) + (s.label[row[i]] == 8)]++; }
        for (size_t k = 0; k < tree->nodes; k++) {
            if (tree->node[k].column != SV_TREE_LEAF) {
                assert_true(tree->node[k].column != 4);
                continue;
            }
            double n = count[2 * k] + count[2 * k + 1];
            assert_true(n >= 4 && (double)tree->node[k].rows == n);
            assert_true((double)tree->node[k].errors == fmin(count[2 * k], count[2 * k + 1]));
            CHECK_NEAR(tree->share[2 * k + 1], count[2 * k + 1] / n, 1e-14, 0);
        }
        free(count);
        for (size_t i = 0; i < N; i++) {
            if (in[i]) { continue; }
            votes[i]++;
            sum[i] += tree->share[2 * leaf_of(tree->node, s.x + i * P) + 1];
        }
    }
    for (size_t i = 0; i < N; i++) {
        if (votes[i] == 0) {
            assert_true(isnan(f.oob[2 * i]) && isnan(f.oob[2 * i + 1]));
            continue;
        }
        CHECK_NEAR(f.oob[2 * i + 1], sum[i] / votes[i], 1e-12, 0);
        CHECK_NEAR(f.oob[2 * i] + f.oob[2 * i + 1], 1, 1e-12, 0);
        asked++;
        wrong += (f.oob[2 * i + 1] > f.oob[2 * i]) != (s.label[i] == 8);
    }
    CHECK_NEAR(f.oob_error, wrong / asked, 1e-12, 0);
    sv_forest_free(&f);
}

/* Whole trees know the rows of their bag by heart. */
static void test_forest__whole_trees(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 2);
    sv_matrix m = matrix(&s);
    sv_forest f;
    sv_forest_opts o = SV_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    o.trees = 1;
    CHECK_OK(sv_forest_fit(&f, &m, s.label, &o, &err), err);
    uint32_t row[N];
    bool in[N];
    double share[2 * N];
    bag_of(row, in, N, o.seed, 0);
    CHECK_OK(sv_forest_predict(share, &f, &m, &err), err);
    for (size_t i = 0; i < N; i++) {
        if (in[i]) { assert_true(share[2 * i + (s.label[i] == 8)] == 1); }
    }
    sv_forest_free(&f);
}

static void test_forest__finds_what_is_planted(void **state)
{
    (void)state;
    static sample s, fresh;
    simulate(&s, 3);
    simulate(&fresh, 4);
    sv_matrix m = matrix(&s), q = matrix(&fresh);
    sv_forest f;
    sv_forest_opts o = SV_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    o.trees = 200;
    o.importance = true;
    CHECK_OK(sv_forest_fit(&f, &m, s.label, &o, &err), err);
    double share[2 * N], wrong = 0;
    CHECK_OK(sv_forest_predict(share, &f, &q, &err), err);
    for (size_t i = 0; i < N; i++) { wrong += (share[2 * i + 1] > 0.5) != (fresh.label[i] == 8); }
    assert_true(wrong / N < 0.25);
    CHECK_NEAR(f.oob_error, wrong / N, 0, 0.1);
    assert_true(f.importance[0] > 0.08 && f.importance[3] > 0.04);
    assert_true(fabs(f.importance[1]) < 0.035 && fabs(f.importance[2]) < 0.035);
    assert_true(f.importance[4] == 0);                          /* never split */
    sv_forest_free(&f);
}

/* Labels that nothing explains are not explained out of bag. */
static void test_forest__noise(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 5);
    sv_rng r = sv_rng_stream(6, 0);
    for (size_t i = 0; i < N; i++) { s.label[i] = sv_rng_below(&r, 2) == 0; }
    sv_matrix m = matrix(&s);
    sv_forest f;
    sv_forest_opts o = SV_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    double oob[N];
    CHECK_OK(sv_forest_fit(&f, &m, s.label, &o, &err), err);
    for (size_t i = 0; i < N; i++) { oob[i] = f.oob[2 * i + 1]; }
    sv_roc_area a;
    CHECK_OK(sv_roc_auc(&a, oob, s.label, N, 0.95, &err), err);
    CHECK_NEAR(a.auc, 0.5, 0, 4 * sqrt(1.0 / 12 * (N + 1) / (0.25 * N * N)));
    sv_forest_free(&f);
}

/* Trees do not depend on each other, nor on the unit of the columns; the seed matters. */
static void test_forest__same_trees(void **state)
{
    (void)state;
    static sample s, units;
    simulate(&s, 7);
    units = s;
    for (size_t i = 0; i < N * P; i++) { units.x[i] *= 1024; }
    sv_matrix m = matrix(&s), u = matrix(&units);
    sv_forest few, many, other;
    sv_forest_opts o = SV_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    o.trees = 4;
    CHECK_OK(sv_forest_fit(&few, &m, s.label, &o, &err), err);
    o.trees = 9;
    CHECK_OK(sv_forest_fit(&many, &m, s.label, &o, &err), err);
    CHECK_OK(sv_forest_fit(&other, &u, s.label, &o, &err), err);
    for (size_t t = 0; t < 9; t++) {
        if (t < 4) {
            assert_int_equal(few.tree[t].nodes, many.tree[t].nodes);
            assert_memory_equal(few.tree[t].node, many.tree[t].node, many.tree[t].nodes * sizeof *many.tree[t].node);
        }
        assert_int_equal(other.tree[t].nodes, many.tree[t].nodes);
        for (size_t k = 0; k < many.tree[t].nodes; k++) {
            assert_int_equal(other.tree[t].node[k].column, many.tree[t].node[k].column);
            assert_true(other.tree[t].node[k].threshold == 1024 * many.tree[t].node[k].threshold);
        }
    }
    assert_memory_equal(other.oob, many.oob, 2 * N * sizeof *many.oob);
    sv_forest_free(&other);
    o.seed = 2;
    CHECK_OK(sv_forest_fit(&other, &m, s.label, &o, &err), err);
    assert_true(memcmp(other.oob, many.oob, 2 * N * sizeof *many.oob) != 0);
    sv_forest_free(&few);
    sv_forest_free(&many);
    sv_forest_free(&other);
}

/* ---- of follow-up ---------------------------------------------------------------------------- */

/* Cumulative hazard and mortality of each leaf of a tree, from the rows of its bag, by Nelson & Aalen's definition. */
static void test_survival__one_tree_by_hand(void **state)
{
    (void)state;
    static sample s;
    static double hazard[N * N];
    double mortality[N];
    simulate(&s, 8);
    sv_matrix m = matrix(&s);
    sv_surv y = follow_up(&s);
    sv_survival_forest f;
    sv_forest_opts o = SV_SURVIVAL_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    o.trees = 1;
    o.seed = 5;
    CHECK_OK(sv_survival_forest_fit(&f, &m, &y, &o, &err), err);
    CHECK_OK(sv_survival_forest_hazard(hazard, &f, &m, &err), err);
    CHECK_OK(sv_survival_forest_score(mortality, &f, &m, &err), err);
    uint32_t row[N];
    bool in[N];
    bag_of(row, in, N, 5, 0);
    assert_true(f.tree[0].nodes > 3);
    for (size_t i = 0; i < N; i++) {
        size_t leaf = leaf_of(f.tree[0].node, s.x + i * P);
        double h = 0, expected = 0;
        for (size_t k = 0; k < f.times; k++) {
            double dead = 0, at_risk = 0, watched = 0;
            for (size_t b = 0; b < N; b++) {
                watched += s.time[b] >= f.time[k];
                if (leaf_of(f.tree[0].node, s.x + row[b] * P) != leaf) { continue; }
                at_risk += s.time[row[b]] >= f.time[k];
                dead += s.time[row[b]] == f.time[k] && s.event[row[b]];
            }
            if (at_risk > 0) {
                h += dead / at_risk;
                expected += dead / at_risk * watched;
            }
            CHECK_NEAR(hazard[i * f.times + k], h, 1e-12, 0);
        }
        CHECK_NEAR(mortality[i], expected, 1e-12, 0);
        if (in[i]) { assert_true(isnan(f.oob[i])); } else { CHECK_NEAR(f.oob[i], expected, 1e-12, 0); }
    }
    for (size_t k = 1; k < f.times; k++) { assert_true(f.time[k - 1] < f.time[k]); }
    sv_survival_forest_free(&f);
}

/* A stump splits where the log-rank test of its bag is the largest. */
static void test_survival__root_split_is_the_best(void **state)
{
    (void)state;
    static sample s;
    sv_error err = { 0 };
    for (uint64_t seed = 1; seed <= 5; seed++) {
        simulate(&s, 20 + seed);
        sv_matrix m = matrix(&s);
        sv_surv y = follow_up(&s);
        sv_survival_forest f;
        sv_forest_opts o = SV_SURVIVAL_FOREST_OPTS_INIT;
        o.trees = 1;
        o.columns = P;
        o.max_depth = 1;
        o.seed = seed;
        CHECK_OK(sv_survival_forest_fit(&f, &m, &y, &o, &err), err);
        uint32_t row[N];
        bool in[N];
        double time[N], best = 0, got = 0;
        int event[N], side[N];
        bag_of(row, in, N, seed, 0);
        for (size_t i = 0; i < N; i++) {
            time[i] = s.time[row[i]];
            event[i] = s.event[row[i]];
        }
        const sv_surv bag = { .n = N, .time = time, .event = event };
        for (size_t j = 0; j < P; j++) {
            for (size_t c = 0; c <= N; c++) {              /* the last: as the tree has it */
                double cut = c < N ? s.x[c * P + j] : f.tree[0].node[0].threshold;
                size_t above = 0;
                for (size_t i = 0; i < N; i++) { above += (size_t)(side[i] = s.x[row[i] * P + j] > cut); }
                if (above < 15 || N - above < 15 || (c == N && j != f.tree[0].node[0].column)) { continue; }
                sv_logrank t;
                CHECK_OK(sv_logrank_test(&t, &bag, side, 0, &err), err);
                best = fmax(best, t.chisq);
                if (c == N) { got = t.chisq; }
                sv_logrank_free(&t);
            }
        }
        assert_int_equal(f.tree[0].nodes, 3);
        CHECK_NEAR(got, best, 1e-9, 0);
        sv_survival_forest_free(&f);
    }
}

static void test_survival__finds_what_is_planted(void **state)
{
    (void)state;
    static sample s, fresh;
    simulate(&s, 9);
    simulate(&fresh, 10);
    sv_matrix m = matrix(&s), q = matrix(&fresh);
    sv_surv y = follow_up(&s), later = follow_up(&fresh);
    sv_survival_forest f;
    sv_forest_opts o = SV_SURVIVAL_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    o.trees = 200;
    o.importance = true;
    CHECK_OK(sv_survival_forest_fit(&f, &m, &y, &o, &err), err);
    double score[N];
    sv_concordance c;
    CHECK_OK(sv_survival_forest_score(score, &f, &q, &err), err);
    CHECK_OK(sv_concordance_harrell(&c, score, &later, &err), err);
    assert_true(c.c > 0.75);
    CHECK_OK(sv_concordance_harrell(&c, f.oob, &y, &err), err);
    CHECK_NEAR(f.oob_error, 1 - c.c, 1e-12, 0);
    assert_true(f.oob_error < 0.25);
    assert_true(f.importance[0] > 0.05 && f.importance[3] > 0.02);
    assert_true(fabs(f.importance[1]) < 0.02 && fabs(f.importance[2]) < 0.02 && f.importance[4] == 0);
    sv_survival_forest_free(&f);
}

/* The unit of time says nothing but for the times themselves; nor do columns that do not vary. */
static void test_survival__units_and_constants(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 11);
    sv_matrix m = matrix(&s), flat = sv_matrix_rowmajor(s.x + 4, N, 1);
    flat.row_step = P;
    sv_surv y = follow_up(&s);
    double months[N], score[N], other[N];
    for (size_t i = 0; i < N; i++) { months[i] = s.time[i] * 8; }
    const sv_surv z = { .n = N, .time = months, .event = s.event };
    sv_survival_forest f;
    sv_forest_opts o = SV_SURVIVAL_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    o.trees = 10;
    CHECK_OK(sv_survival_forest_fit(&f, &m, &y, &o, &err), err);
    CHECK_OK(sv_survival_forest_score(score, &f, &m, &err), err);
    sv_survival_forest_free(&f);
    CHECK_OK(sv_survival_forest_fit(&f, &m, &z, &o, &err), err);
    CHECK_OK(sv_survival_forest_score(other, &f, &m, &err), err);
    sv_survival_forest_free(&f);
    assert_memory_equal(other, score, sizeof score);
    CHECK_OK(sv_survival_forest_fit(&f, &flat, &y, &o, &err), err);
    CHECK_OK(sv_survival_forest_score(score, &f, &flat, &err), err);
    for (size_t t = 0; t < f.trees; t++) { assert_int_equal(f.tree[t].nodes, 1); }
    for (size_t i = 1; i < N; i++) { assert_true(score[i] == score[0]); }
    sv_survival_forest_free(&f);
}

/* ---- bands of R ------------------------------------------------------------------------------ */

/* Mean and standard deviation over runs of R's randomForest: whatever the seed, 4 deviations off is another method. */
static void check_band(const csv *bands, const char *stat, double got)
{
    for (size_t i = 0; i < bands->rows; i++) {
        if (strcmp(csv_text(bands, i, "stat"), stat) != 0) { continue; }
        CHECK_NEAR(got, csv_num(bands, i, "mean"), 0, 4 * csv_num(bands, i, "sd"));
        return;
    }
    fail_msg("no band of %s", stat);
}

static void test_forest__bands(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("21_svm_rf/randomForest_30runs.csv"));
    csv bands, z[2];
    double *x[2], marker[300], share[600];
    int y[2][300];
    assert_true(csv_read(&bands, REFERENCE("21_svm_rf/randomForest_30runs.csv")));
    assert_true(csv_read(&z[0], REFERENCE("20_logistic_roc/train_z.csv")) && csv_read(&z[1], REFERENCE("20_logistic_roc/test_z.csv")));
    for (size_t k = 0; k < 2; k++) {
        x[k] = calloc(z[k].rows * 7, sizeof **x);
        for (size_t i = 0; i < z[k].rows; i++) {
            y[k][i] = (int)csv_num(&z[k], i, "y");
            for (size_t j = 0; j < 7; j++) { x[k][i * 7 + j] = csv_num_at(&z[k], i, j + 2); }
        }
    }
    sv_matrix train = sv_matrix_rowmajor(x[0], z[0].rows, 7), test = sv_matrix_rowmajor(x[1], z[1].rows, 7);
    sv_forest_opts o = SV_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    for (o.seed = 1; o.seed <= 3; o.seed++) {
        sv_forest f;
        sv_roc_area a;
        CHECK_OK(sv_forest_fit(&f, &train, y[0], &o, &err), err);
        check_band(&bands, "oob_err", f.oob_error);
        for (size_t i = 0; i < train.rows; i++) { marker[i] = f.oob[2 * i + 1]; }
        CHECK_OK(sv_roc_auc(&a, marker, y[0], train.rows, 0.95, &err), err);
        check_band(&bands, "oob_auc", a.auc);
        CHECK_OK(sv_forest_predict(share, &f, &test, &err), err);
        for (size_t i = 0; i < test.rows; i++) { marker[i] = share[2 * i + 1]; }
        CHECK_OK(sv_roc_auc(&a, marker, y[1], test.rows, 0.95, &err), err);
        check_band(&bands, "test_auc", a.auc);
        sv_forest_free(&f);
    }
    for (size_t k = 0; k < 2; k++) {
        free(x[k]);
        csv_free(&z[k]);
    }
    csv_free(&bands);
}

/* Lung1, 190 features, every other patient: 30 runs of ranger 0.14.1, ranger(Surv ~ ., num.trees = 500,
 * min.node.size = 15), had C = 0.56450 out of bag, sd 0.00344, and 0.60052, sd 0.00142, in the other half. */
static void test_survival__bands(void **state)
{
    (void)state;
    SKIP_WITHOUT(LUNG1("lung1_pyradiomics191_os.csv"));
    csv t;
    assert_true(csv_read(&t, LUNG1("lung1_pyradiomics191_os.csv")));
    enum { COLUMNS = 190 };
    size_t n = t.rows, p = 0, half = (n + 1) / 2, column[COLUMNS];
    for (size_t j = 0; j < t.cols; j++) {
        bool feature = strncmp(t.cell[j], "original", 8) == 0 || strncmp(t.cell[j], "wavelet", 7) == 0;
        if (feature && p < COLUMNS) { column[p++] = j; }
    }
    assert_int_equal(p, COLUMNS);
    double *x = calloc(n * p, sizeof *x), *time = calloc(n, sizeof *time), *score = calloc(n, sizeof *score);
    int *event = calloc(n, sizeof *event);
    for (size_t i = 0; i < n; i++) {
        size_t at = i % 2 == 0 ? i / 2 : half + i / 2;
        time[at] = csv_num(&t, i, "Survival.time");
        event[at] = (int)csv_num(&t, i, "deadstatus.event");
        for (size_t j = 0; j < p; j++) { x[at * p + j] = csv_num_at(&t, i, column[j]); }
    }
    sv_matrix train = sv_matrix_rowmajor(x, half, p), test = sv_matrix_rowmajor(x + half * p, n - half, p);
    const sv_surv y = { .n = half, .time = time, .event = event };
    const sv_surv later = { .n = n - half, .time = time + half, .event = event + half };
    sv_forest_opts o = SV_SURVIVAL_FOREST_OPTS_INIT;
    sv_error err = { 0 };
    sv_survival_forest f;
    sv_concordance c;
    CHECK_OK(sv_survival_forest_fit(&f, &train, &y, &o, &err), err);
    CHECK_NEAR(1 - f.oob_error, 0.56450, 0, 4 * 0.00344);
    CHECK_OK(sv_survival_forest_score(score, &f, &test, &err), err);
    CHECK_OK(sv_concordance_harrell(&c, score, &later, &err), err);
    CHECK_NEAR(c.c, 0.60052, 0, 4 * 0.00142);
    sv_survival_forest_free(&f);
    free(x);
    free(time);
    free(score);
    free(event);
    csv_free(&t);
}

/* ---- failures -------------------------------------------------------------------------------- */

static bool stop_at_two(void *context, size_t done, size_t all)
{
    *(size_t *)context = done;
    return all != 5 || done < 2;
}

static void test_forest__failures(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 12);
    sv_matrix m = matrix(&s), one = sv_matrix_rowmajor(s.x, 1, P), narrow = sv_matrix_rowmajor(s.x, N, P - 1);
    sv_surv y = follow_up(&s);
    size_t done = 0;
    sv_forest_opts good = SV_FOREST_OPTS_INIT, bad[5];
    good.trees = 5;
    for (size_t k = 0; k < 5; k++) { bad[k] = good; }
    bad[0].trees = 0;
    bad[1].min_leaf = 0;
    bad[2].max_depth = 61;
    bad[3].columns = P + 1;
    bad[4].progress = stop_at_two;
    bad[4].context = &done;
    sv_forest f = { .n = 77 };
    sv_survival_forest g = { .n = 77 };
    sv_error err = { 0 };
    for (size_t k = 0; k < 5; k++) {
        assert_int_equal(sv_forest_fit(&f, &m, s.label, &bad[k], &err), SV_EINVAL);
        assert_int_equal(sv_survival_forest_fit(&g, &m, &y, &bad[k], &err), SV_EINVAL);
    }
    assert_int_equal(done, 2);
    assert_int_equal(sv_forest_fit(&f, &one, s.label, &good, &err), SV_ETOOSMALL);
    assert_int_equal(sv_survival_forest_fit(&g, &one, &y, &good, &err), SV_ETOOSMALL);
    sv_surv weighted = y;
    weighted.weight = s.time;
    assert_int_equal(sv_survival_forest_fit(&g, &m, &weighted, &good, &err), SV_EINVAL);
    const int nobody[N] = { 0 };
    const sv_surv none = { .n = N, .time = s.time, .event = nobody };
    assert_int_equal(sv_survival_forest_fit(&g, &m, &none, &good, &err), SV_ENOEVENT);
    assert_int_equal(sv_forest_fit(&f, &m, nobody, &good, &err), SV_EDATA);
    s.x[9] = (double)NAN;
    assert_int_equal(sv_forest_fit(&f, &m, s.label, &good, &err), SV_EDATA);
    s.x[9] = 7;
    good.trees = SV_FOREST_MAX_TREES;
    sv_matrix large = { s.x, SV_FOREST_MAX_CELLS / SV_FOREST_MAX_TREES + 1, 1, 0, 0 };
    assert_int_equal(sv_forest_fit(&f, &large, s.label, &good, &err), SV_ELIMIT);
    assert_int_equal(f.n, 77);
    assert_int_equal(g.n, 77);
    good.trees = 2;
    double out[2 * N];
    CHECK_OK(sv_forest_fit(&f, &m, s.label, &good, &err), err);
    CHECK_OK(sv_survival_forest_fit(&g, &m, &y, &good, &err), err);
    assert_int_equal(sv_forest_predict(out, &f, &narrow, &err), SV_EINVAL);
    assert_int_equal(sv_survival_forest_score(out, &g, &narrow, &err), SV_EINVAL);
    assert_int_equal(sv_survival_forest_hazard(out, &g, &narrow, &err), SV_EINVAL);
    sv_forest_free(&f);
    sv_survival_forest_free(&g);
    sv_forest_free(&f);
    sv_survival_forest_free(&g);
    sv_forest_free(NULL);
    sv_survival_forest_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forest__bags_and_leaves),   cmocka_unit_test(test_forest__whole_trees),
        cmocka_unit_test(test_forest__finds_what_is_planted), cmocka_unit_test(test_forest__noise),
        cmocka_unit_test(test_forest__same_trees),        cmocka_unit_test(test_survival__one_tree_by_hand),
        cmocka_unit_test(test_survival__root_split_is_the_best), cmocka_unit_test(test_survival__finds_what_is_planted),
        cmocka_unit_test(test_survival__units_and_constants), cmocka_unit_test(test_forest__bands),
        cmocka_unit_test(test_survival__bands),           cmocka_unit_test(test_forest__failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

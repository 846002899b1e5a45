/* test_tune.c - choosing settings by cross-validation: written out by hand, planted, poisoned, and on noise. */
#include <check.h>

#include <stdlib.h>
#include <string.h>
#include <survival/concordance.h>
#include <survival/dist.h>
#include <survival/penalised.h>
#include <survival/rng.h>
#include <survival/roc.h>
#include <survival/tune.h>

enum { N = 60, P = 3, FOLDS = 4 };

typedef struct sample {
    double x[N * P], time[N];
    int label[N], event[N], fold[N];
    sv_surv surv;
    sv_matrix m;
    sv_outcome y;
} sample;

static void link_views(sample *s)
{
    s->surv = (sv_surv){ .n = N, .time = s->time, .event = s->event };
    s->m = sv_matrix_rowmajor(s->x, N, P);
    s->y = (sv_outcome){ s->label, &s->surv };
}

/* Column 0 raises the risk by `effect`, the others say nothing. */
static void simulate(sample *s, uint64_t seed, double effect)
{
    sv_rng r = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++) { s->x[i * P + j] = sv_normal_quantile(sv_rng_uniform(&r)); }
        double eta = effect * s->x[i * P];
        s->label[i] = sv_rng_uniform(&r) < 1 / (1 + exp(-2 * eta));
        double t = -log(sv_rng_uniform(&r)) * exp(-eta), c = 3 * sv_rng_uniform(&r);
        s->time[i] = fmin(t, c);
        s->event[i] = t <= c;
        s->fold[i] = (int)(i % FOLDS);
    }
    link_views(s);
}

static sv_learner quick(sv_method m)
{
    sv_learner l = sv_learner_of(m);
    sv_error err = { 0 };
    if (m == SV_METHOD_ELM) { CHECK_OK(sv_learner_set(&l, "hidden", 20, &err), err); }
    if (m == SV_METHOD_FOREST || m == SV_METHOD_SURVIVAL_FOREST) { CHECK_OK(sv_learner_set(&l, "trees", 20, &err), err); }
    return l;
}

/* ---- no leak --------------------------------------------------------------------------------- */

/* Whatever stands in the rows of the fold, be it no number at all: the model is the same to the bit. */
static void test_tune__fits_do_not_read_the_fold(void **state)
{
    (void)state;
    static sample s, poisoned;
    double score[N], other[N];
    sv_error err = { 0 };
    simulate(&s, 1, 1);
    poisoned = s;
    link_views(&poisoned);
    for (size_t i = 0; i < N; i++) {
        if (s.fold[i] != 2) { continue; }
        for (size_t j = 0; j < P; j++) { poisoned.x[i * P + j] = (double)NAN; }
        poisoned.time[i] = (double)NAN;
        poisoned.event[i] = 9;
        poisoned.label[i] = 77;
    }
    for (int k = 0; k < SV_METHODS; k++) {
        sv_learner l = quick((sv_method)k);
        sv_fitted *f;
        CHECK_OK(sv_fit_without_fold(&f, &l, &s.m, &s.y, s.fold, 2, &err), err);
        CHECK_OK(sv_fitted_score(score, f, &s.m, &err), err);
        sv_fitted_free(f);
        CHECK_OK(sv_fit_without_fold(&f, &l, &poisoned.m, &poisoned.y, s.fold, 2, &err), err);
        CHECK_OK(sv_fitted_score(other, f, &s.m, &err), err);
        sv_fitted_free(f);
        assert_memory_equal(other, score, sizeof score);
        assert_int_equal(sv_fit_without_fold(&f, &l, &poisoned.m, &poisoned.y, s.fold, 1, &err), SV_EDATA);
    }
}

/* What happened to an outer fold, and what its other rows are, changes neither the choice nor a row's score. */
static void check_outer_fold(sv_method m, const sv_grid *g, sv_criterion criterion)
{
    static sample s, outcome, columns;
    sv_error err = { 0 };
    simulate(&s, 2, 1);
    outcome = columns = s;
    link_views(&outcome);
    link_views(&columns);
    for (size_t i = 0; i < N; i++) {
        if (s.fold[i] != 0) { continue; }
        outcome.label[i] = i == 0 || (i != 4 && s.label[i]);     /* both labels, else as it comes */
        outcome.event[i] = 1;
        outcome.time[i] = 1 + (double)i;
        for (size_t j = 0; j < P; j++) { columns.x[i * P + j] = i < N / 2 ? s.x[i * P + j] : 1e3 * (double)(i + j); }
    }
    sv_learner l = quick(m);
    const sv_folds outer = { .folds = FOLDS, .repeats = 1, .fold = s.fold };
    const sv_tune_opts inner = { .criterion = criterion, .folds = { .folds = 3, .repeats = 1, .seed = 5 } };
    sv_nested a, b, c;
    CHECK_OK(sv_nested_cv(&a, &l, g, &s.m, &s.y, &outer, &inner, &err), err);
    CHECK_OK(sv_nested_cv(&b, &l, g, &outcome.m, &outcome.y, &outer, &inner, &err), err);
    CHECK_OK(sv_nested_cv(&c, &l, g, &columns.m, &columns.y, &outer, &inner, &err), err);
    assert_int_equal(a.cell[0], b.cell[0]);
    assert_int_equal(a.cell[0], c.cell[0]);
    assert_true(a.chosen_by[0] == b.chosen_by[0] && a.chosen_by[0] == c.chosen_by[0]);
    for (size_t i = 0; i < N; i += FOLDS) {
        assert_true(a.score[i] == b.score[i]);
        if (i < N / 2) { assert_true(a.score[i] == c.score[i]); }
    }
    sv_nested_free(&a);
    sv_nested_free(&b);
    sv_nested_free(&c);
}

static void test_tune__outer_folds_take_no_part(void **state)
{
    (void)state;
    const double ks[] = { 3, 7, 15 }, lambdas[] = { 0.2, 0.05 }, leaves[] = { 5, 15 };
    const sv_grid_axis k = { "k", ks, 3 }, lambda = { "lambda", lambdas, 2 }, leaf = { "min_leaf", leaves, 2 };
    const sv_grid by_k = { &k, 1 }, by_lambda = { &lambda, 1 }, by_leaf = { &leaf, 1 };
    check_outer_fold(SV_METHOD_KNN, &by_k, SV_CRITERION_AUC);
    check_outer_fold(SV_METHOD_LASSO_COX, &by_lambda, SV_CRITERION_CONCORDANCE);
    check_outer_fold(SV_METHOD_SURVIVAL_FOREST, &by_leaf, SV_CRITERION_CONCORDANCE);
}

/* ---- by hand --------------------------------------------------------------------------------- */

static double by_hand(const sample *s, const sv_learner *l, int k, sv_criterion criterion)
{
    double x[N * P], held[N * P], score[N], share[2 * N], sum = 0;
    int label[N], truth[N];
    size_t n = 0, m = 0;
    for (size_t i = 0; i < N; i++) {
        bool out = s->fold[i] == k;
        memcpy(out ? held + m * P : x + n * P, s->x + i * P, P * sizeof *x);
        *(out ? truth + m++ : label + n++) = s->label[i];
    }
    sv_matrix train = sv_matrix_rowmajor(x, n, P), ask = sv_matrix_rowmajor(held, m, P);
    const sv_outcome y = { label, NULL };
    sv_fitted *f;
    sv_error err = { 0 };
    sv_roc_area a;
    CHECK_OK(sv_learner_fit(&f, l, &train, &y, &err), err);
    CHECK_OK(sv_fitted_score(score, f, &ask, &err), err);
    CHECK_OK(sv_fitted_shares(share, f, &ask, &err), err);
    CHECK_OK(sv_roc_auc(&a, score, truth, m, 0.95, &err), err);
    for (size_t i = 0; i < m; i++) {
        if (criterion == SV_CRITERION_ACCURACY) { sum += (share[2 * i + 1] > share[2 * i]) == (truth[i] == 1); }
        if (criterion == SV_CRITERION_LOG_LOSS) { sum -= log(fmax(share[2 * i + (size_t)truth[i]], 1e-15)); }
    }
    sv_fitted_free(f);
    return criterion == SV_CRITERION_AUC ? a.auc : sum / (double)m;
}

static void test_tune__means_over_folds(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 3, 0.8);
    const double ks[] = { 1, 5, 9, 21 };
    const sv_grid_axis axis = { "k", ks, 4 };
    const sv_grid g = { &axis, 1 };
    const sv_learner base = sv_learner_of(SV_METHOD_KNN);
    sv_error err = { 0 };
    for (int c = 0; c <= SV_CRITERION_LOG_LOSS; c++) {
        const sv_tune_opts o = { .criterion = (sv_criterion)c, .folds = { .folds = FOLDS, .repeats = 1, .fold = s.fold } };
        sv_tune t;
        CHECK_OK(sv_tune_grid(&t, &base, &g, &s.m, &s.y, &o, &err), err);
        assert_int_equal(t.cells, 4);
        assert_int_equal(t.fits, 16);
        size_t best = 0;
        double means[4];
        for (size_t cell = 0; cell < 4; cell++) {
            sv_learner l = base;
            double v[FOLDS], mean = 0, squares = 0;
            CHECK_OK(sv_learner_set(&l, "k", ks[cell], &err), err);
            for (int k = 0; k < FOLDS; k++) { mean += (v[k] = by_hand(&s, &l, k, (sv_criterion)c)) / FOLDS; }
            for (int k = 0; k < FOLDS; k++) { squares += (v[k] - mean) * (v[k] - mean); }
            CHECK_NEAR(t.mean[cell], mean, 1e-12, 0);
            CHECK_NEAR(t.sd[cell], sqrt(squares / (FOLDS - 1)), 1e-9, 0);
            assert_true(t.value[cell] == ks[cell] && t.failed[cell] == 0);
            means[cell] = c == SV_CRITERION_LOG_LOSS ? -mean : mean;
            if (means[cell] > means[best] + 1e-12) { best = cell; }
        }
        assert_int_equal(t.best, best);
        sv_tune_free(&t);
    }
}

/* The first cell that is as good, but for a standard error, where that is asked for. */
static void test_tune__one_standard_error(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 4, 1);
    const double thetas[] = { 1e4, 1e3, 100, 10, 1, 0.1 };
    const sv_grid_axis axis = { "theta", thetas, 6 };
    const sv_grid g = { &axis, 1 };
    const sv_learner base = sv_learner_of(SV_METHOD_RIDGE_COX);
    sv_tune_opts o = { .criterion = SV_CRITERION_CONCORDANCE, .folds = { .folds = 5, .repeats = 2, .seed = 9 } };
    sv_tune t, simple;
    sv_error err = { 0 };
    CHECK_OK(sv_tune_grid(&t, &base, &g, &s.m, &s.y, &o, &err), err);
    o.one_se = true;
    CHECK_OK(sv_tune_grid(&simple, &base, &g, &s.m, &s.y, &o, &err), err);
    assert_memory_equal(t.mean, simple.mean, 6 * sizeof *t.mean);
    double floor_of = t.mean[t.best] - t.sd[t.best] / sqrt(10);
    assert_true(simple.best <= t.best && simple.mean[simple.best] >= floor_of);
    for (size_t c = 0; c < simple.best; c++) { assert_true(simple.mean[c] < floor_of); }
    sv_tune_free(&t);
    sv_tune_free(&simple);
}

static void test_tune__grids(void **state)
{
    (void)state;
    const double costs[] = { 0.1, 1, 10 }, kernels[] = { 0, 1 }, bad[] = { 1, 2 };
    const sv_grid_axis axes[] = { { "kernel", kernels, 2 }, { "cost", costs, 3 } }, twice[] = { axes[1], axes[1] },
                       wrong[] = { { "kernel", bad, 2 } }, none[] = { { "cost", costs, 0 } };
    const sv_grid g = { axes, 2 }, empty = { NULL, 0 };
    const sv_learner base = sv_learner_of(SV_METHOD_SVM);
    sv_learner l = base, want = base;
    sv_error err = { 0 };
    CHECK_OK(sv_grid_learner(&l, &base, &g, 5, &err), err);
    CHECK_OK(sv_learner_choose(&want, "kernel", "rbf", &err), err);
    CHECK_OK(sv_learner_set(&want, "cost", 10, &err), err);
    assert_memory_equal(&l, &want, sizeof l);
    CHECK_OK(sv_grid_learner(&l, &base, &g, 1, &err), err);
    want = base;
    CHECK_OK(sv_learner_set(&want, "cost", 1, &err), err);
    assert_memory_equal(&l, &want, sizeof l);
    assert_int_equal(sv_grid_learner(&l, &base, &g, 6, &err), SV_EINVAL);
    CHECK_OK(sv_grid_learner(&l, &base, &empty, 0, &err), err);
    assert_memory_equal(&l, &base, sizeof l);
    const sv_grid doubled = { twice, 2 }, beyond = { wrong, 1 }, nothing = { none, 1 };
    assert_int_equal(sv_grid_learner(&l, &base, &doubled, 0, &err), SV_EINVAL);
    assert_int_equal(sv_grid_learner(&l, &base, &beyond, 1, &err), SV_EINVAL);
    assert_int_equal(sv_grid_learner(&l, &base, &nothing, 0, &err), SV_EINVAL);
    assert_memory_equal(&l, &base, sizeof l);
}

/* ---- planted, and nothing planted ------------------------------------------------------------ */

/* Labels that no line parts: the kernel that can is chosen, in every outer fold. */
static void test_tune__finds_the_kernel(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 5, 0);
    for (size_t i = 0; i < N; i++) { s.label[i] = s.x[i * P] * s.x[i * P + 1] > 0; }
    const double kernels[] = { 0, 1 }, costs[] = { 1, 10 };
    const sv_grid_axis axes[] = { { "kernel", kernels, 2 }, { "cost", costs, 2 } };
    const sv_grid g = { axes, 2 };
    const sv_learner base = sv_learner_of(SV_METHOD_SVM);
    const sv_folds outer = { .folds = 5, .repeats = 2, .seed = 1 };
    const sv_tune_opts inner = { .criterion = SV_CRITERION_AUC, .folds = { .folds = 4, .repeats = 1, .seed = 2 } };
    sv_nested t;
    sv_error err = { 0 };
    CHECK_OK(sv_nested_cv(&t, &base, &g, &s.m, &s.y, &outer, &inner, &err), err);
    double sum = 0;
    for (size_t k = 0; k < 10; k++) {
        assert_true(t.value[2 * k] == 1 && t.cell[k] >= 2);
        sum += t.criterion[k] / 10;
    }
    CHECK_NEAR(t.mean, sum, 1e-12, 0);
    assert_true(t.mean > 0.8);
    for (size_t r = 0; r < 2; r++) {                 /* scores and criteria are of the same models */
        for (int k = 0; k < 5; k++) {
            double score[N];
            int label[N];
            size_t m = 0;
            for (size_t i = 0; i < N; i++) {
                if (t.fold[r * N + i] != k) { continue; }
                score[m] = t.score[r * N + i];
                label[m++] = s.label[i];
            }
            sv_roc_area a;
            CHECK_OK(sv_roc_auc(&a, score, label, m, 0.95, &err), err);
            CHECK_NEAR(t.criterion[r * 5 + (size_t)k], a.auc, 1e-12, 0);
        }
    }
    assert_true(memcmp(t.fold, t.fold + N, N * sizeof *t.fold) != 0);
    sv_nested_free(&t);
}

/* Where there is nothing to find, the best of many settings looks good by its own cross-validation; the nested one
 * says that it is not. */
static void test_tune__canary(void **state)
{
    (void)state;
    enum { DRAWS = 24 };
    static sample s;
    double ks[12], flattered = 0, nested = 0, squares = 0, excess = 0;
    for (size_t k = 0; k < 12; k++) { ks[k] = (double)(2 * k + 1); }
    const sv_grid_axis axis = { "k", ks, 12 };
    const sv_grid g = { &axis, 1 };
    const sv_learner base = sv_learner_of(SV_METHOD_KNN);
    sv_error err = { 0 };
    for (uint64_t d = 0; d < DRAWS; d++) {
        simulate(&s, 100 + d, 0);
        const sv_folds outer = { .folds = 5, .repeats = 1, .seed = d };
        const sv_tune_opts inner = { .criterion = SV_CRITERION_AUC, .folds = { .folds = 4, .repeats = 1, .seed = d } };
        sv_nested t;
        CHECK_OK(sv_nested_cv(&t, &base, &g, &s.m, &s.y, &outer, &inner, &err), err);
        double mean = 0;
        for (size_t k = 0; k < 5; k++) { mean += t.chosen_by[k] / 5; }
        flattered += mean / DRAWS;
        nested += t.mean / DRAWS;
        squares += (t.mean - 0.5) * (t.mean - 0.5);
        excess += (mean - t.mean) / DRAWS;
        sv_nested_free(&t);
    }
    CHECK_NEAR(nested, 0.5, 0, 4 * sqrt(squares) / DRAWS);
    assert_true(flattered > 0.53 && excess > 0.03);
}

/* ---- criteria and failures ------------------------------------------------------------------- */

static void test_criterion__values(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 6, 1);
    sv_error err = { 0 };
    sv_criterion got;
    for (int c = 0; c < SV_CRITERIA; c++) {
        assert_true(sv_criterion_by_name(&got, sv_criterion_name((sv_criterion)c)) && (int)got == c);
    }
    assert_false(sv_criterion_by_name(&got, "beauty"));
    sv_learner l = sv_learner_of(SV_METHOD_COX), g = sv_learner_of(SV_METHOD_LOGISTIC);
    sv_fitted *f, *h;
    double score[N], v;
    sv_concordance c;
    CHECK_OK(sv_learner_fit(&f, &l, &s.m, &s.y, &err), err);
    CHECK_OK(sv_learner_fit(&h, &g, &s.m, &s.y, &err), err);
    CHECK_OK(sv_fitted_score(score, f, &s.m, &err), err);
    CHECK_OK(sv_concordance_harrell(&c, score, &s.surv, &err), err);
    CHECK_OK(sv_criterion_value(&v, SV_CRITERION_CONCORDANCE, f, &s.m, &s.y, &err), err);
    CHECK_NEAR(v, c.c, 1e-12, 0);
    assert_int_equal(sv_criterion_value(&v, SV_CRITERION_AUC, f, &s.m, &s.y, &err), SV_EINVAL);
    assert_true(isnan(v));
    assert_int_equal(sv_criterion_value(&v, SV_CRITERION_CONCORDANCE, h, &s.m, &s.y, &err), SV_EINVAL);
    const sv_outcome nothing = { NULL, NULL };
    assert_int_equal(sv_criterion_value(&v, SV_CRITERION_AUC, h, &s.m, &nothing, &err), SV_EINVAL);
    memset(s.label, 0, sizeof s.label);              /* one label: no area, but an accuracy */
    CHECK_OK(sv_criterion_value(&v, SV_CRITERION_AUC, h, &s.m, &s.y, &err), err);
    assert_true(isnan(v));
    CHECK_OK(sv_criterion_value(&v, SV_CRITERION_ACCURACY, h, &s.m, &s.y, &err), err);
    assert_true(v > 0 && v < 1);
    memset(s.event, 0, sizeof s.event);
    CHECK_OK(sv_criterion_value(&v, SV_CRITERION_CONCORDANCE, f, &s.m, &s.y, &err), err);
    assert_true(isnan(v));
    sv_fitted_free(f);
    sv_fitted_free(h);
}

static bool stop_at_seven(void *context, size_t done, size_t all)
{
    *(size_t *)context = all;
    return done < 7;
}

/* A setting that cannot be fitted is passed over; where none can, the reason is told. */
static void test_tune__failing_cells(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 7, 1);
    const double ks[] = { 1000, 5, 50 }, too_many[] = { 1000, 2000 };
    const sv_grid_axis some = { "k", ks, 3 }, all = { "k", too_many, 2 };
    const sv_grid g = { &some, 1 }, hopeless = { &all, 1 };
    const sv_learner base = sv_learner_of(SV_METHOD_KNN);
    const sv_tune_opts o = { .criterion = SV_CRITERION_AUC, .folds = { .folds = 3, .repeats = 2, .seed = 4 } };
    sv_tune t = { .cells = 77 };
    sv_error err = { 0 };
    assert_int_equal(sv_tune_grid(&t, &base, &hopeless, &s.m, &s.y, &o, &err), SV_ENUMERIC);
    assert_non_null(strstr(err.msg, "k is 1000"));
    assert_int_equal(t.cells, 77);
    CHECK_OK(sv_tune_grid(&t, &base, &g, &s.m, &s.y, &o, &err), err);
    assert_int_equal(t.best, 1);
    assert_true(t.failed[0] == 6 && t.failed[1] == 0 && t.failed[2] == 6);
    assert_true(isnan(t.mean[0]) && isnan(t.sd[0]) && isnan(t.mean[2]) && t.mean[1] > 0.5);
    sv_tune_free(&t);
}

static void test_tune__failures(void **state)
{
    (void)state;
    static sample s;
    simulate(&s, 8, 1);
    const double ks[] = { 1, 3 };
    const sv_grid_axis axis = { "k", ks, 2 };
    const sv_grid g = { &axis, 1 }, none = { NULL, 0 };
    const sv_learner knn = sv_learner_of(SV_METHOD_KNN), elm = sv_learner_of(SV_METHOD_ELM), cox = sv_learner_of(SV_METHOD_COX);
    sv_error err = { 0 };
    sv_tune t = { .cells = 77 };
    sv_nested nested = { .n = 77 };
    size_t all = 0;
    const sv_tune_opts good = { .criterion = SV_CRITERION_AUC, .folds = { .folds = 3, .repeats = 1, .fold = NULL } };
    const sv_folds outer = { .folds = 3, .repeats = 1 };
    sv_tune_opts bad[6] = { good, good, good, good, good, good };
    bad[0].folds.folds = 1;
    bad[1].folds.repeats = 0;
    bad[2].folds.fold = s.fold;                      /* codes up to 3 for 3 folds */
    bad[3].criterion = SV_CRITERION_CONCORDANCE;
    bad[4].criterion = SV_CRITERIA;
    bad[5].progress = stop_at_seven;
    bad[5].context = &all;
    bad[5].folds.repeats = 2;
    for (size_t k = 0; k < 6; k++) {
        assert_int_equal(sv_tune_grid(&t, &knn, &g, &s.m, &s.y, &bad[k], &err), SV_EINVAL);
        assert_int_equal(sv_nested_cv(&nested, &knn, &g, &s.m, &s.y, &outer, &bad[k], &err), SV_EINVAL);
    }
    assert_int_equal(all, 3 * (12 + 1));
    sv_tune_opts loss = good;
    loss.criterion = SV_CRITERION_LOG_LOSS;
    assert_int_equal(sv_tune_grid(&t, &elm, &none, &s.m, &s.y, &loss, &err), SV_EINVAL);
    sv_tune_opts c = good;
    c.criterion = SV_CRITERION_CONCORDANCE;
    const sv_outcome only_labels = { s.label, NULL }, only_time = { NULL, &s.surv };
    assert_int_equal(sv_tune_grid(&t, &cox, &none, &s.m, &only_labels, &c, &err), SV_EINVAL);
    assert_int_equal(sv_tune_grid(&t, &knn, &g, &s.m, &only_time, &good, &err), SV_EINVAL);
    assert_int_equal(sv_tune_grid(&t, &cox, &g, &s.m, &s.y, &c, &err), SV_EINVAL);
    sv_tune_opts empty = good;
    empty.folds.folds = FOLDS + 1;
    empty.folds.fold = s.fold;
    assert_int_equal(sv_tune_grid(&t, &knn, &g, &s.m, &s.y, &empty, &err), SV_ETOOSMALL);
    s.label[4] = 5;
    assert_int_equal(sv_tune_grid(&t, &knn, &g, &s.m, &s.y, &good, &err), SV_EDATA);
    s.label[4] = 1;
    s.x[8] = (double)NAN;
    assert_int_equal(sv_tune_grid(&t, &knn, &g, &s.m, &s.y, &good, &err), SV_EDATA);
    assert_int_equal(t.cells, 77);
    assert_int_equal(nested.n, 77);
    sv_tune_free(NULL);
    sv_nested_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tune__fits_do_not_read_the_fold), cmocka_unit_test(test_tune__outer_folds_take_no_part),
        cmocka_unit_test(test_tune__means_over_folds),          cmocka_unit_test(test_tune__one_standard_error),
        cmocka_unit_test(test_tune__grids),                     cmocka_unit_test(test_tune__finds_the_kernel),
        cmocka_unit_test(test_tune__canary),                    cmocka_unit_test(test_criterion__values),
        cmocka_unit_test(test_tune__failing_cells),             cmocka_unit_test(test_tune__failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

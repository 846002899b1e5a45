/* Recipes carried out: nothing of the patients held out reaches a fit, noise is worth nothing out of fold, and what is
 * written as a model scores as the chain did. */
#include "recipe_cohort.h"
#include <survival/elm.h>
#include "pipeline/recipe_assess.h"
#include "pipeline/recipe_model_file.h"
#include "pipeline/score.h"
#include "pipeline/select_features.h"

#define HEAD "schema: 1\nname: r\nsteps:\n"
#define CLUSTER "groups: 2, repetitions: 20, seed: 2}\n  - label: {high_risk: worst_survival}\n"
#define LASSO "  - scale: {method: z}\n  - select: {method: lasso_cox, folds: 4, smallest_lambda: 0.1, seed: 3}\n"
#define ASSESS "assess: {folds: 3, repeats: 2, seed: 4, horizon_years: [1, 2]}\n"

static const char lasso[] = HEAD "  - filter: {columns: [\"*\"], missing: drop, redundancy: 0.9}\n" LASSO
    "  - model: {method: penalised}\n  - cut: {method: maxstat}\n" ASSESS;
static const char combined[] = HEAD LASSO "  - model: {method: cox}\n"
    "  - combine: {clinical: [age, stage], folds: 3, seed: 5}\n  - cut: {method: median}\n" ASSESS;
static const char harmonised[] = HEAD "  - harmonise: {centre: hospital}\n" LASSO "  - model: {method: cox}\n" ASSESS;
static const char networks[] = HEAD "  - deconvolve: {profiles: given}\n  - cluster: {on: proportions, " CLUSTER LASSO
    "  - model: {method: elm, hidden: 25, networks: 3, seed: 7}\n  - cut: {method: value}\n" ASSESS;
static const char by_expression[] = HEAD "  - cluster: {on: expression, method: hc, linkage: ward.D2, " CLUSTER LASSO
    "  - model: {method: elm, hidden: 20, cost: .inf, networks: 2, seed: 7}\n" ASSESS;
static const char subtypes[] = HEAD "  - scale: {method: z}\n  - cluster: {on: features, columns: [f0, f1, f2], " CLUSTER
    "  - select: {method: lasso_logistic, folds: 4, smallest_lambda: 0.1, seed: 3}\n  - model: {method: penalised}\n" ASSESS;
static const char machine[] = HEAD "  - deconvolve: {profiles: given}\n  - cluster: {on: proportions, " CLUSTER LASSO
    "  - model: {method: learner, learner: svm, settings: [{name: kernel, choice: rbf}, {name: cost, values: [0.1, 1]}], folds: 3, seed: 7}\n"
    ASSESS;
static const char forest[] = HEAD LASSO
    "  - model: {method: learner, learner: survival_forest, settings: [{name: trees, values: [30]}], seed: 7}\n" ASSESS;
static const char *const all_recipes[] = {lasso, combined, harmonised, networks, by_expression, subtypes, machine, forest};
enum { N_RECIPES = sizeof all_recipes / sizeof all_recipes[0], N = 120, P = 14, RC_COLUMNS = P };

/* Two subpopulations of the genes. */
static double profile[RC_GENES * 2];
static sv_matrix profiles;
static const char *const profile_name[] = {"s1", "s2"};

static void load(cfg_recipe *r, pn_recipe_inputs *in, const char *text)
{
    cfg_error err = {0};
    CHECK_OK(cfg_recipe_parse(r, text, strlen(text), "r.yaml", &err), err);
    for (size_t g = 0; g < RC_GENES; g++) {
        profile[2 * g] = g < 4 ? 100 : g < 8 ? 0 : 50;
        profile[2 * g + 1] = g < 4 ? 0 : g < 8 ? 100 : 50;
    }
    profiles = sv_matrix_rowmajor(profile, RC_GENES, 2);
    *in = (pn_recipe_inputs){.recipe = r, .profiles = r->has[CFG_STEP_DECONVOLVE] ? &profiles : NULL,
                             .profile_name = profile_name};
}

static void same(const void *a, const void *b, size_t n, const char *what)
{
    if (n > 0 && memcmp(a, b, n) != 0) { fail_msg("%s differs", what); }
}

#define SAME(member, count) same(a->member, b->member, (count) * sizeof *a->member, #member)

/* A learner's inside is its own: it is asked about patients of another cohort. */
static void assert_same_answers(const pn_chain *a, const pn_chain *b)
{
    pn_cohort others = rc_cohort(60, RC_COLUMNS, 1, 77);
    pn_recipe_inputs in = {0};
    pn_error err = {0};
    double score[2][60];
    int group[2][60];
    CHECK_OK(pn_recipe_apply(score[0], group[0], a, &in, &others, &err), err);
    CHECK_OK(pn_recipe_apply(score[1], group[1], b, &in, &others, &err), err);
    same(score[0], score[1], sizeof score[0], "a learner's score");
    pn_cohort_free(&others);
}

/* Bit for bit. */
static void assert_same_chain(const pn_chain *a, const pn_chain *b)
{
    assert_true(a->n == b->n && a->events == b->events && a->n_kept == b->n_kept && a->n_chosen == b->n_chosen &&
                a->n_networks == b->n_networks && a->n_combine == b->n_combine && a->groups.k == b->groups.k &&
                a->groups.worst == b->groups.worst && a->combat.p == b->combat.p);
    SAME(kept, a->n_kept);
    SAME(mean, a->n_kept);
    SAME(sd, a->n_kept);
    SAME(chosen, a->n_chosen);
    if (a->coef != NULL) { SAME(coef, a->n_chosen); }
    SAME(combine, a->n_combine);
    same(&a->lambda, &b->lambda, sizeof a->lambda, "lambda");
    same(&a->cut, &b->cut, sizeof a->cut, "cut");
    if (a->groups.k > 0) {
        SAME(groups.group, a->n);
        SAME(groups.label, a->n);
    }
    if (a->combat.p > 0) {
        SAME(combat.grand, a->combat.p);
        SAME(combat.scale, a->combat.p);
        SAME(combat.gamma, a->combat.p * a->combat.batches);
        SAME(combat.delta, a->combat.p * a->combat.batches);
    }
    for (size_t i = 0; i < a->n_networks; i++) { SAME(network[i].beta, a->network[i].hidden); }
    assert_int_equal(a->fitted != NULL, b->fitted != NULL);
    if (a->fitted != NULL) { assert_same_answers(a, b); }
}

/* Everything known of the fold's patients becomes nonsense. */
static void poison(pn_cohort *c, const int *fold, int which)
{
    for (size_t i = 0; i < c->n; i++) {
        if (fold[i] != which) { continue; }
        for (size_t j = 0; j < c->feature.n; j++) { c->feature.v[j * c->n + i] = NAN; }
        for (size_t j = 0; j < c->clinical.n; j++) { c->clinical.v[j * c->n + i] = j == 0 ? (double)NAN : 1e300; }
        for (size_t j = 0; j < c->expression.n; j++) { c->expression.v[j * c->n + i] = -1e9; }
        c->time_days[i] = NAN;
        c->event[i] = 77;
        c->centre[i] = 999;
    }
}

static void test_nothing_of_the_patients_held_out_reaches_the_fit(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_RECIPES; k++) {
        cfg_recipe r;
        pn_recipe_inputs in;
        load(&r, &in, all_recipes[k]);
        pn_cohort c = rc_cohort(N, P, 1.2, 11);
        int fold[N];
        pn_error err = {0};
        CHECK_OK(pn_folds(fold, c.event, NULL, c.n, 3, 1, &err), err);
        pn_chain clean = {0}, poisoned = {0};
        CHECK_OK(pn_recipe_fit_without(&clean, &in, &c, fold, 1, &err), err);
        assert_true(clean.n_chosen > 0);
        poison(&c, fold, 1);
        CHECK_OK(pn_recipe_fit_without(&poisoned, &in, &c, fold, 1, &err), err);
        assert_same_chain(&clean, &poisoned);
        /* the same check sees a training patient that changes */
        pn_chain other = {0};
        for (size_t i = 0, changed = 0; i < c.n && !changed; i++) {
            if (fold[i] == 1) { continue; }
            changed = 1;
            for (size_t j = 0; j < c.feature.n; j++) { c.feature.v[j * c.n + i] += 0.5; }
        }
        CHECK_OK(pn_recipe_fit_without(&other, &in, &c, fold, 1, &err), err);
        assert_true(memcmp(other.mean, clean.mean, sizeof *clean.mean) != 0);
        pn_chain_free(&clean);
        pn_chain_free(&poisoned);
        pn_chain_free(&other);
        pn_cohort_free(&c);
        cfg_recipe_free(&r);
    }
}

/* A patient's score and group do not hang on who else is asked about; without a value there is none. */
static void test_each_patient_is_judged_alone(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_RECIPES; k++) {
        cfg_recipe r;
        pn_recipe_inputs in;
        load(&r, &in, all_recipes[k]);
        pn_cohort c = rc_cohort(N, P, 1.2, 11), one = {0};
        pn_error err = {0};
        pn_chain chain = {0};
        double score[N], alone;
        int group[N], alone_group;
        CHECK_OK(pn_recipe_fit(&chain, &in, &c, &err), err);
        CHECK_OK(pn_recipe_apply(score, group, &chain, &in, &c, &err), err);
        for (size_t i = 0; i < N; i += 7) {
            CHECK_OK(pn_cohort_take(&one, &c, &i, 1, &err), err);
            CHECK_OK(pn_recipe_apply(&alone, &alone_group, &chain, &in, &one, &err), err);
            same(&alone, &score[i], sizeof alone, "the score of a patient alone");
            assert_int_equal(alone_group, group[i]);
            assert_int_equal(group[i], score[i] > chain.cut);
            one.feature.v[chain.kept[chain.chosen[0]]] = NAN;
            CHECK_OK(pn_recipe_apply(&alone, &alone_group, &chain, &in, &one, &err), err);
            assert_true(isnan(alone) && alone_group == -1);
            pn_cohort_free(&one);
        }
        if (chain.combat.p > 0) {
            CHECK_OK(pn_cohort_take(&one, &c, (size_t[]){3}, 1, &err), err);
            one.centre[0] = 99;
            CHECK_OK(pn_recipe_apply(&alone, &alone_group, &chain, &in, &one, &err), err);
            assert_true(isnan(alone) && alone_group == -1);
            pn_cohort_free(&one);
        }
        pn_chain_free(&chain);
        pn_cohort_free(&c);
        cfg_recipe_free(&r);
    }
}

static void assess(pn_recipe_assessment *a, pn_chain *chain, const pn_recipe_inputs *in, const pn_cohort *c)
{
    pn_error err = {0};
    const pn_recipe_assess_opts o = {NULL, NULL};
    CHECK_OK(pn_recipe_fit(chain, in, c, &err), err);
    CHECK_OK(pn_recipe_assess(a, chain, in, c, &o, &err), err);
}

static double c_of(const pn_recipe_figures *f, size_t which) { (void)which; return f->c; }

/* Far more columns than patients, none of which means anything: the fit looks splendid on its own patients. */
static void test_noise_is_worth_nothing_out_of_fold(void **state)
{
    (void)state;
    enum { COHORTS = 5 };
    double sum = 0, apparent = 0;
    for (uint64_t seed = 1; seed <= COHORTS; seed++) {
        cfg_recipe r;
        pn_recipe_inputs in;
        load(&r, &in, HEAD "  - scale: {method: z}\n  - cluster: {on: features, columns: [f0, f1, f2, f3], smallest: 0, " CLUSTER
             "  - model: {method: elm, hidden: 60, cost: .inf, networks: 1, seed: 7}\n" ASSESS);
        pn_cohort c = rc_cohort(60, 100, 0, 100 + seed);
        pn_chain chain = {0};
        pn_recipe_assessment a = {0};
        assess(&a, &chain, &in, &c);
        sum += pn_recipe_over_repeats(&a, c_of, 0).mean / COHORTS;
        apparent += a.apparent.c / COHORTS;
        pn_recipe_assessment_free(&a);
        pn_chain_free(&chain);
        pn_cohort_free(&c);
        cfg_recipe_free(&r);
    }
    printf("noise: C %.3f apparent, %.3f out of fold\n", apparent, sum);
    assert_true(apparent > 0.5 && apparent > sum);
    assert_true(fabs(sum - 0.5) < 0.06);
}

/* The same of penalised regression, where the fit to its own patients is perfect looking. */
static void test_chosen_noise_is_worth_nothing_out_of_fold(void **state)
{
    (void)state;
    enum { COHORTS = 4 };
    double sum = 0, apparent = 0;
    size_t fitted = 0;
    for (uint64_t seed = 1; seed <= COHORTS; seed++) {
        cfg_recipe r;
        pn_recipe_inputs in;
        load(&r, &in, HEAD "  - scale: {method: z}\n  - select: {method: elastic_net_cox, alpha: 0.05, folds: 3, smallest_lambda: 0.3, seed: 3}\n"
             "  - model: {method: penalised}\n" ASSESS);
        pn_cohort c = rc_cohort(50, 80, 0, 200 + seed);
        pn_chain chain = {0};
        pn_recipe_assessment a = {0};
        assess(&a, &chain, &in, &c);
        sum += pn_recipe_over_repeats(&a, c_of, 0).mean / COHORTS;
        if (chain.n_chosen > 0) {
            apparent += a.apparent.c;
            fitted++;
        }
        pn_recipe_assessment_free(&a);
        pn_chain_free(&chain);
        pn_cohort_free(&c);
        cfg_recipe_free(&r);
    }
    printf("chosen noise: C %.3f apparent (%zu of %d cohorts chose something), %.3f out of fold\n", apparent / (double)fitted,
           fitted, COHORTS, sum);
    assert_true(fitted > 0 && apparent / (double)fitted > 0.7);
    assert_true(fabs(sum - 0.5) < 0.07);
}

static void test_a_planted_effect_is_found_out_of_fold(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_RECIPES; k++) {
        cfg_recipe r;
        pn_recipe_inputs in;
        load(&r, &in, all_recipes[k]);
        pn_cohort c = rc_cohort(150, P, 1.8, 5);
        pn_chain chain = {0};
        pn_recipe_assessment a = {0};
        assess(&a, &chain, &in, &c);
        const pn_recipe_spread s = pn_recipe_over_repeats(&a, c_of, 0);
        assert_true(s.n == 2 && s.least <= s.median && s.median <= s.most);
        if (!(s.mean > 0.62)) { fail_msg("recipe %zu: C %g out of fold", k, s.mean); }
        assert_true(a.apparent.c > 0.62 && a.apparent.hazard_ratio > 1.5 && a.apparent.logrank_p < 0.01);
        assert_int_equal(a.fits, 6);
        assert_int_equal(a.failed, 0);
        for (size_t i = 0; i < a.repeats * a.n; i++) { assert_true(isfinite(a.score[i]) && a.group[i] >= 0 && a.fold[i] < 3); }
        /* one of the three features that tell the kinds apart, in every fit */
        assert_true(a.chosen[0] + a.chosen[1] + a.chosen[2] >= a.fits && a.fewest >= 1 && a.most >= a.fewest);
        if (chain.groups.k > 0) { assert_true(chain.groups.ratio[chain.groups.worst - 1] > 1 && chain.groups.logrank_p < 0.01); }
        pn_recipe_assessment_free(&a);
        pn_chain_free(&chain);
        pn_cohort_free(&c);
        cfg_recipe_free(&r);
    }
}

static void test_the_same_recipe_gives_the_same_bits(void **state)
{
    (void)state;
    static const char *const some[] = {combined, networks, machine};
    for (size_t k = 0; k < 3; k++) {
        cfg_recipe r;
        pn_recipe_inputs in;
        load(&r, &in, some[k]);
        pn_cohort c = rc_cohort(90, P, 1.5, 6);
        pn_chain first = {0}, again = {0};
        pn_recipe_assessment a = {0}, b = {0};
        assess(&a, &first, &in, &c);
        assess(&b, &again, &in, &c);
        assert_same_chain(&first, &again);
        same(a.score, b.score, a.repeats * a.n * sizeof *a.score, "a score out of fold");
        pn_recipe_assessment_free(&a);
        pn_recipe_assessment_free(&b);
        pn_chain_free(&first);
        pn_chain_free(&again);
        pn_cohort_free(&c);
        cfg_recipe_free(&r);
    }
}

static void test_copies_of_a_patient_share_a_fold(void **state)
{
    (void)state;
    const size_t patient[] = {0, 0, 1, 2, 2, 2, 3, 5, 5, 6, 7, 8};
    const int event[] = {1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0};
    for (uint64_t seed = 1; seed < 30; seed++) {
        int fold[12];
        pn_error err = {0};
        CHECK_OK(pn_folds(fold, event, patient, 12, 3, seed, &err), err);
        for (size_t i = 1; i < 12; i++) { assert_true(patient[i] != patient[i - 1] || fold[i] == fold[i - 1]); }
    }
}

static void test_the_bootstrap_corrects_for_optimism(void **state)
{
    (void)state;
    cfg_recipe r;
    pn_recipe_inputs in;
    load(&r, &in, HEAD LASSO "  - model: {method: penalised}\nassess: {folds: 0, bootstrap: 8, seed: 4, horizon_years: [1]}\n");
    pn_cohort c = rc_cohort(80, 20, 1.2, 8);
    pn_chain chain = {0};
    pn_recipe_assessment a = {0};
    assess(&a, &chain, &in, &c);
    assert_true(a.repeats == 0 && a.drawn == 8 && a.fitted > 5);
    assert_true(a.optimism > 0 && a.optimism < 0.3 && a.corrected_c == a.apparent.c - a.optimism);
    pn_recipe_assessment_free(&a);
    pn_chain_free(&chain);
    pn_cohort_free(&c);
    cfg_recipe_free(&r);
}

static void expect_refusal(const char *text, pn_cohort *c, const char *message)
{
    cfg_recipe r;
    pn_recipe_inputs in;
    pn_chain chain = {0};
    pn_error err = {0};
    load(&r, &in, text);
    assert_int_not_equal(pn_recipe_fit(&chain, &in, c, &err), PN_OK);
    if (strstr(err.msg, message) == NULL) { fail_msg("\"%s\" lacks \"%s\"", err.msg, message); }
    cfg_recipe_free(&r);
    pn_cohort_free(c);
}

static void test_what_cannot_be_fitted_is_told(void **state)
{
    (void)state;
    static const char plain[] = HEAD "  - scale: {method: z}\n  - model: {method: cox}\n" ASSESS;
    pn_cohort c = rc_cohort(40, 5, 1, 1);
    for (size_t i = 0; i < c.n; i++) { c.event[i] = 0; }
    c.events = 0;
    expect_refusal(plain, &c, "40 patients with 0 events");
    c = rc_cohort(40, 60, 1, 1);
    expect_refusal(plain, &c, "model: 60 columns and");
    c = rc_cohort(60, 3, 1, 1);
    for (size_t i = 0; i < c.n; i++) { c.feature.v[2 * c.n + i] = 2 * c.feature.v[i] - c.feature.v[c.n + i]; }
    expect_refusal(plain, &c, "model: f2 is determined by the columns before it");
    c = rc_cohort(60, 1, 1, 1);
    for (size_t i = 0; i < c.n; i++) { c.feature.v[i] = 5; }
    expect_refusal(plain, &c, "filter: no feature is left of 1: 0 lack a value, 1 are constant");
    c = rc_cohort(60, 2, 1, 1);
    for (size_t i = 0; i < c.n; i++) {
        c.feature.v[i] = c.event[i] ? 1 - 1e-4 * c.time_days[i] : -1;
        c.time_days[i] = c.event[i] ? c.time_days[i] : 4000;
    }
    expect_refusal(plain, &c, "may separate the events perfectly");
    c = rc_cohort(60, 4, 1, 1);
    expect_refusal(HEAD "  - scale: {method: z}\n  - cluster: {on: features, groups: 6, smallest: 0.4, repetitions: 10, seed: 1}\n"
                   "  - label: {high_risk: worst_survival}\n  - model: {method: elm}\n" ASSESS, &c, "cluster: group");
}

/* A column that lacks a value in a training patient goes; in a patient held out it leaves the fit alone. */
static void test_columns_are_judged_by_training_patients(void **state)
{
    (void)state;
    cfg_recipe r;
    pn_recipe_inputs in;
    pn_error err = {0};
    load(&r, &in, lasso);
    pn_cohort c = rc_cohort(90, 8, 1.5, 3);
    double icc[8] = {0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, (double)NAN};
    int fold[90];
    for (int i = 0; i < 90; i++) { fold[i] = i % 3; }
    c.feature.v[5 * 90 + 0] = NAN;      /* patient 0 is in fold 0 */
    in.reliability = icc;
    pn_chain with = {0}, without = {0};
    CHECK_OK(pn_recipe_fit_without(&with, &in, &c, fold, 1, &err), err);
    CHECK_OK(pn_recipe_fit_without(&without, &in, &c, fold, 0, &err), err);
    assert_true(with.unmeasured == 1 && with.unreliable == 2 && with.n_kept == 5);
    assert_true(without.unmeasured == 0 && without.unreliable == 2 && without.n_kept == 6);
    pn_chain_free(&with);
    pn_chain_free(&without);
    pn_cohort_free(&c);
    cfg_recipe_free(&r);
}

/* ---- the model file ------------------------------------------------------------------------------- */

static void write_model(cfg_model *m, pn_chain *chain, pn_recipe_assessment *a, const char *text, const pn_cohort *c)
{
    cfg_recipe r;
    pn_recipe_inputs in;
    pn_error err = {0};
    pn_train_summary s = {0};
    const pn_recipe_model_opts o = {.distance_percentile = 100, .replicates = 5, .seed = 1};
    load(&r, &in, text);
    assess(a, chain, &in, c);
    *m = (cfg_model){0};
    CHECK_OK(pn_recipe_can_write(&r, &err), err);
    CHECK_OK(pn_recipe_model(m, &s, chain, &in, c, a, &o, &err), err);
    assert_string_equal(m->card.recipe_name, "r");
    assert_string_equal(m->card.recipe_sha256, r.file_sha256);
    assert_true(m->card.n_performance > 0 && m->card.performance[0].estimate > 0.5);
    pn_train_summary_free(&s);
    cfg_recipe_free(&r);
}

static void test_a_cox_model_scores_as_the_chain(void **state)
{
    (void)state;
    static const char *const texts[] = {lasso, combined};
    for (size_t k = 0; k < 2; k++) {
        pn_cohort c = rc_cohort(N, P, 1.5, 9);
        cfg_model m;
        pn_chain chain = {0};
        pn_recipe_assessment a = {0};
        pn_error err = {0};
        double score[N];
        int group[N];
        write_model(&m, &chain, &a, texts[k], &c);
        pn_recipe_inputs in = {0};
        CHECK_OK(pn_recipe_apply(score, group, &chain, &in, &c, &err), err);
        assert_int_equal(m.method, CFG_RISK_COX);
        assert_int_equal(m.n_features, chain.n_chosen + (k == 1 ? 2 : 0));
        assert_true(fabs(m.cutpoint - chain.cut) < 1e-9);
        for (size_t i = 0; i < N; i++) {
            double values[P + 2];
            for (size_t j = 0; j < chain.n_chosen; j++) { values[j] = c.feature.v[chain.kept[chain.chosen[j]] * N + i]; }
            for (size_t j = chain.n_chosen; j < m.n_features; j++) { values[j] = c.clinical.v[(j - chain.n_chosen) * N + i]; }
            assert_true(fabs(pn_score_linear(&m, values) - score[i]) < 1e-9);
        }
        assert_int_equal(m.features[0].source, CFG_SOURCE_TABLE);     /* f0 is no feature of images */
        cfg_model_free(&m);
        pn_recipe_assessment_free(&a);
        pn_chain_free(&chain);
        pn_cohort_free(&c);
    }
}

static void test_a_committee_is_written_with_curves_out_of_fold(void **state)
{
    (void)state;
    pn_cohort c = rc_cohort(180, P, 1.8, 9);
    cfg_model m;
    pn_chain chain = {0};
    pn_recipe_assessment a = {0};
    write_model(&m, &chain, &a, networks, &c);
    assert_int_equal(m.method, CFG_RISK_ELM);
    assert_true(m.elm.hidden == 25 && m.elm.n_networks == 3 && m.elm.networks[2].seed == 9 && isnan(m.c_index));
    for (size_t k = 0; k < 3; k++) { same(m.elm.networks[k].beta, chain.network[k].beta, 25 * sizeof(double), "output weights"); }
    unsigned patients = 0, high = 0;
    for (size_t i = 0; i < c.n; i++) {
        high += (a.score[i] + a.score[c.n + i]) / 2 > chain.cut;
        patients++;
    }
    assert_true(m.n_km == 2 && m.km[1].patients == high && m.km[0].patients == patients - high);
    assert_string_equal(m.km[1].group, "high");
    assert_true(m.n_horizons >= 1 && m.horizon_years[0] == 1);
    pn_recipe_inputs in = {0};
    pn_error err = {0};
    double score[180];
    int group[180];
    CHECK_OK(pn_recipe_apply(score, group, &chain, &in, &c, &err), err);
    for (size_t i = 0; i < c.n; i += 5) {
        double values[P];
        pn_score_result node;
        for (size_t j = 0; j < chain.n_chosen; j++) { values[j] = c.feature.v[chain.kept[chain.chosen[j]] * c.n + i]; }
        CHECK_OK(pn_score(&node, &m, values, &err), err);
        assert_true(fabs(node.lp - score[i]) < 1e-12 && node.high_risk == (group[i] == 1) && node.n_survival == m.n_horizons);
        free(node.drivers);
    }
    cfg_model_free(&m);
    pn_recipe_assessment_free(&a);
    pn_chain_free(&chain);
    pn_cohort_free(&c);
}

static void test_what_no_file_can_hold_is_refused_before_the_work(void **state)
{
    (void)state;
    cfg_recipe r;
    pn_recipe_inputs in;
    pn_error err = {0};
    load(&r, &in, harmonised);
    assert_int_equal(pn_recipe_can_write(&r, &err), PN_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "cannot hold the step harmonise"));
    cfg_recipe_free(&r);
    load(&r, &in, subtypes);
    assert_int_equal(pn_recipe_can_write(&r, &err), PN_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "the log odds of a group, from which no survival follows"));
    cfg_recipe_free(&r);
    load(&r, &in, machine);
    assert_int_equal(pn_recipe_can_write(&r, &err), PN_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "cannot hold the learner svm"));
    cfg_recipe_free(&r);
}

static void test_learners_are_checked_before_the_work(void **state)
{
    (void)state;
    static const struct { const char *step, *message; } cases[] = {
        {"learner: oracle", "there is no learner \"oracle\", expected one of elm, svm"},
        {"learner: svm", "the learner svm needs the steps cluster and label"},
        {"learner: cox, settings: [{name: glow, values: [1]}]", "glow"},
        {"learner: lasso_cox, settings: [{name: alpha, values: [0.5, 7]}]", "alpha"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        cfg_recipe r;
        pn_recipe_inputs in;
        pn_error err = {0};
        snprintf(text, sizeof text, HEAD "  - scale: {method: z}\n  - model: {method: learner, %s}\n" ASSESS, cases[i].step);
        load(&r, &in, text);
        assert_int_equal(pn_recipe_check(&r, &err), PN_EINVAL);
        if (strstr(err.msg, cases[i].message) == NULL) { fail_msg("\"%s\" lacks \"%s\"", err.msg, cases[i].message); }
        cfg_recipe_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_of_the_patients_held_out_reaches_the_fit),
        cmocka_unit_test(test_each_patient_is_judged_alone),
        cmocka_unit_test(test_noise_is_worth_nothing_out_of_fold),
        cmocka_unit_test(test_chosen_noise_is_worth_nothing_out_of_fold),
        cmocka_unit_test(test_a_planted_effect_is_found_out_of_fold),
        cmocka_unit_test(test_the_same_recipe_gives_the_same_bits),
        cmocka_unit_test(test_copies_of_a_patient_share_a_fold),
        cmocka_unit_test(test_the_bootstrap_corrects_for_optimism),
        cmocka_unit_test(test_what_cannot_be_fitted_is_told),
        cmocka_unit_test(test_columns_are_judged_by_training_patients),
        cmocka_unit_test(test_a_cox_model_scores_as_the_chain),
        cmocka_unit_test(test_a_committee_is_written_with_curves_out_of_fold),
        cmocka_unit_test(test_learners_are_checked_before_the_work),
        cmocka_unit_test(test_what_no_file_can_hold_is_refused_before_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

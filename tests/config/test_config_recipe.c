/* Recipes: what loads, what it becomes, and what is refused where. The shipped ones load. */
#include "check.h"
#include <math.h>
#include <string.h>
#include <config/recipe.h>

#define HEAD "schema: 1\nname: r\nsteps:\n"
#define GROUPS "  - deconvolve: {subpopulations: 4, seed: 3}\n  - cluster: {on: proportions, groups: 3, seed: 9}\n" \
               "  - label: {high_risk: worst_survival}\n"
#define SCALE "  - scale: {method: z}\n"
#define LASSO "  - select: {method: lasso_cox, seed: 4}\n"
#define COX "  - model: {method: cox}\n"
#define TAIL "assess: {seed: 5}\n"

static int parse(cfg_recipe *r, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_recipe_parse(r, text, strlen(text), "r.yaml", err);
}

static void test_every_key_reaches_its_place(void **state)
{
    (void)state;
    cfg_recipe r;
    cfg_error err;
    CHECK_OK(parse(&r, "schema: 1\nname: all-of-it\ndescription: a b\nsteps:\n"
                   "  - deconvolve: {subpopulations: 4, runs: 7, seed: 2, log2: true}\n"
                   "  - cluster: {on: proportions, columns: [s1, s4], groups: 3, method: hc, distance: pearson, linkage: ward.D2,\n"
                   "              repetitions: 50, share: 0.7, smallest: 0.1, seed: 3}\n"
                   "  - label: {high_risk: worst_survival}\n"
                   "  - filter: {columns: [a*], except: [ab], missing: drop, reliability: r.csv, icc: 0.8, redundancy: 0.9}\n"
                   "  - harmonise: {centre: hospital, reference: A}\n"
                   "  - scale: {method: z}\n"
                   "  - select: {method: elastic_net_cox, alpha: 0.5, folds: 7, lambda: 1se, seed: 4}\n"
                   "  - model: {method: elm, hidden: 30, cost: .inf, networks: 5, seed: 6}\n"
                   "  - combine: {clinical: [age, stage], folds: 4, seed: 7}\n"
                   "  - cut: {method: value, value: 0.25}\n"
                   "assess: {folds: 4, repeats: 2, bootstrap: 30, seed: 8, horizon_years: [0.5, 2]}\n", &err), err);
    assert_string_equal(r.name, "all-of-it");
    for (int s = 0; s < CFG_NSTEPS; s++) { assert_true(r.has[s]); }
    assert_true(r.deconvolve.subpopulations == 4 && r.deconvolve.runs == 7 && r.deconvolve.seed == 2 && r.deconvolve.log2);
    assert_true(r.cluster.on == CFG_ON_PROPORTIONS && r.cluster.columns.n == 2 && r.cluster.groups == 3);
    assert_string_equal(r.cluster.columns.v[1], "s4");
    assert_true(r.cluster.method == CFG_CLUSTER_HIERARCHICAL && r.cluster.distance == CFG_PEARSON &&
                r.cluster.linkage == CFG_WARD_D2 && r.cluster.repetitions == 50 && r.cluster.seed == 3);
    assert_true(r.cluster.share == 0.7 && r.cluster.smallest == 0.1);
    assert_true(r.filter.missing == CFG_MISSING_DROP && r.filter.icc == 0.8 && r.filter.redundancy == 0.9);
    assert_string_equal(r.filter.except.v[0], "ab");
    assert_string_equal(r.filter.reliability, "r.csv");
    assert_string_equal(r.harmonise.centre, "hospital");
    assert_string_equal(r.harmonise.reference, "A");
    assert_true(r.select.method == CFG_ELASTIC_NET_COX && r.select.alpha == 0.5 && r.select.folds == 7 && r.select.one_se &&
                r.select.seed == 4);
    assert_true(r.model.method == CFG_MODEL_ELM && r.model.hidden == 30 && isinf(r.model.cost) && r.model.networks == 5 &&
                r.model.seed == 6);
    assert_true(r.combine.clinical.n == 2 && r.combine.folds == 4 && r.combine.seed == 7);
    assert_true(r.cut.method == CFG_CUT_VALUE && r.cut.value == 0.25);
    assert_true(r.assess.folds == 4 && r.assess.repeats == 2 && r.assess.bootstrap == 30 && r.assess.seed == 8 &&
                r.assess.n_horizons == 2 && r.assess.horizon_years[0] == 0.5);
    assert_int_equal(strlen(r.file_sha256), 64);
    cfg_recipe_free(&r);
}

static void test_features_may_come_before_groups(void **state)
{
    (void)state;
    cfg_recipe r;
    cfg_error err;
    CHECK_OK(parse(&r, HEAD SCALE "  - cluster: {on: features, seed: 1}\n  - label: {high_risk: worst_survival}\n"
                   "  - select: {method: lasso_logistic, seed: 1}\n  - model: {method: penalised}\n" TAIL, &err), err);
    assert_true(r.cluster.on == CFG_ON_FEATURES && !r.has[CFG_STEP_FILTER] && r.assess.folds == 5);
    cfg_recipe_free(&r);
}

static void test_settings_of_a_learner(void **state)
{
    (void)state;
    cfg_recipe r;
    cfg_error err;
    CHECK_OK(parse(&r, HEAD SCALE "  - model: {method: learner, learner: svm, folds: 4, seed: 3,\n"
                   "      settings: [{name: cost, values: [0.1, 1]}, {name: kernel, choice: rbf}]}\n" TAIL, &err), err);
    assert_true(r.model.method == CFG_MODEL_LEARNER && r.model.folds == 4 && r.model.seed == 3 && r.model.n_settings == 2);
    assert_string_equal(r.model.learner, "svm");
    assert_true(r.model.settings[0].n == 2 && r.model.settings[0].values[1] == 1 && r.model.settings[0].choice[0] == '\0');
    assert_true(r.model.settings[1].n == 0);
    assert_string_equal(r.model.settings[1].choice, "rbf");
    cfg_recipe_free(&r);
}

static void test_the_shipped_recipes_load(void **state)
{
    (void)state;
    static const char *const names[] = {"zhong2022", "lasso-cox", "subtypes"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        cfg_recipe r;
        cfg_error err = {0};
        snprintf(path, sizeof path, "%s/config/recipes/%s.yaml", PN_SOURCE_DIR, names[i]);
        CHECK_OK(cfg_recipe_load(&r, path, &err), err);
        assert_string_equal(r.name, names[i]);
        cfg_recipe_free(&r);
    }
}

static void test_what_is_refused_and_where(void **state)
{
    (void)state;
    static const struct { const char *text, *message; } cases[] = {
        {"", "empty, expected a recipe"},
        {"[]\n", "expected a mapping"},
        {"schema: 2\nname: r\nsteps: []\n" TAIL, "r.yaml:1:9: schema: got \"2\", expected 1"},
        {"schema: 1\nname: R!\nsteps: [scale: {method: z}]\n" TAIL, "r.yaml:2:7: name: got \"R!\""},
        {"schema: 1\nname: r\nsteps: []\n" TAIL, "expected a list of steps"},
        {"schema: 1\nname: r\n" TAIL, "steps: missing"},
        {HEAD "  - scale\n" COX TAIL, "r.yaml:4:5: steps[0]: got \"scale\", expected one step"},
        {HEAD "  - scale: {method: z}\n    model: {method: cox}\n" TAIL, "expected one step"},
        {HEAD SCALE "  - prune: {}\n" TAIL, "unknown step, expected deconvolve"},
        {HEAD SCALE SCALE COX TAIL, "the step scale stands twice"},
        {HEAD COX SCALE TAIL, "the step scale stands after model, expected it before"},
        {HEAD SCALE "  - filter: {columns: [a]}\n" COX TAIL, "the step filter stands after scale"},
        {HEAD SCALE TAIL, "the step model is missing"},
        {HEAD COX TAIL, "the step scale is missing"},
        {HEAD SCALE "  - select: {method: lasso, seed: 1}\n" COX TAIL,
         "steps[1].select.method: got \"lasso\", expected lasso_cox, elastic_net_cox or lasso_logistic"},
        {HEAD SCALE "  - select: {method: lasso_cox}\n" COX TAIL, "select.seed: missing, expected an integer 1 to 1000000000"},
        {HEAD SCALE "  - select: {method: lasso_cox, seed: 0}\n" COX TAIL, "select.seed: got \"0\""},
        {HEAD SCALE "  - select: {method: lasso_cox, seed: 1, alpha: 0.5}\n" COX TAIL, "alpha below 1 goes with elastic_net_cox"},
        {HEAD SCALE "  - select: {method: lasso_cox, seed: 1, fold: 5}\n" COX TAIL, "unknown key, did you mean \"folds\"?"},
        {HEAD SCALE "  - select: {method: lasso_logistic, seed: 1}\n" COX TAIL, "lasso_logistic needs the steps cluster and label"},
        {HEAD SCALE "  - model: {method: elm}\n" TAIL, "the model elm needs the steps cluster and label"},
        {HEAD SCALE "  - model: {method: penalised}\n" TAIL, "the model penalised needs the step select"},
        {HEAD SCALE "  - model: {method: cox, hidden: 5}\n" TAIL, "only with method elm"},
        {HEAD SCALE "  - model: {method: cox, seed: 5}\n" TAIL, "only with method elm or learner"},
        {HEAD SCALE "  - model: {method: elm, learner: svm}\n" TAIL, "only with method learner"},
        {HEAD SCALE "  - model: {method: learner}\n" TAIL, "learner: missing, expected text of 1 to 32 bytes"},
        {HEAD SCALE "  - model: {method: learner, learner: cox, settings: [{name: a}]}\n" TAIL, "expected either values or a choice"},
        {HEAD GROUPS SCALE LASSO COX TAIL, "nothing uses the label"},
        {HEAD "  - deconvolve: {profiles: s.csv, runs: 3}\n" SCALE COX TAIL, "only without profiles"},
        {HEAD "  - deconvolve: {profiles: s.csv}\n" SCALE COX TAIL, "deconvolve is for a step cluster on proportions"},
        {HEAD "  - cluster: {on: proportions, seed: 1}\n  - label: {high_risk: worst_survival}\n" SCALE
         "  - model: {method: elm}\n" TAIL, "cluster on proportions needs the step deconvolve"},
        {HEAD "  - cluster: {on: expression, seed: 1}\n" SCALE COX TAIL, "the steps cluster and label go together"},
        {HEAD "  - cluster: {on: features, seed: 1}\n" SCALE COX TAIL, "features are grouped after the step scale"},
        {HEAD "  - filter: {redundancy: 0}\n" SCALE COX TAIL, "filter.redundancy: got \"0\", expected a number above 0, at most 1"},
        {HEAD SCALE COX "  - cut: {method: median, value: 1}\n" TAIL, "only with method value"},
        {HEAD SCALE COX "assess: {folds: 2, seed: 1}\n", "assess.folds: got 2, expected 0 or at least 3"},
        {HEAD SCALE COX "assess: {seed: 1, horizon_years: [3, 1]}\n", "got 1 after 3, expected rising numbers"},
        {HEAD SCALE COX, "assess"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cfg_recipe r;
        cfg_error err;
        assert_int_not_equal(parse(&r, cases[i].text, &err), CFG_OK);
        if (strstr(err.msg, cases[i].message) == NULL) { fail_msg("%zu: \"%s\" lacks \"%s\"", i, err.msg, cases[i].message); }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_reaches_its_place),
        cmocka_unit_test(test_features_may_come_before_groups),
        cmocka_unit_test(test_settings_of_a_learner),
        cmocka_unit_test(test_the_shipped_recipes_load),
        cmocka_unit_test(test_what_is_refused_and_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

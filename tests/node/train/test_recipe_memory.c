/* Recipes without memory: every allocation fails once, the failure is told as such and nothing is kept. */
#include "recipe_cohort.h"
#include "pipeline/recipe_assess.h"
#include "pipeline/recipe_model_file.h"

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static long calls_left = -1;            /* -1: never fail */

static bool failed;

static bool fails(void)
{
    if (calls_left > 0) { calls_left--; return false; }
    failed = failed || calls_left == 0;
    return calls_left == 0;
}

void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }

static double profile[RC_GENES * 2];

static int carry_out(const pn_recipe_inputs *in, const pn_cohort *c, bool write, pn_error *err)
{
    pn_chain chain = {0};
    pn_recipe_assessment a = {0};
    pn_train_summary s = {0};
    cfg_model m = {0};
    const pn_recipe_assess_opts o = {NULL, NULL};
    const pn_recipe_model_opts mo = {.distance_percentile = 100, .seed = 1};
    int rc = pn_recipe_fit(&chain, in, c, err);
    if (rc == PN_OK) { rc = pn_recipe_assess(&a, &chain, in, c, &o, err); }
    if (rc == PN_OK && write) { rc = pn_recipe_model(&m, &s, &chain, in, c, &a, &mo, err); }
    pn_train_summary_free(&s);
    cfg_model_free(&m);
    pn_recipe_assessment_free(&a);
    pn_chain_free(&chain);
    return rc;
}

static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    static const char head[] = "schema: 1\nname: r\nsteps:\n";
    static const struct { const char *steps; bool write; } runs[] = {
        {"  - filter: {columns: [\"*\"], redundancy: 0.95}\n  - harmonise: {centre: c}\n  - scale: {method: z}\n"
         "  - model: {method: cox}\n  - cut: {method: maxstat}\n", false},
        {"  - scale: {method: z}\n  - model: {method: cox}\n  - combine: {clinical: [age], folds: 3, seed: 1}\n", true},
        {"  - deconvolve: {profiles: given}\n  - cluster: {on: proportions, repetitions: 3, seed: 1}\n"
         "  - label: {high_risk: worst_survival}\n  - scale: {method: z}\n"
         "  - model: {method: elm, hidden: 6, networks: 2, seed: 1}\n", true},
    };
    for (size_t g = 0; g < RC_GENES; g++) {
        profile[2 * g] = g < 4 ? 100 : g < 8 ? 0 : 50;
        profile[2 * g + 1] = g < 4 ? 0 : g < 8 ? 100 : 50;
    }
    const sv_matrix profiles = sv_matrix_rowmajor(profile, RC_GENES, 2);
    static const char *const names[] = {"s1", "s2"};
    for (size_t k = 0; k < sizeof runs / sizeof runs[0]; k++) {
        char text[1024];
        cfg_recipe r;
        cfg_error cfg = {0};
        snprintf(text, sizeof text, "%s%sassess: {folds: 3, repeats: 1, bootstrap: 0, seed: 1, horizon_years: [1]}\n", head,
                 runs[k].steps);
        CHECK_OK(cfg_recipe_parse(&r, text, strlen(text), "r.yaml", &cfg), cfg);
        const pn_recipe_inputs in = {.recipe = &r, .profiles = r.has[CFG_STEP_DECONVOLVE] ? &profiles : NULL, .profile_name = names};
        pn_cohort c = rc_cohort(45, 2, 1.5, 2);
        long failures = 0;
        for (failed = true; failed; failures++) {
            pn_error err = {0};
            failed = false;
            calls_left = failures;
            const int rc = carry_out(&in, &c, runs[k].write, &err);
            calls_left = -1;
            if (rc != (failed ? PN_ENOMEM : PN_OK)) { fail_msg("run %zu, allocation %ld: %d, %s", k, failures + 1, rc, err.msg); }
        }
        assert_true(failures > 200);
        pn_cohort_free(&c);
        cfg_recipe_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation_fails_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

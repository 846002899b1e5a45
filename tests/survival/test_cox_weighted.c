/* test_cox_weighted.c - Cox models with case weights against R 4.2.2, survival 3.5-3.
 *
 *   con <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)
 *   f <- coxph(Surv(time, event) ~ x1 + x2, weights = w, ties = "efron", control = con,
 *              robust = FALSE)                            # also ties = "breslow"
 *   f <- coxph(Surv(start, time, event) ~ x1 + x2, ...)   # entries named "start"
 *   f <- coxph(Surv(time, event) ~ x1 + x2 + strata(g), ...)            # "strata"
 *   coef(f); sqrt(diag(f$var)); f$loglik; f$score; f$wald.test
 *   b <- basehaz(f, centered = FALSE); b$hazard[c(5, nrow(b))]
 *
 * R takes a weight as that many identical patients, which none of the other references shows. */
#include <check.h>

#include <survival/baseline.h>
#include <survival/cox.h>

enum { N = 24, P = 2 };
static const double TIME[N] = { 5, 8, 3, 8, 12, 1, 9, 5, 7, 12, 3, 6, 10, 8, 2, 11, 4, 6, 9, 5, 7,
                                13, 2, 10 };
static const double START[N] = { 0, 2, 0, 1, 4, 0, 3, 0, 2, 5, 1, 0, 6, 0, 0, 3, 1, 2, 0, 0, 1, 7,
                                 0, 4 };
static const int EVENT[N] = { 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1 };
static const double WEIGHT[N] = { 1, 2, .5, 1.5, 1, 3, .7, 1, 1, 2.5, .3, 1, 1, .8, 2, 1, 1.2, 1, .6,
                                  1, 4, 1, 1, .9 };
static const double X1[N] = { .3, 1.2, -.5, .8, -1.1, 2.1, -.2, .9, .1, -.7, 1.6, -.3, -1.4, .5, .7,
                              -.9, 1.1, .2, -.6, .4, 1.3, -1.8, .6, 0 };
static const double X2[N] = { 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1 };

typedef enum kind { PLAIN, LEFT_TRUNCATED, STRATIFIED } kind;

static const struct reference {
    const char *name;
    kind kind;
    sv_ties ties;
    double coef[P], se[P], loglik[2], score, wald;
    int stratum[2];
    double time[2], hazard[2];
} REFERENCES[] = {
    { "efron", PLAIN, SV_TIES_EFRON, { 1.8196940884616712, 0.030269993713338196 },
      { 0.48764141422548718, 0.62948111881764013 }, { -61.703298985608569, -46.857833149394814 },
      24.137155084753648, 16.813781730612433, { 0, 0 }, { 5, 13 },
      { 0.074254187994798937, 4.4641385432822736 } },
    { "efron start", LEFT_TRUNCATED, SV_TIES_EFRON, { 1.6062733646898111, -0.056484881079830643 },
      { 0.47011881853568521, 0.62541255766773574 }, { -56.757292215529056, -45.151215866227105 },
      20.58951699623664, 14.660378732489455, { 0, 0 }, { 5, 13 },
      { 0.11175539420162171, 4.2788300554951766 } },
    { "efron strata", STRATIFIED, SV_TIES_EFRON, { 1.745259797729954, 0.27440733932439382 },
      { 0.52406837502410575, 0.66210383338106682 }, { -48.186602785326414, -35.914909374622788 },
      19.158794380918209, 12.809875000646446, { 1, 2 }, { 7, 13 },
      { 0.16384535418832535, 3.1640031202677026 } },
    { "breslow", PLAIN, SV_TIES_BRESLOW, { 1.7119702974736126, -0.010532940624930799 },
      { 0.48250694449824411, 0.61921670786298755 }, { -62.493767831199278, -49.043173635288873 },
      21.779574582901631, 15.191375606026675, { 0, 0 }, { 5, 13 },
      { 0.083080650596565497, 4.1123348434243931 } },
    { "breslow start", LEFT_TRUNCATED, SV_TIES_BRESLOW, { 1.4920697978739634, -0.096345245099856633 },
      { 0.46254307896850683, 0.61345885803368672 }, { -57.582317722675761, -47.229582401126066 },
      18.22348854349713, 13.106856110546465, { 0, 0 }, { 5, 13 },
      { 0.12770990391017004, 3.9250202006488601 } },
    { "breslow strata", STRATIFIED, SV_TIES_BRESLOW, { 1.6667499638921288, 0.26981722225612331 },
      { 0.52164755807774288, 0.65272787690868539 }, { -48.99369448431937, -37.885044120162192 },
      17.118040724264301, 11.589764793553112, { 1, 2 }, { 7, 13 },
      { 0.17989003551815516, 2.9387850424344242 } },
};

static void check_reference(const struct reference *want)
{
    double x[N * P], lp[N];
    int stratum[N];
    for (size_t i = 0; i < N; i++) {
        x[i * P] = X1[i];
        x[i * P + 1] = X2[i];
        stratum[i] = i % 2 == 0 ? 1 : 2;
    }
    const sv_surv s = { .n = N, .time = TIME, .event = EVENT, .weight = WEIGHT,
                        .start = want->kind == LEFT_TRUNCATED ? START : NULL,
                        .stratum = want->kind == STRATIFIED ? stratum : NULL };
    const sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    opts.ties = want->ties;
    opts.eps = 1e-13;
    sv_cox fit;
    sv_baseline base;
    sv_error err = { 0 };
    print_message("%s\n", want->name);
    CHECK_OK(sv_cox_fit(&fit, &m, &s, &opts, &err), err);
    for (size_t j = 0; j < P; j++) {
        CHECK_NEAR(fit.coef[j], want->coef[j], 1e-8, 0);
        CHECK_NEAR(fit.se[j], want->se[j], 1e-8, 0);
    }
    CHECK_NEAR(fit.loglik0, want->loglik[0], 1e-12, 0);
    CHECK_NEAR(fit.loglik, want->loglik[1], 1e-12, 0);
    CHECK_NEAR(fit.score, want->score, 1e-8, 0);
    CHECK_NEAR(fit.wald, want->wald, 1e-8, 0);
    CHECK_OK(sv_cox_predict(lp, &fit, &m, &err), err);
    CHECK_OK(sv_baseline_fit(&base, lp, &s, want->ties, &err), err);
    for (size_t k = 0; k < 2; k++) {
        CHECK_NEAR(sv_baseline_at(&base, want->stratum[k], want->time[k]), want->hazard[k], 1e-8, 0);
    }
    sv_baseline_free(&base);
    sv_cox_free(&fit);
}

static void test_cox__with_weights_agrees_with_r(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof REFERENCES / sizeof *REFERENCES; k++) { check_reference(&REFERENCES[k]); }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cox__with_weights_agrees_with_r) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

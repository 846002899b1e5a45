/* test_cox.c - Cox models against R's survival 3.5-3. */
#include "cohort.h"

#include <survival/baseline.h>
#include <survival/concordance.h>
#include <survival/cox.h>

#define RTOL 1e-8

static const char *const LUNG[] = { "age", "sex", "ph.ecog", "ph.karno", "wt.loss", NULL };
static const char *const COLON[] = { "rxLev", "rxLev5FU", "sex", "age", "obstruct", "perfor",
                                     "adhere", "nodes", "differ", "extent", "surg", "node4", NULL };
static const char *const COLON_STRATA[] = { "rxLev", "rxLev5FU", "node4", NULL };
static const char *const HEART[] = { "age", "year", "surgery", "transplant", NULL };
static const char *const TINY[] = { "x", NULL };

typedef struct reference {
    const char *name, *data, *start, *time, *status, *stratum;
    const char *const *cols;
    double event_code;
    sv_ties ties;
    bool tables;  /* base hazards and residuals are there too */
} reference;

static const reference REFERENCES[] = {
    { "lung_efron", "03_cox/data_lung_complete.csv", NULL, "time", "status", NULL, LUNG, 2,
      SV_TIES_EFRON, true },
    { "lung_breslow", "03_cox/data_lung_complete.csv", NULL, "time", "status", NULL, LUNG, 2,
      SV_TIES_BRESLOW, true },
    { "colon_rec_multi", "03_cox/data_colon_rec_complete.csv", NULL, "time", "status", NULL, COLON,
      1, SV_TIES_EFRON, true },
    { "colon_rec_strata", "03_cox/data_colon_rec_complete.csv", NULL, "time", "status", "differ",
      COLON_STRATA, 1, SV_TIES_EFRON, true },
    { "heart_lefttrunc", "00_data/heart.csv", "start", "stop", "event", NULL, HEART, 1,
      SV_TIES_EFRON, true },
    { "heart_lefttrunc_breslow", "00_data/heart.csv", "start", "stop", "event", NULL, HEART, 1,
      SV_TIES_BRESLOW, true },
    { "tiny1_efron", "03_cox/data_tiny1.csv", NULL, "time", "status", NULL, TINY, 1, SV_TIES_EFRON,
      true },
    { "tiny1_breslow", "03_cox/data_tiny1.csv", NULL, "time", "status", NULL, TINY, 1,
      SV_TIES_BRESLOW, true },
};

static void read_reference(csv *out, const char *name, const char *suffix)
{
    char path[512];
    (void)snprintf(path, sizeof path, REFERENCE("03_cox/%s_%s.csv"), name, suffix);
    if (!csv_read(out, path)) { fail_msg("cannot read %s", path); }
}

static void check_coefficients(const sv_cox *fit, const char *name)
{
    csv want;
    read_reference(&want, name, "coef");
    assert_int_equal(want.rows, fit->p);
    for (size_t j = 0; j < fit->p; j++) {
        double hr[2];
        CHECK_NEAR(fit->coef[j], csv_num(&want, j, "coef"), RTOL, 0);
        CHECK_NEAR(fit->se[j], csv_num(&want, j, "se"), RTOL, 0);
        sv_cox_hazard_ratio_ci(hr, fit, j, 0.95);
        CHECK_NEAR(hr[0], csv_num(&want, j, "HR_lo95"), RTOL, 0);
        CHECK_NEAR(hr[1], csv_num(&want, j, "HR_hi95"), RTOL, 0);
        assert_int_equal(fit->flag[j], 0);
    }
    csv_free(&want);
    read_reference(&want, name, "vcov");
    for (size_t j = 0; j < fit->p; j++) {
        for (size_t k = 0; k < fit->p; k++) {
            double scale = fit->se[j] * fit->se[k];
            CHECK_NEAR(fit->vcov[j * fit->p + k], csv_num_at(&want, j, k + 1), RTOL, 1e-10 * scale);
        }
    }
    csv_free(&want);
}

static void check_summary(const sv_cox *fit, const char *name)
{
    csv want;
    read_reference(&want, name, "fit");
    assert_int_equal(fit->n, (size_t)csv_stat(&want, "n"));
    assert_int_equal(fit->n_event, (size_t)csv_stat(&want, "nevent"));
    assert_int_equal(fit->iter, (int)csv_stat(&want, "iter"));
    assert_true(fit->converged);
    CHECK_NEAR(fit->loglik0, csv_stat(&want, "loglik_null"), 1e-12, 0);
    CHECK_NEAR(fit->loglik, csv_stat(&want, "loglik"), 1e-12, 0);
    CHECK_NEAR(fit->lrt, csv_stat(&want, "lrt"), RTOL, 0);
    CHECK_NEAR(fit->lrt_p, csv_stat(&want, "lrt_p"), RTOL, 0);
    CHECK_NEAR(fit->score, csv_stat(&want, "score"), RTOL, 0);
    CHECK_NEAR(fit->score_p, csv_stat(&want, "score_p"), RTOL, 0);
    CHECK_NEAR(fit->wald, csv_stat(&want, "wald"), 0, 0.00501); /* R rounds it to two digits */
    csv_free(&want);
}

static void check_hazard(const sv_baseline *got, const char *name, const char *suffix, double factor)
{
    csv want;
    read_reference(&want, name, suffix);
    assert_int_equal(got->n, want.rows);
    for (size_t i = 0; i < got->n; i++) {
        CHECK_NEAR(got->time[i], csv_num(&want, i, "time"), 1e-14, 0);
        CHECK_NEAR(got->hazard[i] * factor, csv_num(&want, i, "hazard"), RTOL, 0);
    }
    csv_free(&want);
}

static void check_predictor(const double *lp, double centre, size_t n, const char *name)
{
    csv want;
    read_reference(&want, name, "resid");
    assert_int_equal(n, want.rows);
    for (size_t i = 0; i < n; i++) { CHECK_NEAR(lp[i] - centre, csv_num(&want, i, "lp"), RTOL, 1e-10); }
    csv_free(&want);
}

static void check_concordance(const double *lp, const cohort *c, const char *name)
{
    sv_error err;
    sv_concordance got;
    csv want;
    CHECK_OK(sv_concordance_harrell(&got, lp, &c->surv, &err), err);
    read_reference(&want, name, "fit");
    CHECK_NEAR(got.concordant, csv_stat(&want, "concordant"), 0, 0);
    CHECK_NEAR(got.discordant, csv_stat(&want, "discordant"), 0, 0);
    CHECK_NEAR(got.tied_risk, csv_stat(&want, "tied.x"), 0, 0);
    CHECK_NEAR(got.tied_time, csv_stat(&want, "tied.y"), 0, 0);
    CHECK_NEAR(got.tied_both, csv_stat(&want, "tied.xy"), 0, 0);
    CHECK_NEAR(got.c, csv_stat(&want, "concordance"), 1e-12, 0);
    CHECK_NEAR(got.se, csv_stat(&want, "concordance_se"), 1e-10, 0);
    csv_free(&want);
}

static void check_reference(const reference *ref)
{
    sv_error err;
    sv_cox fit;
    sv_baseline base;
    char path[512];
    cohort c;
    (void)snprintf(path, sizeof path, REFERENCE("%s"), ref->data);
    cohort_read(&c, path, ref->start, ref->time, ref->status, ref->event_code, ref->cols);
    if (ref->stratum != NULL) { cohort_stratify(&c, ref->stratum); }
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    opts.ties = ref->ties;
    CHECK_OK(sv_cox_fit(&fit, &c.matrix, &c.surv, &opts, &err), err);
    check_coefficients(&fit, ref->name);
    check_summary(&fit, ref->name);

    double *lp = calloc(c.n, sizeof *lp), ll;
    CHECK_OK(sv_cox_predict(lp, &fit, &c.matrix, &err), err);
    CHECK_OK(sv_partial_loglik(&ll, lp, &c.surv, ref->ties, &err), err);
    CHECK_NEAR(ll, fit.loglik, 1e-12, 0);
    double centre = sv_cox_centre(&fit);
    CHECK_OK(sv_baseline_fit(&base, lp, &c.surv, ref->ties, &err), err);
    check_hazard(&base, ref->name, "basehaz_x0", 1);
    check_hazard(&base, ref->name, "basehaz_mean", exp(centre));
    if (ref->start == NULL) { check_predictor(lp, centre, c.n, ref->name); }
    check_concordance(lp, &c, ref->name);
    free(lp);
    sv_baseline_free(&base);
    sv_cox_free(&fit);
    cohort_free(&c);
}

static void test_cox__agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox"));
    for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; i++) {
        print_message("%s\n", REFERENCES[i].name);
        check_reference(&REFERENCES[i]);
    }
}

/* Recurrent infections: start-stop rows, 76 events, text factors coded here. */
static void test_cox__start_stop_se_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox"));
    static const char *const cols[] = { "age", "age", "age", "steroids", NULL };
    sv_error err;
    cohort c;
    sv_cox fit;
    cohort_read(&c, REFERENCE("00_data/cgd.csv"), "tstart", "tstop", "status", 1, cols);
    for (size_t i = 0; i < c.n; i++) {
        c.x[i * 4] = strcmp(csv_text(&c.table, i, "treat"), "rIFN-g") == 0;
        c.x[i * 4 + 2] = strcmp(csv_text(&c.table, i, "inherit"), "autosomal") == 0;
    }
    CHECK_OK(sv_cox_fit(&fit, &c.matrix, &c.surv, NULL, &err), err);
    csv want;
    read_reference(&want, "cgd_robust", "coef");
    for (size_t j = 0; j < 4; j++) {
        CHECK_NEAR(fit.coef[j], csv_num(&want, j, "coef"), RTOL, 0);
        CHECK_NEAR(fit.se[j], csv_num(&want, j, "se"), RTOL, 0);
    }
    csv_free(&want);
    sv_cox_free(&fit);
    cohort_free(&c);
}

static void test_cox__rotterdam_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox"));
    static const char *const cols[] = { "age", "meno", "grade", "nodes", "pgr", "er", "hormon", NULL };
    sv_error err;
    cohort c;
    sv_cox fit;
    cohort_read(&c, REFERENCE("00_data/rotterdam.csv"), NULL, "rtime", "recur", 1, cols);
    for (size_t i = 0; i < c.n; i++) {
        bool recur = csv_num(&c.table, i, "recur") > 0;
        c.time[i] = csv_num(&c.table, i, recur ? "rtime" : "dtime");
        c.event[i] = recur || csv_num(&c.table, i, "death") > 0;
        c.x[i * 7 + 4] = log1p(c.x[i * 7 + 4]);
        c.x[i * 7 + 5] = log1p(c.x[i * 7 + 5]);
    }
    CHECK_OK(sv_cox_fit(&fit, &c.matrix, &c.surv, NULL, &err), err);
    check_coefficients(&fit, "rotterdam_train");
    check_summary(&fit, "rotterdam_train");
    double *lp = calloc(c.n, sizeof *lp);
    CHECK_OK(sv_cox_predict(lp, &fit, &c.matrix, &err), err);
    check_concordance(lp, &c, "rotterdam_train");
    free(lp);
    sv_cox_free(&fit);
    cohort_free(&c);
}

static void test_cox__univariable_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox"));
    sv_error err;
    csv want;
    cohort c;
    read_reference(&want, "colon_rec", "univariable");
    cohort_read(&c, REFERENCE("03_cox/data_colon_rec_complete.csv"), NULL, "time", "status", 1, COLON);
    size_t seen = 0;
    for (size_t i = 0; i < want.rows; i++) {
        for (size_t j = 0; j < c.p; j++) {
            if (strcmp(csv_text(&want, i, "term"), COLON[j]) != 0) { continue; }
            sv_cox fit;
            sv_matrix one = { c.x + j, c.n, 1, c.p, 1 };
            CHECK_OK(sv_cox_fit(&fit, &one, &c.surv, NULL, &err), err);
            CHECK_NEAR(fit.coef[0], csv_num(&want, i, "coef"), RTOL, 0);
            CHECK_NEAR(fit.se[0], csv_num(&want, i, "se"), RTOL, 0);
            sv_cox_free(&fit);
            seen++;
        }
    }
    assert_int_equal(seen, want.rows);
    csv_free(&want);
    cohort_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cox__agrees_with_r),
        cmocka_unit_test(test_cox__start_stop_se_agrees_with_r),
        cmocka_unit_test(test_cox__rotterdam_agrees_with_r),
        cmocka_unit_test(test_cox__univariable_agrees_with_r),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

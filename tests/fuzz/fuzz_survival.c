/* Cox regression and Kaplan-Meier curves of tables with anything in them. */
#include <math.h>
#include <stdlib.h>
#include <survival/cox.h>
#include <survival/km.h>
#include "fuzz.h"

enum { MAX_ROWS = 40, MAX_COLS = 5 };

typedef struct table {
    size_t rows, cols;
    double x[MAX_ROWS * MAX_COLS], time[MAX_ROWS], start[MAX_ROWS], weight[MAX_ROWS];
    int event[MAX_ROWS], stratum[MAX_ROWS];
    bool keep[MAX_ROWS];
    bool has_start, has_weight, has_stratum, has_keep;
} table;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static table read_table(fz_input *in, unsigned flags)
{
    table t = { .rows = fz_u8(in) % (MAX_ROWS + 1), .cols = fz_u8(in) % (MAX_COLS + 1) };
    t.has_start = (flags & 1) != 0;
    t.has_weight = (flags & 2) != 0;
    t.has_stratum = (flags & 4) != 0;
    t.has_keep = (flags & 8) != 0;
    for (size_t i = 0; i < t.rows; i++) {
        unsigned kind = fz_u8(in);
        t.event[i] = kind < 250 ? (int)(kind & 1) : (int)kind - 252;
        t.time[i] = kind % 16 < 12 ? (double)fz_u8(in) : fz_double(in);
        t.keep[i] = (kind & 2) != 0;
        if (t.has_start) { t.start[i] = kind < 128 ? 0 : fz_double(in); }
        if (t.has_weight) { t.weight[i] = kind < 128 ? 1 : fz_double(in); }
        if (t.has_stratum) { t.stratum[i] = (int)fz_u8(in) - 128; }
        for (size_t c = 0; c < t.cols; c++) { t.x[i * t.cols + c] = fz_double(in); }
    }
    return t;
}

/* R's coxph, too, gives a fit without a meaning where the likelihood has no maximum; what a fit
 * may not be is infinite or NaN without saying so. */
static void check_cox(const sv_cox *fit)
{
    fz_require(isfinite(fit->loglik0) && isfinite(fit->loglik));
    for (size_t j = 0; j < fit->p; j++) {
        bool dropped = (fit->flag[j] & SV_COX_DROPPED) != 0;
        fz_require(dropped ? isnan(fit->coef[j]) : isfinite(fit->coef[j]));
    }
}

static void check_km(const sv_km *km)
{
    double last = 1;
    for (size_t i = 0; i < km->n; i++) {
        fz_require(i == 0 || km->time[i] > km->time[i - 1]);
        fz_require(km->surv[i] >= 0 && km->surv[i] <= last);
        last = km->surv[i];
        fz_require(!(km->lower[i] > km->surv[i] + 1e-9) && !(km->upper[i] < km->surv[i] - 1e-9));
    }
    (void)sv_km_quantile(km, 0.5);
    (void)sv_km_at_risk(km, 1);
    double mean, error;
    sv_km_rmean(&mean, &error, km, 10);
    /* A start just below 0 ties with a time of 0 and lends it its value: surv.h, 1.5e-8. */
    fz_require(isnan(mean) || (mean >= -2e-8 && mean <= 10 + 1e-9));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    fz_input in = { bytes, n };
    unsigned flags = fz_u8(&in), choice = fz_u8(&in);
    table t = read_table(&in, flags);
    sv_surv s = { t.rows, t.time, t.event, t.has_start ? t.start : NULL,
                  t.has_weight ? t.weight : NULL, t.has_stratum ? t.stratum : NULL };
    sv_error err = {0};

    sv_cox_opts cox_opts = SV_COX_OPTS_INIT;
    cox_opts.ties = (choice & 1) != 0 ? SV_TIES_BRESLOW : SV_TIES_EFRON;
    sv_matrix x = sv_matrix_rowmajor(t.x, t.rows, t.cols);
    sv_cox fit;
    if (sv_cox_fit(&fit, &x, &s, &cox_opts, &err) == SV_OK) {
        check_cox(&fit);
        sv_cox_free(&fit);
    } else {
        fz_require(err.code != SV_OK && err.msg[0] != '\0');
    }

    sv_km_opts km_opts = SV_KM_OPTS_INIT;
    km_opts.estimator = (sv_km_estimator)((choice >> 1) % 2);
    km_opts.ci = (sv_km_ci)((choice >> 2) % 3);
    km_opts.variance = (sv_km_variance)((choice >> 4) % 3);
    sv_km km;
    if (sv_km_fit(&km, &s, t.has_keep ? t.keep : NULL, &km_opts, &err) == SV_OK) {
        check_km(&km);
        sv_km_free(&km);
    } else {
        fz_require(err.code != SV_OK && err.msg[0] != '\0');
    }
    return 0;
}

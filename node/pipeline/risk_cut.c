#include "pipeline/risk_cut.h"
#include <math.h>
#include <survival/maxstat.h>
#include <survival/quantile.h>

static int from_sv(pn_error *err, const sv_error *sv)
{
    return sv->code == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "cut-point: %s", sv->msg)
                                 : pn_fail(err, PN_EINVAL, "cut-point: %s", sv->msg);
}

static int best_cut(double *cut, double *p, const double *score, const sv_surv *s, pn_error *err)
{
    const sv_maxstat_opts opts = SV_MAXSTAT_OPTS_INIT;
    sv_maxstat found;
    sv_error sv = {0};
    if (sv_maxstat_find(&found, score, s, &opts, &sv) != SV_OK) { return from_sv(err, &sv); }
    *cut = found.cut[found.best];
    *p = found.p_lausen94;
    const bool worse = found.high_is_worse;
    sv_maxstat_free(&found);
    return worse ? PN_OK : pn_fail(err, PN_EINVAL, "the cut-point that separates best puts the patients with the later "
                                   "events above it");
}

int pn_risk_cut(double *cut, double *p, const double *score, const sv_surv *s, pn_train_cut how, double value,
                pn_error *err)
{
    static const double half = 0.5;
    sv_error sv = {0};
    *p = NAN;
    switch (how) {
    case PN_CUT_MEDIAN: return sv_quantile(cut, score, s->n, &half, 1, &sv) == SV_OK ? PN_OK : from_sv(err, &sv);
    case PN_CUT_MAXSTAT: return best_cut(cut, p, score, s, err);
    case PN_CUT_VALUE: *cut = value; break;
    }
    return PN_OK;
}

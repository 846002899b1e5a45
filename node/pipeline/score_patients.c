#include "pipeline/score_patients.h"
#include <stdlib.h>
#include "pipeline/score.h"

int pn_score_patients(double *score, bool *high, double *risk, const cfg_model *m, const pn_train_data *d, pn_error *err)
{
    double *values = calloc(d->p + 1, sizeof *values);
    if (values == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for values"); }
    int rc = PN_OK;
    for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
        pn_score_result s = {0};
        for (size_t j = 0; j < d->p; j++) { values[j] = d->x[j * d->n + i]; }
        if ((rc = pn_score(&s, m, values, err)) != PN_OK) { break; }
        score[i] = s.lp;
        high[i] = s.high_risk;
        for (size_t h = 0; h < m->n_horizons; h++) { risk[i * m->n_horizons + h] = 1 - s.survival[h].probability; }
        pn_score_free(&s);
    }
    free(values);
    return rc;
}

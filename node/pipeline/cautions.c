#include "pipeline/cautions.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { FEW_EVENTS = 100, FEW_WATCHED = 10 };       /* Vergouwe 2005, Collins 2016 */

void pn_validation_warn(pn_validation *v, const char *fmt, ...)
{
    if (v->n_warnings == PN_VALIDATION_WARNINGS) { return; }
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(v->warnings[v->n_warnings++], sizeof v->warnings[0], fmt, ap);
    va_end(ap);
}

static void caution_groups(pn_validation *v)
{
    static const char *const word[] = {"low", "high"};
    for (size_t g = 0; g < 2; g++) {
        if (v->group_patients[g] == 0) { pn_validation_warn(v, "no patient is in the %s risk group", word[g]); }
    }
}

static void caution_horizons(pn_validation *v)
{
    for (size_t h = 0; h < v->n_horizons; h++) {
        const pn_validation_horizon *z = &v->horizon[h];
        if (!isfinite(z->auc)) { continue; }
        if (!isfinite(z->brier)) {
            pn_validation_warn(v, "no risk at %g years: the model's training patients were not watched so long", z->years);
        }
        if (z->controls < FEW_WATCHED || z->cases < FEW_WATCHED) {
            pn_validation_warn(v, "at %g years there are %zu patients with an event before and %zu watched beyond: fewer than %d tell little",
                               z->years, z->cases, z->controls, FEW_WATCHED);
        }
    }
}

/* Where the model was never tried: it extrapolates. */
static void caution_range(pn_validation *v, const cfg_model *m, const pn_train_data *d)
{
    size_t patients = 0, most = 0, worst = 0;
    for (size_t i = 0; i < d->n; i++) {
        bool outside = false;
        for (size_t j = 0; j < d->p && !outside; j++) {
            double x = d->x[j * d->n + i];
            outside = x < m->features[j].quantile[0] || x > m->features[j].quantile[CFG_NQUANTILES - 1];
        }
        patients += outside;
    }
    for (size_t j = 0; j < d->p; j++) {
        size_t n = 0;
        for (size_t i = 0; i < d->n; i++) {
            double x = d->x[j * d->n + i];
            n += x < m->features[j].quantile[0] || x > m->features[j].quantile[CFG_NQUANTILES - 1];
        }
        if (n > most) {
            most = n;
            worst = j;
        }
    }
    if (patients > 0) {
        pn_validation_warn(v, "%zu of %zu patients have a value outside of the training patients' range; most often, in %zu, it is that of %s",
                           patients, d->n, most, m->features[worst].name);
    }
}

/* Values that no training patient came near: another unit, another tool, other settings. */
static void caution_units(pn_validation *v, const cfg_model *m, const pn_train_data *d)
{
    const double ranges_away = 3;
    size_t features = 0, first = 0;
    double example = 0;
    for (size_t j = 0; j < d->p; j++) {
        const cfg_model_feature *f = &m->features[j];
        const double low = f->quantile[0], high = f->quantile[CFG_NQUANTILES - 1];
        double farthest = low;
        for (size_t i = 0; i < d->n; i++) {
            const double x = d->x[j * d->n + i];
            if (fmax(low - x, x - high) > fmax(low - farthest, farthest - high)) { farthest = x; }
        }
        if (!(fmax(low - farthest, farthest - high) > ranges_away * (high - low))) { continue; }
        if (features++ == 0) {
            first = j;
            example = farthest;
        }
    }
    if (features == 0) { return; }
    const cfg_model_feature *f = &m->features[first];
    pn_validation_warn(v, "%zu feature%s far from any training patient, as %.80s: %g here, %g to %g there; are units, tool and settings the "
         "same?", features, features == 1 ? " is" : "s are", f->name, example, f->quantile[0], f->quantile[CFG_NQUANTILES - 1]);
}

void pn_validation_caution(pn_validation *v, const cfg_model *m, const pn_train_data *d)
{
    caution_units(v, m, d);
    if (v->events < FEW_EVENTS) {
        pn_validation_warn(v, "%zu events: with fewer than %d no validation tells much (Vergouwe 2005, Collins 2016)", v->events,
                           FEW_EVENTS);
    }
    if (v->patients - v->events < FEW_EVENTS) {
        pn_validation_warn(v, "%zu patients without the event: with fewer than %d no validation tells much", v->patients - v->events,
                           FEW_EVENTS);
    }
    caution_groups(v);
    caution_horizons(v);
    caution_range(v, m, d);
    if (v->slope_p < 0.05) {
        pn_validation_warn(v, "the calibration slope is %.2f: predictions are too %s", v->slope, v->slope < 1 ? "far apart" : "close together");
    }
    if (v->zph_p < 0.05) { pn_validation_warn(v, "the effect of the score changes with time (p = %.3g): one hazard ratio does not tell all", v->zph_p); }
}

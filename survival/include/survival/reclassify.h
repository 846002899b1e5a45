/* survival/reclassify.h - whom does a new model move to another risk, and rightly so?
 *
 * Net reclassification improvement and integrated discrimination improvement for the risk of an event by t. With
 * P(up), P(down) the shares of rows whose risk the new model raises or lowers (by at least a category, or at all),
 * and event probabilities of those moved by Kaplan-Meier at t (Pencina, D'Agostino & Steyerberg 2011, Stat Med
 * 30:11):
 *
 *   NRI of events     = [P(event | up) P(up) - P(event | down) P(down)] / P(event)
 *   NRI of non-events = [P(none | down) P(down) - P(none | up) P(up)] / P(none)
 *   IDI = mean rise of the risk of those with the event less that of those without, weighted by 1 / G (Uno et al.
 *         2013, Stat Med 32:2430)
 *
 * Read them with the parts, never alone: neither is a proper score. The category-free NRI looks at the direction of
 * a change and not its size, and both can be above 0 for a new model that merely is wrongly calibrated or adds
 * noise (Hilden & Gerds 2014, Stat Med 33:3405; Pepe et al. 2015, Stat Biosci 7:282). Differences of Brier score, AUC
 * and net benefit do not have this fault. Category limits must be ones at which something would be done. */
#ifndef SV_RECLASSIFY_H
#define SV_RECLASSIFY_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_RECLASSIFY_MAX_LIMITS ((size_t)9)

typedef struct sv_reclassify_opts {
    double t;                    /* time of the risk, above 0                                    */
    const double *limits;        /* ascending, inside 0..1: category k is limits[k-1] <= risk <  */
    size_t n_limits;             /*   limits[k]; 0: no categories                                */
    size_t replicates;           /* bootstrap; 0: no intervals                                   */
    uint64_t seed;               /* replicate b draws from sv_rng_stream(seed, b)                */
    double level;                /* of the intervals                                             */
} sv_reclassify_opts;

/* With a bias-corrected bootstrap interval (sv_bootstrap_interval); NaN where there is none. */
typedef struct sv_reclassify_value { double value, low, high; } sv_reclassify_value;

typedef struct sv_net_reclassification {
    size_t up, down;             /* rows moved                                                   */
    sv_reclassify_value event, nonevent, total;
} sv_net_reclassification;

typedef struct sv_reclassification {
    sv_net_reclassification category;   /* NaN without limits                                    */
    sv_net_reclassification any;        /* category-free: every change counts                    */
    sv_reclassify_value idi_event, idi_nonevent, idi;   /* mean rise; idi = event - nonevent     */
    size_t moved[SV_RECLASSIFY_MAX_LIMITS + 1][SV_RECLASSIFY_MAX_LIMITS + 1];   /* [old][new] rows */
    size_t failed;               /* replicates without a value: nobody with the event, or nobody
                                    among those moved watched until t                            */
} sv_reclassification;

/* old_risk, new_risk[s->n] in 0..1, of the same rows. A value is NaN where those it needs were not watched until t.
 * Fails: as sv_censoring_fit; SV_EINVAL (options); SV_EDATA (a risk); SV_ENOMEM. */
SV_CHECKED int sv_reclassify(sv_reclassification *out, const double *old_risk, const double *new_risk,
                             const sv_surv *s, const sv_reclassify_opts *opts, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

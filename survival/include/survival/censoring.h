/* survival/censoring.h - the distribution of the censoring times, and weights made of it.
 *
 * G(t) is the reverse Kaplan-Meier estimate of the probability to be uncensored after t. Where a
 * death and a censoring share a time the death comes first, so the dead are not at risk of being
 * censored then. The inverse of G weights those whose status is known (Graf et al. 1999, Stat Med
 * 18:2529; Gerds & Schumacher 2006, Biom J 48:1029). */
#ifndef SV_CENSORING_H
#define SV_CENSORING_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_censoring {
    size_t n;
    double *time;     /* [n] ascending: every time at which a row ends                      */
    double *surv;     /* [n] G from time[i] on; 1 before time[0]                            */
    size_t rows;
    double *before;   /* [rows] G just before the row's own time                            */
    double *at;       /* [rows] G at the row's own time                                     */
} sv_censoring;

/* Right-censored data without weights, start times or strata. out owns its arrays on success; free
 * with sv_censoring_free; untouched on failure. Fails: as sv_surv_check; SV_EINVAL (weights, start
 * times, strata); SV_ENOMEM. */
SV_CHECKED int sv_censoring_fit(sv_censoring *out, const sv_surv *s, sv_error *err);
void sv_censoring_free(sv_censoring *c);

/* G(t), G(t-). */
double sv_censoring_at(const sv_censoring *c, double t);
double sv_censoring_before(const sv_censoring *c, double t);

/* The latest time at which G is still above 0: estimates that divide by G end there. */
double sv_censoring_end(const sv_censoring *c);

#ifdef __cplusplus
}
#endif
#endif

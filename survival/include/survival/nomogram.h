/* survival/nomogram.h - a Cox model as a scale of points that can be added by hand.
 *
 * The variable whose effect spans most, over the values shown for it, spans 100 points; every other one in
 * proportion, each from 0 points at its most favourable value shown. Same conventions as nomogram of R's rms. */
#ifndef SV_NOMOGRAM_H
#define SV_NOMOGRAM_H

#include <survival/error.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_NOMOGRAM_MAX_TICKS ((size_t)200)

/* The scale: points = (coef x - least[j]) * per_unit; predictor x'coef = total points / per_unit + zero. */
typedef struct sv_nomogram {
    size_t p;
    double *least;        /* [p] smallest coef x over the values shown                             */
    double per_unit;      /* points a unit of the linear predictor                                 */
    double zero;          /* linear predictor of 0 points: the sum of least                        */
    double max_points;    /* total of one who has the most points in everything                    */
} sv_nomogram;

/* coef[p]; shown[2 p]: lowest and highest value shown of each variable (sv_nomogram_ticks gives round ones);
 * top: points of the longest scale, 100. out owns its array on success; free with sv_nomogram_free; untouched
 * on failure. Fails: SV_EINVAL (p is 0, top, a range that is empty or not finite); SV_EDATA (all coefficients are
 * 0, or one is not finite); SV_ENOMEM. */
SV_CHECKED int sv_nomogram_make(sv_nomogram *out, const double *coef, const double *shown, size_t p, double top,
                                sv_error *err);
void sv_nomogram_free(sv_nomogram *n);

/* Points of value x of variable j, whose coefficient is coef; below 0 or above the scale outside its range. */
double sv_nomogram_points(const sv_nomogram *n, size_t j, double coef, double x);

/* Linear predictor of a total, and total of a linear predictor. */
double sv_nomogram_predictor(const sv_nomogram *n, double points);
double sv_nomogram_total(const sv_nomogram *n, double predictor);

/* Total points at which survival is s (0 < s < 1), for the cumulative baseline hazard h0 > 0 (at x = 0) of the time in
 * question: the scale of survival. NaN outside the domain. */
double sv_nomogram_points_at(const sv_nomogram *n, double h0, double s);

/* Round numbers that cover low..high in steps of 1, 2 or 5 times a power of ten, about `intervals` of them: ascending
 * into out[SV_NOMOGRAM_MAX_TICKS], their number in *n. The rule of R's pretty(): the step is the cell
 * c = (high - low) / intervals rounded to base = 10^floor(log10 c), taken as 2 base where 2 base - c < 1.5 (c - base),
 * 5 base where 5 base - c < 2.75 (c - 2 base), 10 base where 10 base - c < 1.5 (c - 5 base).
 * Fails: SV_EINVAL (low >= high, not finite, intervals outside 1..100). */
SV_CHECKED int sv_nomogram_ticks(double *out, size_t *n, double low, double high, int intervals, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

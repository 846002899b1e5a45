/* pen_state.h - where a penalised path stands, and the quadratic problem within it. */
#ifndef SV_PEN_STATE_H
#define SV_PEN_STATE_H

#include "pen.h"

enum { PEN_PAST = 6 };         /* iterates that an extrapolation looks at                     */

/* The last iterates of a descent, and what they make of the rows. */
typedef struct pen_trail {
    double *beta;              /* [PEN_PAST][p + 1] of the set, then the intercept            */
    double *rows;              /* [PEN_PAST][n]                                               */
    size_t n_kept;
} pen_trail;

typedef struct pen_state {
    pen_family *f;
    const pen_design *d;
    const sv_path_opts *o;
    double *beta, *start;      /* [p] now, and where the quadratic was taken                  */
    double *factor;            /* [p] penalty factors                                         */
    double *slope;             /* [p] of the log likelihood, at the last fit                  */
    double *curve;             /* [p] of the quadratic; < 0: not computed yet                 */
    double *gram;              /* [16] of X'WX for each four neighbours of the set            */
    double *residual;          /* [n] slope of the quadratic at beta                          */
    double *eta, *trial;       /* [n]                                                         */
    double *move;              /* [n] what beta has changed of eta since start                */
    pen_trail steps, turns;    /* of the quadratic (with its move), of settle (with eta)      */
    size_t *set;               /* [p] working set                                             */
    bool *in_set;
    size_t n_set, passes;
    double intercept, lambda, tolerance;
} pen_state;

double pen_penalty(const pen_state *s);
/* x[4]: columns of up to four members of `columns`; the last one again where they are fewer. */
void pen_four(const double *x[4], const pen_state *s, const size_t *columns, size_t width);

/* Coordinate descent over the working set to the optimum of the quadratic at eta, whose slope and
 * curve are the family's: moves beta, intercept, move. curve[j] < 0 is left where j never moved. */
void pen_solve_quadratic(pen_state *s);

/* An iterate joins the trail / the iterates so weighted are where s now stands, `rows` with it. */
void pen_remember(pen_state *s, pen_trail *t, const double *rows);
void pen_recall(pen_state *s, double *rows, const pen_trail *t, const double weight[PEN_PAST]);
/* Anderson's acceleration (Bertrand & Massias 2021): weights c of the last PEN_PAST iterates that
 * sum to 1 and make |sum c_k (b_k+1 - b_k)| least, the point where the iteration would stand still.
 * False if the steps do not tell. */
bool pen_extrapolation(double weight[PEN_PAST], const pen_state *s, const pen_trail *t);
extern const double pen_stay[PEN_PAST];         /* the last iterate itself */

#endif

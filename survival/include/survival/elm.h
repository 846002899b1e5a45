/* survival/elm.h - extreme learning machine: one hidden layer of random sigmoid nodes, the output
 * weights by least squares (Huang, Zhu & Siew 2006, Neurocomputing 70:489).
 *
 * With more nodes than patients the pseudo-inverse, which is the published form, fits every training
 * label and so says nothing about new patients; its answers hang on the seed. The ridge form (Huang
 * et al. 2012, IEEE Trans Syst Man Cybern B 42:513) is stable. Neither is to be judged by its training
 * patients; the spread over seeds is to be told. */
#ifndef SV_ELM_H
#define SV_ELM_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_ELM_MAX_HIDDEN ((size_t)20000)
#define SV_ELM_MAX_SEED 2147483646u

typedef struct sv_elm_opts {
    size_t hidden;        /* nodes                                                              */
    double cost;          /* ridge parameter C > 0: the penalty is |beta|^2 / C; INFINITY: none,
                             Moore-Penrose                                                      */
    uint32_t seed;        /* 1 to SV_ELM_MAX_SEED: of minstd (s := 16807 s mod 2^31 - 1), the same
                             network on every machine                                           */
} sv_elm_opts;
#define SV_ELM_OPTS_INIT { .hidden = 1000, .cost = 1, .seed = 20220574 }

typedef struct sv_elm {
    size_t p, hidden;
    double *weight;       /* [hidden][p] in -1..1                                               */
    double *bias;         /* [hidden] in 0..1                                                   */
    double *beta;         /* [hidden] output weights                                            */
    double condition;     /* of the hidden layer's output on the training rows; NaN with ridge  */
} sv_elm;

/* Fit to label[i] 0 or 1 (targets -1 and 1). x: standardised columns. out owns its arrays on success;
 * free with sv_elm_free; untouched on failure.
 * Fails: sv_matrix_check; SV_EINVAL (options); SV_EDATA (a label; one class only); SV_ELIMIT; SV_ENOMEM. */
SV_CHECKED int sv_elm_fit(sv_elm *out, const sv_matrix *x, const int *label, const sv_elm_opts *opts,
                          sv_error *err);
void sv_elm_free(sv_elm *e);

/* The network of p columns whose fit with this seed gave beta[hidden] (copied): what a model file
 * stores. out as above; its condition is NaN. Fails: SV_EINVAL (hidden, seed, p), SV_ENOMEM. */
SV_CHECKED int sv_elm_restore(sv_elm *out, size_t p, size_t hidden, uint32_t seed, const double *beta,
                              sv_error *err);

/* score[rows of x]: above 0 speaks for label 1. Fails: sv_matrix_check, SV_EINVAL. */
SV_CHECKED int sv_elm_score(double *score, const sv_elm *e, const sv_matrix *x, sv_error *err);

/* Networks of seeds opts->seed, + 1, ... n_seeds of them, fitted to (x, label) and asked about the rows of
 * `of`: the mean of their scores, its standard deviation over seeds, and the share of them that give
 * the class of the mean. Arrays of of->rows; sd and agreement may be NULL. Fails: as the fit. */
SV_CHECKED int sv_elm_committee(double *mean, double *sd, double *agreement, const sv_matrix *of,
                                const sv_matrix *x, const int *label, const sv_elm_opts *opts,
                                size_t n_seeds, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* survival/classify.h - classifiers for few patients: nearest neighbours and naive Bayes.
 *
 * Both learn from rows with a label each (any codes, at least 2 different ones) and give the
 * probability of each label for new rows: share[row * classes + c], c counting the labels upwards as
 * in label[]. The result does not depend on the order of the rows. One thread, no shared state.
 * Fits fail, *out untouched: as sv_matrix_check; SV_EDATA (fewer than 2 labels), SV_ELIMIT (more than
 * 1000), SV_ETOOSMALL, SV_EINVAL (an option), SV_ENOMEM. Predictions fail, share untouched: as
 * sv_matrix_check; SV_EINVAL (another number of columns than fitted); SV_ENOMEM. */
#ifndef SV_CLASSIFY_H
#define SV_CLASSIFY_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- k nearest neighbours, by Euclid's distance ---------------------------------------------- */

typedef struct sv_knn {
    size_t n, p, classes, k;
    int *label;                   /* [classes] rising                                             */
    uint32_t *class_of;           /* [n] place in label[]                                         */
    double *x;                    /* [n][p] the training rows, centred and scaled                 */
    double *centre, *scale;       /* [p]; a constant column's scale is 1                          */
} sv_knn;

void sv_knn_free(sv_knn *f);      /* NULL-safe; leaves *f empty */

/* 1 <= k <= rows (else SV_EINVAL); scale: divide the columns by their standard deviations. */
SV_CHECKED int sv_knn_fit(sv_knn *out, const sv_matrix *x, const int *label, size_t k, bool scale, sv_error *err);

/* Shares among the k nearest training rows; with all others that are as far as the k-th. */
SV_CHECKED int sv_knn_predict(double *share, const sv_knn *f, const sv_matrix *x, sv_error *err);

/* ---- naive Bayes: columns normal and independent in each class ------------------------------- */

typedef struct sv_bayes {
    size_t p, classes;
    int *label;                   /* [classes] rising                                             */
    double *prior;                /* [classes] shares of the rows                                 */
    double *mean, *sd;            /* [classes][p]; divisor n - 1                                  */
} sv_bayes;

void sv_bayes_free(sv_bayes *f);  /* NULL-safe; leaves *f empty */

/* At least 2 rows a class (SV_ETOOSMALL). floor >= 0: a class's standard deviation is taken to be at
 * least this share of the whole column's, lest a value seen always decide alone; 1e-3 is a fair
 * choice. A column that is constant over all rows is passed over (its sd is NaN). With floor 0 a
 * column constant in one class only is refused (SV_EDATA names it). */
SV_CHECKED int sv_bayes_fit(sv_bayes *out, const sv_matrix *x, const int *label, double floor, sv_error *err);

SV_CHECKED int sv_bayes_predict(double *share, const sv_bayes *f, const sv_matrix *x, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

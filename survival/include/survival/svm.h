/* survival/svm.h - support vector machines for two labels (Cortes & Vapnik 1995, Mach Learn 20:273).
 *
 * C-SVC: least |w|^2 / 2 + sum of C_i max(0, 1 - y_i f(x_i)), y = -1 or 1, solved in its dual by libsvm
 * (Chang & Lin 2011, ACM TIST 2:27) without its probabilities, which draw from rand(); scores are computed
 * here. The same rows in the same order give the same machine. One thread; the fit sets libsvm's print
 * function, which all of the process shares. libsvm cannot report that memory gave out: it ends the
 * process, so the size of what it may take is bounded here. */
#ifndef SV_SVM_H
#define SV_SVM_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_SVM_MAX_ROWS ((size_t)1 << 14)
#define SV_SVM_MAX_CELLS ((size_t)1 << 26)    /* rows x columns, 16 bytes each in libsvm          */

typedef enum sv_svm_kernel {
    SV_SVM_LINEAR,                /* u'v                                                          */
    SV_SVM_RBF,                   /* exp(-gamma |u - v|^2)                                        */
} sv_svm_kernel;

typedef struct sv_svm_opts {
    sv_svm_kernel kernel;
    double cost;                  /* C > 0                                                        */
    double gamma;                 /* of the RBF kernel; 0: 1 / columns                            */
    double weight[2];             /* C_i = cost x weight[label of row i], each > 0                */
    double tolerance;             /* of the optimality conditions, 1e-10 to 0.1                   */
} sv_svm_opts;
#define SV_SVM_OPTS_INIT \
    { .kernel = SV_SVM_LINEAR, .cost = 1, .gamma = 0, .weight = { 1, 1 }, .tolerance = 1e-3 }

/* f(x) = sum of coef[k] kernel(vector k, x) - rho */
typedef struct sv_svm {
    size_t p, support;
    sv_svm_kernel kernel;
    double gamma, rho;
    double *coef;                 /* [support] y_i alpha_i, 0 < alpha_i <= C_i                    */
    double *vector;               /* [support][p]                                                 */
    size_t *row;                  /* [support] the training rows that they are                    */
    double *normal;               /* [p] w, for the linear kernel; else NULL                      */
    double violation;             /* by how much a training row breaks y f >= 1 (alpha = 0), y f <= 1
                                     (alpha = C) or y f = 1 (between); about the tolerance          */
} sv_svm;

void sv_svm_free(sv_svm *m);      /* NULL-safe; leaves *m empty */

/* label: 0 or 1; x: standardise the columns first. *out belongs to the caller (sv_svm_free). libsvm keeps kernel
 * values in single precision: where labels overlap, the linear kernel at a cost and tolerance with cost / tolerance
 * above about 1e6 may never settle. libsvm then gives up after 1e7 steps, which it says on stderr, and what it has is
 * no optimum: it is refused. Fails, *out untouched: as sv_matrix_check; SV_EINVAL (an option); SV_EDATA (a label; one
 * class only); SV_ENUMERIC (violation above 0.01 and ten times the tolerance); SV_ELIMIT; SV_ENOMEM. */
SV_CHECKED int sv_svm_fit(sv_svm *out, const sv_matrix *x, const int *label, const sv_svm_opts *opts, sv_error *err);

/* score[row] = f: above 0 speaks for label 1. Fails, score untouched: as sv_matrix_check; SV_EINVAL (another
 * number of columns than fitted). */
SV_CHECKED int sv_svm_score(double *score, const sv_svm *m, const sv_matrix *x, sv_error *err);

/* Platt's sigmoid: P(label 1 | score) = 1 / (1 + exp(slope x score + offset)), by maximum likelihood on
 * targets drawn in from 0 and 1 (Platt 2000; Lin, Lin & Weng 2007, Mach Learn 68:267). The scores are to be
 * those of rows that the machine was not fitted to. Fails, *out untouched: SV_EDATA (a score not finite; a
 * label; one class only); SV_ENUMERIC (no convergence). */
typedef struct sv_platt { double slope, offset; } sv_platt;
SV_CHECKED int sv_platt_fit(sv_platt *out, const double *score, const int *label, size_t n, sv_error *err);
double sv_platt_probability(const sv_platt *s, double score);

#ifdef __cplusplus
}
#endif
#endif

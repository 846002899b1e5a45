/* survival/icc.h - how far repeated measurements of the same things agree.
 *
 * Intraclass correlation: Shrout & Fleiss 1979 (Psychol Bull 86:420), intervals and tests as in
 * McGraw & Wong 1996 (Psychol Methods 1:30), which give R's irr::icc. Concordance: Lin 1989
 * (Biometrics 45:255). Kappa: Cohen 1960, 1968; its standard error under no agreement is that of
 * Fleiss, Cohen & Everitt 1969. */
#ifndef SV_ICC_H
#define SV_ICC_H

#include <stddef.h>

#include <survival/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* n subjects, measured k times. One measurement, or the mean of all k:
 *   1: each subject by raters of its own (one-way random)
 *   2: the same raters, a sample of all raters; absolute agreement (two-way random)
 *   3: the same raters, the only ones of interest; consistency (two-way mixed) */
typedef enum sv_icc_form {
    SV_ICC_1_1, SV_ICC_2_1, SV_ICC_3_1, SV_ICC_1_K, SV_ICC_2_K, SV_ICC_3_K, SV_ICC_FORMS
} sv_icc_form;

/* "ICC(2,1)", ... */
const char *sv_icc_form_name(sv_icc_form form);

typedef struct sv_icc {
    double value;              /* at most 1; may be negative. NaN: all measurements are equal     */
    double lower, upper;       /* confidence interval                                            */
    double f, df1, df2, p;     /* test of value = 0; for form 2 with Satterthwaite's df2           */
} sv_icc;

/* x[i * k + j]: measurement j of subject i. Without any error the interval is [1, 1] and p 0.
 * Fails, *out untouched: SV_ETOOSMALL (n < 2 or k < 2), SV_EDATA (a value not finite),
 * SV_EINVAL (form; level outside (0, 1)), SV_ENOMEM. */
SV_CHECKED int sv_icc_compute(sv_icc *out, const double *x, size_t n, size_t k, sv_icc_form form,
                              double level, sv_error *err);

/* Lin's concordance correlation coefficient with moments divided by n; NaN if both are constant
 * and equal. Fails: SV_ETOOSMALL (n < 2), SV_EDATA. */
SV_CHECKED int sv_concordance_correlation(double *out, const double *a, const double *b, size_t n,
                                          sv_error *err);

typedef struct sv_kappa {
    double value, z, p;        /* z and two-sided p: against agreement by chance; NaN if only one
                                  category occurs                                                */
} sv_kappa;

/* Two raters' categories; quadratic: disagreement weighs by the squared difference of the
 * categories' ranks among those that occur. Fails: SV_ETOOSMALL (n < 2), SV_ELIMIT (more than
 * 1000 categories), SV_ENOMEM. */
SV_CHECKED int sv_kappa_compute(sv_kappa *out, const int *a, const int *b, size_t n, int quadratic,
                                sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

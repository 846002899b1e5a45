/* part.h - the rows of one side of a fold, gathered: a fit that gets them can see no others. */
#ifndef SV_PART_H
#define SV_PART_H

#include <survival/surv.h>

#define SV_ALL_ROWS SIZE_MAX      /* as the fold: no row lies in it                               */

typedef struct sv_part {
    size_t n, p;
    double *x;                    /* [n][p]                                                       */
    double *time, *start, *weight;        /* [n] weight 1 where there is none                     */
    int *event, *stratum;         /* [n] event: the label, where labels are given                 */
} sv_part;

/* Rows i with fold[i] == k, or the others. s or label: the other is NULL; weight: or NULL. Fails: SV_ENOMEM. */
SV_CHECKED int sv_part_make(sv_part *t, const sv_matrix *x, const sv_surv *s, const int *label, const double *weight,
                            const int *fold, size_t k, bool inside, sv_error *err);
void sv_part_free(sv_part *t);

/* Views of them; like: what they were taken from, which tells what there is. */
sv_surv sv_part_surv(const sv_part *t, const sv_surv *like);
sv_matrix sv_part_matrix(const sv_part *t);

#endif

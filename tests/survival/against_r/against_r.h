/* against_r.h - what the tasks of against_r share. */
#ifndef AGAINST_R_H
#define AGAINST_R_H

#include <rtable.h>
#include <survival/surv.h>

typedef struct input {
    rtable t;
    sv_surv surv;              /* columns time, event, start, weight, stratum */
    sv_matrix x;               /* columns x1, x2, ...                         */
    char **settings;
    int n_settings;
    sv_error err;
} input;

void tell(const char *name, const double *v, size_t n);
void tell_one(const char *name, double v);
double setting(const input *in, const char *name, double otherwise);

/* Each returns 0, or else in->err says why the library refused. */
int against_groups(input *in);  /* x1 in the groups of column group          */
int against_pairs(input *in);   /* x1 against x2                             */
int against_labels(input *in);  /* columns x against label y of 0 and 1      */

#endif

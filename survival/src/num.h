/* num.h - NaN and infinity as doubles, the macros of math.h being floats; thresholds. */
#ifndef SV_NUM_H
#define SV_NUM_H

#include <math.h>

#define SV_NAN ((double)NAN)
#define SV_INF ((double)INFINITY)

/* Between two values of a column; the lower one where they are neighbouring numbers. */
static inline double sv_midpoint(double lower, double upper)
{
    double m = lower / 2 + upper / 2;
    return m >= upper || m < lower ? lower : m;
}

#endif

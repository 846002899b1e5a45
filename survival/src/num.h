/* num.h - NaN and infinity as doubles: the macros of math.h are floats. */
#ifndef SV_NUM_H
#define SV_NUM_H

#include <math.h>

#define SV_NAN ((double)NAN)
#define SV_INF ((double)INFINITY)

#endif

/* moments.c - mean and standard deviation of a column. */
#include "moments.h"

#include <math.h>

void sv_column_moments(double *mean, double *sd, const sv_matrix *x, size_t col, const uint32_t *class_of, size_t c)
{
    double n = 0, sum = 0, rest = 0, squares = 0;
    for (int pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < x->rows; i++) {
            if (class_of != NULL && class_of[i] != c) { continue; }
            double v = sv_at(x, i, col);
            if (pass == 0) { sum += v; n++; }
            if (pass == 1) { rest += v - sum / n; }
            if (pass == 2) { squares += (v - *mean) * (v - *mean); }
        }
        *mean = sum / n + rest / n;
    }
    *sd = sqrt(squares / (n - 1));
    if (!(*sd > 1e-14 * fabs(*mean))) { *sd = 0; }
}

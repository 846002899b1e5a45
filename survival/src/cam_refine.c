/* cam_refine.c - alternating least squares over marker genes, from their spatial medians. */
#include <string.h>

#include "cam.h"
#include "mem.h"

/* The rows of x that mark a subpopulation, one after the other. */
static size_t take_markers(double *rows, const sv_matrix *x, const int *marker)
{
    size_t n = 0;
    for (size_t g = 0; g < x->rows; g++) {
        if (marker[g] == 0) { continue; }
        for (size_t j = 0; j < x->cols; j++) { rows[n * x->cols + j] = sv_at(x, g, j); }
        n++;
    }
    return n;
}

int sv_cam_refine(double *a, const sv_matrix *x, const int *marker, size_t k, size_t rounds, sv_error *err)
{
    double *start = SV_NEW(double, x->cols * SV_CAM_MAX_K), *rows = SV_NEW(double, x->rows * x->cols),
           *s = SV_NEW(double, x->rows * SV_CAM_MAX_K);
    int rc = start && rows && s ? sv_cam_a_from_markers(start, x, marker, k, err) : sv_no_memory(err, "proportions");
    if (rc == SV_OK) {
        sv_matrix m = sv_matrix_rowmajor(rows, take_markers(rows, x, marker), x->cols);
        sv_matrix sm = sv_matrix_rowmajor(s, m.rows, k);
        for (size_t r = 0; r < rounds && rc == SV_OK; r++) {
            rc = sv_cam_estimate_s(s, &m, start, k, err);
            if (rc == SV_OK) { rc = sv_cam_proportions(start, &m, &sm, false, err); }
        }
    }
    if (rc == SV_OK) { memcpy(a, start, x->cols * k * sizeof *a); }
    free(start);
    free(rows);
    free(s);
    return rc;
}

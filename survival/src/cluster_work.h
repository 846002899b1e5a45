/* cluster_work.h - clustering kernels that work in memory of their caller: consensus clustering runs
 * thousands of them on subsets. */
#ifndef SV_CLUSTER_WORK_H
#define SV_CLUSTER_WORK_H

#include <survival/cluster.h>

typedef struct sv_linkage_work {
    double *nearest;         /* [n] distance to the nearest later cluster             */
    uint32_t *at;            /* [n] which one that is                                 */
    uint32_t *live, *size;   /* [n] the clusters left, ascending; items of a cluster  */
    uint32_t *step;          /* [2n] items joined at each step, as cluster slots      */
    double *height;          /* [n]                                                   */
} sv_linkage_work;

SV_CHECKED int sv_linkage_new(sv_linkage_work *w, size_t n, sv_error *err);
void sv_linkage_free(sv_linkage_work *w);

/* Join n items; d (n x n, full) is destroyed. w->step[2s], w->step[2s+1]: the lower and the higher slot
 * joined at step s, a slot being the lowest item in it; w->height[s]. */
void sv_linkage_run(sv_linkage_work *w, double *d, size_t n, sv_linkage linkage);

/* label[n] of k groups from the steps; scratch[n]. */
void sv_linkage_cut(int *label, uint32_t *scratch, const uint32_t *step, size_t n, size_t k);

/* Renumber labels 1.. by first appearance; codes below `room`; scratch[room]. How many there are. */
size_t sv_label_order(int *label, int *scratch, size_t n, size_t room);

typedef struct sv_pam_work {
    double *near, *second;   /* [n] distance to the nearest and the next medoid */
    uint32_t *which;         /* [n] number of the nearest                       */
    uint32_t *medoid;        /* [k]                                             */
    double *change;          /* [k]                                             */
    unsigned char *chosen;   /* [n]                                             */
} sv_pam_work;

SV_CHECKED int sv_pam_new(sv_pam_work *w, size_t n, size_t k, sv_error *err);
void sv_pam_free(sv_pam_work *w);
double sv_pam_run(sv_pam_work *w, const double *d, size_t n, size_t k);

/* Rows of x, one after the other, scaled so that 1 - their dot product is the distance (correlations), or
 * as they are (Euclidean). Fails as sv_distance. */
SV_CHECKED int sv_metric_rows(double *rows, const sv_matrix *x, sv_metric metric, sv_error *err);
double sv_metric_between(const double *a, const double *b, size_t p, sv_metric metric);

#endif

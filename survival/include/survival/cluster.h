/* survival/cluster.h - distances between patients, groups of patients, and the group of a new one.
 *
 * An item (a patient) is a row of the matrix, a feature a column; a table with a gene a row is handed
 * over by its steps (sv_matrix), without a copy. Distances are full symmetric n x n arrays, row-major.
 * Labels are 1..k, numbered in the order in which the items first show them. */
#ifndef SV_CLUSTER_H
#define SV_CLUSTER_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_MAX_ITEMS ((size_t)20000)      /* a distance matrix of these takes 3.2 GB */

typedef enum sv_metric {
    SV_METRIC_EUCLIDEAN,
    SV_METRIC_PEARSON,       /* 1 - r of the two rows                             */
    SV_METRIC_SPEARMAN,      /* 1 - r of their mean ranks                         */
} sv_metric;

/* d[n*n]: the distance of every two rows of x. Fails, d untouched: SV_ETOOSMALL (fewer than 2 rows; for
 * the correlations fewer than 2 columns), SV_ELIMIT (more than SV_MAX_ITEMS), SV_EDATA (a value not
 * finite; a row that is constant has no correlation: names it), SV_ENOMEM. */
SV_CHECKED int sv_distance(double *d, const sv_matrix *x, sv_metric metric, sv_error *err);

/* Hierarchical clustering. Names and heights are those of R's hclust: WARD_D takes the distances as they
 * are, WARD_D2 squares them; CENTROID and MEDIAN expect squared distances and may give heights that fall. */
typedef enum sv_linkage {
    SV_LINK_SINGLE,
    SV_LINK_COMPLETE,
    SV_LINK_AVERAGE,
    SV_LINK_MCQUITTY,
    SV_LINK_MEDIAN,
    SV_LINK_CENTROID,
    SV_LINK_WARD_D,
    SV_LINK_WARD_D2,
} sv_linkage;

typedef struct sv_hclust {
    size_t n;
    int *merge;              /* [2*(n-1)] what step s joins: -i, item i; +t, the result of step t; from 1 */
    double *height;          /* [n-1]                                                                  */
} sv_hclust;

/* Of several equal distances the pair with the lowest first, then second item is joined, as in R.
 * out owns its arrays on success; free with sv_hclust_free. Fails: SV_ETOOSMALL (n < 2), SV_ELIMIT,
 * SV_EDATA (a distance not finite or negative), SV_EINVAL (linkage), SV_ENOMEM. */
SV_CHECKED int sv_hclust_fit(sv_hclust *out, const double *d, size_t n, sv_linkage linkage, sv_error *err);
void sv_hclust_free(sv_hclust *h);

/* label[n]: the k groups that are left before the last k - 1 steps. Fails: SV_EINVAL (k outside 1..n),
 * SV_ENOMEM. */
SV_CHECKED int sv_cutree(int *label, const sv_hclust *h, size_t k, sv_error *err);

typedef enum sv_kmeans_method {
    SV_KMEANS_HARTIGAN_WONG, /* Hartigan & Wong 1979, AS 136: moves single items, the better minimum */
    SV_KMEANS_LLOYD,
} sv_kmeans_method;

typedef struct sv_kmeans_opts {
    sv_kmeans_method method;
    size_t starts;           /* >= 1; start s draws k different items from sv_rng_stream(seed, s)      */
    size_t max_iterations;
    uint64_t seed;
    const double *centre;    /* NULL, or the one start: k*p row-major; starts and seed are not used    */
} sv_kmeans_opts;
#define SV_KMEANS_OPTS_INIT { SV_KMEANS_HARTIGAN_WONG, 25, 100, 1, NULL }

typedef struct sv_kmeans {
    size_t n, k, p;
    int *label;              /* [n] 1..k; with given centres: the number of the centre                */
    double *centre;          /* [k*p] means                                                            */
    size_t *size;            /* [k]                                                                    */
    double total;            /* sum of squared distances to the own mean: the lowest of all starts     */
    size_t iterations;       /* of that start                                                          */
    bool converged;
} sv_kmeans;

/* out owns its arrays on success; free with sv_kmeans_free.
 * Fails: SV_ETOOSMALL (fewer than k different rows), SV_EINVAL (k, starts or max_iterations 0), SV_EDATA,
 * SV_ENUMERIC (given centres leave one without an item), SV_ENOMEM. */
SV_CHECKED int sv_kmeans_fit(sv_kmeans *out, const sv_matrix *x, size_t k, const sv_kmeans_opts *opts,
                             sv_error *err);
void sv_kmeans_free(sv_kmeans *f);

/* Partition around medoids (Kaufman & Rousseeuw 1990, ch. 2: build, then the best swap until none helps;
 * all swaps of one item are weighed in one pass, Schubert & Rousseeuw 2019). label[n]; medoid[k] (or NULL):
 * the item in the middle of group i+1; cost (or NULL): sum of the distances to it.
 * Fails: SV_EINVAL (k outside 1..n), SV_ELIMIT, SV_EDATA, SV_ENOMEM. */
SV_CHECKED int sv_pam(int *label, size_t *medoid, double *cost, const double *d, size_t n, size_t k, sv_error *err);

/* width[n]: silhouette of each item (Rousseeuw 1987): (b - a) / max(a, b), a the mean distance to its own
 * group, b the least mean distance to another; 0 in a group of one. mean (or NULL). Labels are 1..k.
 * Fails: SV_EINVAL (a label outside 1..k, k < 2), SV_ETOOSMALL (an empty group), SV_ENOMEM. */
SV_CHECKED int sv_silhouette(double *width, double *mean, const double *d, size_t n, const int *label, size_t k,
                             sv_error *err);

/* centre[k*p]: the mean of the rows of each group: the reference by which a new patient is assigned. */
SV_CHECKED int sv_centroids(double *centre, const sv_matrix *x, const int *label, size_t k, sv_error *err);

/* label[m], the centre nearest to each row of x, in the same features as the centres; distance[m] to it and
 * second[m] to the next one (or NULL each): where they are close the group is not sure. A new row is judged
 * by itself: x must be scaled as the patients of the centres were, else a shift between scanners or arrays
 * puts everybody into one group. k = 1 gives second = infinity. Equal distances go to the lower number.
 * Fails: SV_EINVAL (k is 0), SV_EDATA (not finite; constant row or centre with a correlation), SV_ENOMEM. */
SV_CHECKED int sv_assign(int *label, double *distance, double *second, const sv_matrix *x, const double *centre,
                         size_t k, sv_metric metric, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

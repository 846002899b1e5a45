/* survival/deconvolve.h - subclones from bulk expression by convex analysis of mixtures.
 *
 * X = S A': a gene's expression over M samples is the sum of its expression in K subpopulations (S, genes x
 * K) in the proportions of each sample (A, samples x K, rows of sum 1). Genes of one subpopulation only lie,
 * after projection, at the corners of the simplex of all genes: clusters of genes are formed, and the K of
 * them that enclose the others best are the corners (Wang et al. 2016, Sci Rep 6:18909; Chen et al. 2020,
 * Bioinformatics 36:3927; the stages and settings are those of debCAM 1.9.1). Input is linear (not log)
 * expression, a row a gene, >= 0.
 *
 * How many subpopulations there are, and with noise which ones, depends on the random starts of the
 * clustering: sv_cam_multistart shows how much. */
#ifndef SV_DECONVOLVE_H
#define SV_DECONVOLVE_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_CAM_MAX_K 20u
#define SV_CAM_MAX_CLUSTERS 64u
#define SV_CAM_MAX_DIMS 64u

typedef struct sv_cam_opts {
    double low, high;        /* genes kept: norm above quantile low, up to quantile high; 0 <= low < high <= 1 */
    size_t dims;             /* dimensions kept, of which the first is the direction of equal samples; >= 2   */
    double lof_share;        /* share of genes dropped as local outliers; 0: none                             */
    size_t lof_neighbours;
    size_t clusters, starts; /* k-means over the projected genes                                              */
    size_t iterations;
    size_t min_genes;        /* smaller clusters are outliers                                                 */
    size_t k_min, k_max;
    size_t candidates;       /* corner sets that are compared by their reconstruction error                   */
    size_t quick;            /* corners picked beforehand where all sets are too many; 0: refuse instead      */
    uint64_t seed;
    bool (*progress)(void *context, size_t done, size_t all);   /* of sv_cam_multistart; false stops; or NULL */
    void *context;
} sv_cam_opts;
#define SV_CAM_OPTS_INIT { 0.05, 0.95, 10, 0.02, 20, 50, 50, 100, 20, 2, 8, 200, 20, 1, NULL, NULL }

/* Genes filtered, reduced and projected. */
typedef struct sv_cam_prep {
    size_t genes, samples, n, dims;   /* rows of X; columns; rows kept; dimensions              */
    size_t *gene;                     /* [n] row of X of each gene kept, ascending               */
    double *w;                        /* [dims * samples] directions                             */
    double *reduced;                  /* [n * dims] W x                                          */
    double *projected;                /* [n * dims] divided by its first component               */
} sv_cam_prep;

/* Fails: SV_ETOOSMALL (fewer than 2 samples, no gene left), SV_EINVAL (options), SV_EDATA (not finite,
 * negative: names row and column), SV_ENUMERIC, SV_ENOMEM. out is untouched then. */
SV_CHECKED int sv_cam_prepare(sv_cam_prep *out, const sv_matrix *x, const sv_cam_opts *opts, sv_error *err);
void sv_cam_prep_free(sv_cam_prep *p);

/* Spatial (L1) median of the rows: the point of least summed distance (Vardi & Zhang 2000). */
SV_CHECKED int sv_spatial_median(double *out, const sv_matrix *rows, sv_error *err);

/* Corner candidates: the spatial medians of the clusters of at least min_genes genes; those outside the hull
 * of the others. */
typedef struct sv_cam_corners {
    size_t n, dims;
    int *cluster;            /* [n] label of the cluster, ascending unless picked              */
    double *centre;          /* [n * dims]                                                     */
    size_t n_all, *place;    /* medians of all these clusters; [n] where among them each candidate is */
    double *all;             /* [n_all * dims]                                                 */
    size_t outliers;         /* genes in smaller clusters                                      */
} sv_cam_corners;

/* label[prep->n], 1..clusters. Fails: SV_ETOOSMALL (fewer than 2 clusters are large enough), SV_EINVAL (label),
 * SV_ENOMEM. */
SV_CHECKED int sv_cam_corner_candidates(sv_cam_corners *out, const sv_cam_prep *prep, const int *label, size_t clusters,
                                        size_t min_genes, sv_error *err);
/* Keep `most` of them by sequential floating forward selection; in the order in which they were picked. */
SV_CHECKED int sv_cam_pick_corners(sv_cam_corners *c, size_t most, sv_error *err);
void sv_cam_corners_free(sv_cam_corners *c);

/* The best sets of K corners by margin of error: summed squared distance of the other candidates to the
 * simplex of the set. set[r*k ..]: candidates (from 0, ascending) of rank r; margin[r] ascending; *n at most
 * `most`. Every set is weighed. Fails: SV_EINVAL (k outside 2..candidates), SV_ELIMIT (too many sets: pick
 * fewer corners), SV_ENOMEM. */
SV_CHECKED int sv_cam_search(size_t *set, double *margin, size_t *n, size_t most, const sv_cam_corners *c, size_t k,
                             sv_error *err);

/* One decomposition. */
typedef struct sv_cam_fit {
    size_t k, samples, genes;
    int cluster[SV_CAM_MAX_K];   /* labels of the corner clusters                                     */
    double margin;           /* of the chosen set                                                 */
    double reconstruction;   /* its squared error in the reduced space                            */
    double *a;               /* [samples * k] proportions, rows of sum 1                          */
    double *s;               /* [genes * k] expression; rows of X without any expression are 0    */
    int *marker;             /* [genes] 1..k: in the cluster of that corner; else 0               */
    double data_length, mdl; /* code length of the data, and with that of the model, in nats      */
} sv_cam_fit;

/* The corner set of least reconstruction error among opts->candidates, then A by the spatial median of each
 * corner cluster's genes, S by non-negative least squares, and
 * MDL = M N / 2 ln(mse) + (K - 1) M / 2 ln N + K N / 2 ln M over the N genes in clusters that are not outliers.
 * Fails: as sv_cam_search, SV_ENUMERIC (a sample in which no corner is expressed). */
SV_CHECKED int sv_cam_fit_k(sv_cam_fit *out, const sv_matrix *x, const sv_cam_prep *prep, const sv_cam_corners *c,
                            const int *label, size_t clusters, size_t k, const sv_cam_opts *opts, sv_error *err);
void sv_cam_fit_free(sv_cam_fit *f);

/* All of it, for K = k_min..k_max. */
typedef struct sv_cam {
    size_t n;                /* fits, k_min first; fewer where corners do not suffice             */
    sv_cam_fit *fit;
    size_t best;             /* of least MDL                                                      */
    sv_cam_prep prep;
    int *label;              /* [prep.n] cluster of each gene kept                                 */
    size_t clusters;
} sv_cam;
SV_CHECKED int sv_cam_run(sv_cam *out, const sv_matrix *x, const sv_cam_opts *opts, sv_error *err);
void sv_cam_free(sv_cam *c);

/* `runs` runs with seeds opts->seed, seed + 1, ...; best: for each K the fit of least MDL over all runs.
 * mdl[run * ks + q]: the curves, NaN where a run had too few corners; ks = k_max - k_min + 1. chosen[run]: the
 * K of least MDL of each run. Runs that fail for their clustering are left as NaN; all failing is a failure. */
SV_CHECKED int sv_cam_multistart(sv_cam *best, double *mdl, size_t *chosen, size_t runs, const sv_matrix *x,
                                 const sv_cam_opts *opts, sv_error *err);

/* A (samples x k) from genes that mark one subpopulation each: marker[g] is 1..k, or 0. */
SV_CHECKED int sv_cam_a_from_markers(double *a, const sv_matrix *x, const int *marker, size_t k, sv_error *err);

/* The same, then `rounds` times S of the markers given A and A given S, with the sum of each sample pulled to 1
 * as by sv_cam_proportions. More than a few rounds lead away from the markers. Fails: as the two. */
SV_CHECKED int sv_cam_refine(double *a, const sv_matrix *x, const int *marker, size_t k, size_t rounds, sv_error *err);

/* Proportions of a new cohort: for each column of x (same genes as s, genes x k, the same scale) non-negative
 * least squares, divided by their sum if `divide`; else with a row of 1e5 that pulls the sum to 1 (debCAM; it
 * stays off 1 where expression is not small against 1e5). A shift between the arrays of the two cohorts goes
 * into A: harmonise first.
 * Fails: as sv_nnls; SV_ENUMERIC (a column without any proportion). */
SV_CHECKED int sv_cam_proportions(double *a, const sv_matrix *x, const sv_matrix *s, bool divide, sv_error *err);

/* One-versus-everyone fold change: source[g] 1..k, the subpopulation that expresses gene g most, and fold[g],
 * its expression over the next (infinite where no other has any; 1 where none has). s: genes x k. */
SV_CHECKED int sv_cam_markers(int *source, double *fold, const sv_matrix *s, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

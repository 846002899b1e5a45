/* survival/consensus.h - consensus clustering (Monti et al. 2003, Machine Learning 52).
 *
 * Items are clustered again and again on subsets; M_ij is the share of the draws with both i and j in which
 * they fell into one group (0 if they were never drawn together, 1 on the diagonal). The final groups of k
 * come from hierarchical clustering of 1 - M. With every k come the area under the distribution of the M_ij,
 * and the proportion of ambiguous pairs (Senbabaoglu et al. 2014), the share with .1 < M_ij < .9.
 * Any data fall into two groups: compare with data of one group by sv_consensus_null. */
#ifndef SV_CONSENSUS_H
#define SV_CONSENSUS_H

#include <survival/cluster.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_CONSENSUS_BINS 100
#define SV_MAX_CONSENSUS_REPEATS ((size_t)65535)     /* the counts of pairs are 16 bits wide */
#define SV_MAX_CONSENSUS_K ((size_t)30)

typedef enum sv_inner {
    SV_INNER_HCLUST,
    SV_INNER_PAM,
    SV_INNER_KMEANS,         /* on the rows themselves, by Hartigan & Wong; metric is not used */
} sv_inner;

typedef struct sv_consensus_opts {
    size_t max_k;            /* k = 2..max_k                                                        */
    size_t repeats;
    double item_share;       /* floor(share * n) items a draw, without replacement                  */
    double feature_share;    /* ... of the features; 1: all, and the distances are computed once    */
    sv_inner inner;
    sv_metric metric;
    sv_linkage inner_linkage, final_linkage;
    size_t kmeans_starts;
    uint64_t seed;           /* draw r is taken from sv_rng_stream(seed, r)                         */
    const uint32_t *items;   /* NULL, or the draws: repeats rows of items_each row numbers from 0   */
    size_t items_each;
    bool (*progress)(void *context, size_t done, size_t all);   /* false stops the work; or NULL     */
    void *context;
} sv_consensus_opts;
#define SV_CONSENSUS_OPTS_INIT \
    { 6, 1000, 0.8, 1.0, SV_INNER_HCLUST, SV_METRIC_PEARSON, SV_LINK_AVERAGE, SV_LINK_AVERAGE, 25, 1, NULL, 0, NULL, NULL }

typedef struct sv_consensus {
    size_t n, max_k;
    double *matrix;          /* [(max_k-1) * n * n]; of k: + (k-2) n n            */
    int *label;              /* [(max_k-1) * n], 1..k                             */
    double *cdf;             /* [(max_k-1) * SV_CONSENSUS_BINS] share of the pairs with M <= (b+1)/100   */
    double *area;            /* [max_k-1] sum of cdf / 100                        */
    double *delta;           /* [max_k-1] k = 2: the area; else its relative growth over k-1             */
    double *pac;             /* [max_k-1]                                         */
    double *item;            /* [(max_k-1) * n] mean M of an item with the others of its group; 1 alone  */
    size_t *smallest;        /* [max_k-1] items of the smallest group: average linkage likes to split off outliers */
} sv_consensus;

/* Rows of x are items. out owns its arrays on success; free with sv_consensus_free.
 * Fails: SV_ETOOSMALL (fewer items a draw than max_k + 1, or features than the distance needs), SV_ELIMIT,
 * SV_EINVAL (options, given items outside the rows or twice in a draw; stopped by progress), SV_EDATA (not
 * finite, constant rows: also where a draw of features makes one so), SV_ENOMEM. */
SV_CHECKED int sv_consensus_fit(sv_consensus *out, const sv_matrix *x, const sv_consensus_opts *opts, sv_error *err);
void sv_consensus_free(sv_consensus *c);

/* The same on `sets` matrices without groups: rows drawn from one normal distribution with the means and the
 * covariance of the columns of x (John et al. 2020, there by principal components). pac[s*(max_k-1) + k-2];
 * p[k-2] (or NULL) = (1 + #{null <= observed}) / (sets + 1), for observed[k-2]. The draws of set s come from
 * streams of seed + s + 1; opts->items are not used. Fails: as sv_consensus_fit. */
SV_CHECKED int sv_consensus_null(double *pac, double *p, const double *observed, size_t sets, const sv_matrix *x,
                                 const sv_consensus_opts *opts, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

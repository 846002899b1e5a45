/* survival/enrich.h - are the genes of a set high or low together?
 *
 * GSEA of a ranked list (Subramanian et al. 2005, PNAS 102:15545; small p-values by Korotkevich et al. 2021,
 * bioRxiv 060012v3), the functional spectrum of each patient (Gao et al. 2019, Oncogenesis 8:44), single-sample
 * GSEA (Barbie et al. 2009, Nature 462:108), the combined z-score (Lee et al. 2008, PLoS Comput Biol 4:e1000217), GSVA and PLAGE. */
#ifndef SV_ENRICH_H
#define SV_ENRICH_H

#include <stdbool.h>
#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* n sets of genes: those of set k are gene[start[k] .. start[k + 1]), columns of the data or places in the
 * list, each once. A set may be empty. */
typedef struct sv_gene_sets {
    size_t n;
    const size_t *start;      /* [n + 1], ascending from 0 */
    const uint32_t *gene;
} sv_gene_sets;

typedef struct sv_gsea {
    size_t size;              /* genes of the set in the list                                     */
    double es;                /* enrichment score, -1..1: the largest deviation of the walk; 0 where
                                 both sides are equal; NaN for an empty set or one of all genes   */
    double es_pos, es_neg;    /* the largest deviation to each side                               */
    size_t leading;           /* genes of the leading edge                                        */
    double nes;               /* es over the mean of the permuted ones of its sign; NaN: none     */
    double p;                 /* (permuted ones as far out + 1) / (permuted ones of its sign + 1), or
                                 by the ladder where that is surer                                */
    double log2err;           /* standard error of log2 p, as far as the counts go; NaN: p is only
                                 known to be at most that                                         */
} sv_gsea;

typedef struct sv_gsea_opts {
    double exponent;          /* of |stat| in the steps: 1; 0 is Kolmogorov-Smirnov               */
    size_t permutations;      /* of the genes; 0: no nes and no p                                 */
    uint64_t seed;
    size_t ladder;            /* sets that climb together to where permutations are too few (adaptive
                                 multilevel splitting), odd; 0: permutations only; 101 is usual    */
    double smallest;          /* no p-value below it is looked for, > 0                           */
    bool (*progress)(void *context, size_t done, size_t all);    /* NULL: none; false: stop        */
    void *context;
} sv_gsea_opts;
#define SV_GSEA_OPTS_INIT { .exponent = 1, .permutations = 1000, .seed = 1, .smallest = 1e-50 }

/* out[sets->n]. stat[genes]: finite; HIGHER comes first, equal ones in the order given, so give
 * them in an order that means nothing. Sets of one size share their permutations, and their ladder.
 * Fails: SV_EINVAL (options, sets; stopped by progress), SV_EDATA, SV_ELIMIT, SV_ENOMEM. */
SV_CHECKED int sv_gsea_ranked(sv_gsea *out, const double *stat, size_t genes, const sv_gene_sets *sets,
                              const sv_gsea_opts *opts, sv_error *err);

/* out[x->rows][sets->n]: each patient's genes less `centre` (of the cohort that the model was trained on; NULL:
 * the means of x), sorted, and walked as above with exponent 1; 0 for an empty set. */
SV_CHECKED int sv_functional_spectrum(double *out, const sv_matrix *x, const double *centre,
                                      const sv_gene_sets *sets, sv_error *err);

/* out[x->rows][sets->n], not normalised: the usual division by the range over all patients would make a
 * patient's value depend on the others. exponent: 0.25. NaN for a set of none or of all genes. */
SV_CHECKED int sv_ssgsea(double *out, const sv_matrix *x, double exponent, const sv_gene_sets *sets,
                         sv_error *err);

/* out[x->rows][sets->n]: sum of the genes' z-scores over the square root of their number; genes that do not
 * vary are left out. mean and sd (n - 1) of the training cohort, or NULL: of x. NaN for an empty set. */
SV_CHECKED int sv_combined_z(double *out, const sv_matrix *x, const double *mean, const double *sd,
                             const sv_gene_sets *sets, sv_error *err);

/* out[x->rows][sets->n]: GSVA (Hanzelmann et al. 2013, BMC Bioinformatics 14:7): each gene's value as its place in
 * the cohort (Gaussian kernels of a quarter of its standard deviation, read from a table in steps of 0.001 as GSVA
 * 1.46 does), then the patient's genes by that place, walked with steps |rank - n / 2|; the difference of both
 * sides. Depends on the whole cohort. Genes that do not vary are left out; NaN for a set of none of the others
 * or all of them. Fails: as sv_matrix_check and sets, SV_ETOOSMALL (fewer than 2 rows), SV_ENOMEM. */
SV_CHECKED int sv_gsva(double *out, const sv_matrix *x, const sv_gene_sets *sets, sv_error *err);

/* out[x->rows][sets->n]: PLAGE (Tomfohr et al. 2005, BMC Bioinformatics 6:225): the first singular vector of the
 * set's z-scores over the cohort, of length 1; the sign, which is free, is that of its product with their mean.
 * Depends on the whole cohort. Genes that do not vary are left out; NaN for a set of no others. Fails: as sv_gsva;
 * SV_ELIMIT (sv_pca_fit). */
SV_CHECKED int sv_plage(double *out, const sv_matrix *x, const sv_gene_sets *sets, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif

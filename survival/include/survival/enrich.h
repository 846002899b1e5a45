/* survival/enrich.h - are the genes of a set high or low together?
 *
 * GSEA of a ranked list (Subramanian et al. 2005, PNAS 102:15545), the functional spectrum of each
 * patient (Gao et al. 2019, Oncogenesis 8:44), single-sample GSEA (Barbie et al. 2009, Nature 462:108) and
 * the combined z-score (Lee et al. 2008, PLoS Comput Biol 4:e1000217). */
#ifndef SV_ENRICH_H
#define SV_ENRICH_H

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
    double p;                 /* (permuted ones as far out + 1) / (permuted ones of its sign + 1) */
} sv_gsea;

typedef struct sv_gsea_opts {
    double exponent;          /* of |stat| in the steps: 1; 0 is Kolmogorov-Smirnov               */
    size_t permutations;      /* of the genes; 0: no nes and no p                                 */
    uint64_t seed;
} sv_gsea_opts;
#define SV_GSEA_OPTS_INIT { .exponent = 1, .permutations = 1000, .seed = 1 }

/* out[sets->n]. stat[genes]: finite; HIGHER comes first, equal ones in the order given, so give
 * them in an order that means nothing. Sets of one size share their permutations.
 * Fails: SV_EINVAL (options, sets), SV_EDATA, SV_ELIMIT, SV_ENOMEM. */
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

#ifdef __cplusplus
}
#endif
#endif

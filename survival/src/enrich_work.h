/* enrich_work.h - what the enrichment scores share: sets of genes, walks, the places of a patient's genes. */
#ifndef SV_ENRICH_WORK_H
#define SV_ENRICH_WORK_H

#include <survival/enrich.h>

/* That each set holds genes below `genes`, each once. Fails: SV_EINVAL, SV_ENOMEM. */
SV_CHECKED int sv_sets_check(const sv_gene_sets *s, size_t genes, sv_error *err);

int sv_compare_places(const void *a, const void *b);         /* of uint32_t, for qsort */

/* order[place]: the gene that stands there when key falls; equal keys keep their order. Fails: SV_ENOMEM. */
SV_CHECKED int sv_order_falling(uint32_t *order, double *key, size_t n, sv_error *err);

/* The largest deviations to both sides, 0 where there is none, and the hits up to the top, or from the bottom on. */
typedef struct sv_walk { double top, bottom; size_t at_top, at_bottom; } sv_walk;

/* place[k], ascending: where the hits stand among n; weight of each place: the size of its step. */
sv_walk sv_walk_list(const uint32_t *place, size_t k, const double *weight, size_t n);

typedef struct sv_patient {
    size_t n;
    double *value;            /* [n] of the genes                                            */
    uint32_t *order;          /* [n] gene at each place                                      */
    double *weight;           /* [n] by place                                                */
    size_t *first;            /* [n + 1] into set: the sets that a gene is in                */
    uint32_t *set;
    uint32_t *hits;           /* those of set k from start[k] on: their places, ascending    */
    size_t *dealt;            /* [sets] end of the hits so far                               */
} sv_patient;

/* For the rows of x. Fails, p empty: as sv_matrix_check and sv_sets_check; SV_ENOMEM. */
SV_CHECKED int sv_patient_make(sv_patient *p, const sv_matrix *x, const sv_gene_sets *sets, sv_error *err);
void sv_patient_free(sv_patient *p);
/* Order the genes by p->value, and list the places of each set's genes. Fails: SV_ENOMEM. */
SV_CHECKED int sv_patient_rank(sv_patient *p, const sv_gene_sets *sets, sv_error *err);

#endif

/* cmd/enrich.h - the two ways of `prognode enrich`. */
#ifndef PN_CMD_ENRICH_H
#define PN_CMD_ENRICH_H
#include <stdbool.h>
#include <survival/enrich.h>
#include "base/error.h"
#include "pipeline/gene_sets.h"

typedef enum enrich_method { ENRICH_SPECTRUM, ENRICH_SSGSEA, ENRICH_GSVA, ENRICH_PLAGE, ENRICH_ZSCORE } enrich_method;
#define ENRICH_METHODS "spectrum|ssgsea|gsva|plage|zscore"

typedef struct enrich_options {
    const char *ranks, *statistic, *markers;          /* of a ranked list                          */
    const char *expression, *means, *save_means;      /* of each patient                           */
    const char *sets, *output, *page;
    int method;                                       /* enrich_method, -1: none                   */
    bool patient_rows;                                /* of the table of expression                */
    size_t least, most;                               /* genes of a set                            */
    sv_gsea_opts gsea;
    bool quiet;
} enrich_options;

/* The sets of the file in the ranked list, or in one list for each subpopulation. */
PN_CHECKED int enrich_ranked(const enrich_options *o, const pn_gene_sets *sets, pn_error *err);
/* A score for each patient and set. */
PN_CHECKED int enrich_patients(const enrich_options *o, const pn_gene_sets *sets, pn_error *err);

/* Of `n` names as they stand in a table: the sets of the asked sizes. Fails also where there is none: PN_EINVAL. */
PN_CHECKED int enrich_meet(pn_met_sets *out, const enrich_options *o, const pn_gene_sets *sets,
                           const char *const *names, size_t n, pn_error *err);

#endif

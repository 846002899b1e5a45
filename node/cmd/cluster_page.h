/* cmd/cluster_page.h - what `prognode cluster` found, as a page with plots. */
#ifndef PN_CMD_CLUSTER_PAGE_H
#define PN_CMD_CLUSTER_PAGE_H
#include <survival/consensus.h>
#include "plot/sheet.h"

typedef struct cluster_content {
    const char *table;                 /* whose patients                                        */
    size_t features;
    const sv_consensus *found;
    const sv_consensus_opts *options;
    const double *silhouette;          /* [(max_k - 1) * n], of k: + (k - 2) n                   */
    const double *null_p; size_t null_sets;    /* [max_k - 1], or NULL                           */
} cluster_content;

/* CDF and delta area over the numbers of groups, and for each number the consensus matrix and the silhouettes.
 * No patient is named. Appends to *out. */
PN_CHECKED int cluster_page(pn_buf *out, pn_sheet_form form, const cluster_content *c, pn_error *err);

#endif

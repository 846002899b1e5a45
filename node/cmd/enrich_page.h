/* cmd/enrich_page.h - what `prognode enrich` found in ranked lists, and the page of it. */
#ifndef PN_CMD_ENRICH_PAGE_H
#define PN_CMD_ENRICH_PAGE_H
#include <survival/enrich.h>
#include "plot/sheet.h"

/* Genes by falling statistic, equal ones by name. */
typedef struct enrich_list {
    char *label;                       /* "", or the subpopulation                              */
    size_t n;
    const char **gene;
    double *statistic;
} enrich_list;

typedef struct enrich_result {
    const enrich_list *list;
    const char *set;
    uint32_t *place;                   /* [g.size] ascending: where its genes stand in the list */
    sv_gsea g;
    double adjusted;
} enrich_result;

/* The sets of least p-value, and walks of the first; results stand list by list, by p-value. Appends to *out. */
PN_CHECKED int enrich_page(pn_buf *out, pn_sheet_form form, const char *table, const char *sets, const enrich_result *r,
                           size_t n, const sv_gsea_opts *opts, pn_error *err);

#endif

/* pipeline/gene_sets.h - sets of genes from a GMT file, met with the genes of a table by their names.
 *
 * GMT: one set a line; its name, a description and its genes, with tabs between. Lines end in LF or CRLF, empty ones
 * are skipped. Names of genes are compared byte by byte. */
#ifndef PN_GENE_SETS_H
#define PN_GENE_SETS_H
#include <stddef.h>
#include <survival/enrich.h>
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_gene_sets {
    char *bytes;                   /* the file, cut into names                                       */
    size_t n;
    char **name;                   /* [n], lent by bytes                                             */
    size_t *start;                 /* [n + 1]: the genes of set k are gene[start[k]..start[k + 1])    */
    char **gene;                   /* as in the file: a gene may be there twice                      */
} pn_gene_sets;

/* Fails: PN_EIO, PN_ENOTFOUND, PN_ELIMIT (base/limits.h), PN_EFORMAT (the message names file and line: no genes, no
 * name, a name twice, control characters; a file without a set), PN_ENOMEM. *out is untouched then. */
PN_CHECKED int pn_gene_sets_read(pn_gene_sets *out, const char *path, pn_error *err);
PN_CHECKED int pn_gene_sets_parse(pn_gene_sets *out, const char *bytes, size_t n, const char *file, pn_error *err);
void pn_gene_sets_free(pn_gene_sets *s);           /* a zeroed struct is fine */

/* at[i]: where like[i] stands among names[n], which differ; n where it does not. Fails: PN_ENOMEM. */
PN_CHECKED int pn_names_find(size_t *at, const char *const *like, size_t n_like, const char *const *names, size_t n,
                             pn_error *err);

/* The sets that have from `least` to `most` genes among some names, by the numbers of these. */
typedef struct pn_met_sets {
    size_t n;
    size_t *set;                   /* [n]: which of the file                                         */
    size_t *start;
    uint32_t *gene;                /* each once in a set                                             */
} pn_met_sets;

/* Fails: PN_ENOMEM. Names differ. */
PN_CHECKED int pn_gene_sets_meet(pn_met_sets *out, const pn_gene_sets *s, const char *const *names, size_t n,
                                 size_t least, size_t most, pn_error *err);
void pn_met_sets_free(pn_met_sets *m);
sv_gene_sets pn_met_sets_view(const pn_met_sets *m);

#ifdef __cplusplus
}
#endif
#endif

/* Files of gene sets: what is taken has names, genes and an order, and meets a table's genes without repetition. */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "pipeline/gene_sets.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void try_meeting(const pn_gene_sets *s)
{
    static const char *const names[] = {"g1", "g2", "z"};
    pn_met_sets m = {0};
    fz_require(pn_gene_sets_meet(&m, s, names, 3, 1, 3, NULL) == PN_OK);
    for (size_t k = 0; k < m.n; k++) {
        unsigned seen = 0;
        fz_require(m.set[k] < s->n && m.start[k] < m.start[k + 1] && (k == 0 || m.set[k] > m.set[k - 1]));
        for (size_t i = m.start[k]; i < m.start[k + 1]; i++) {
            fz_require(m.gene[i] < 3 && (seen & 1u << m.gene[i]) == 0);
            seen |= 1u << m.gene[i];
        }
    }
    pn_met_sets_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_gene_sets s = {0};
    pn_error err = {0};
    if (pn_gene_sets_parse(&s, (const char *)bytes, n, "s.gmt", &err) != PN_OK) {
        fz_require(err.code != PN_OK && err.msg[0] != '\0');
        return 0;
    }
    fz_require(s.n > 0 && s.start[0] == 0);
    for (size_t k = 0; k < s.n; k++) {
        fz_require(s.name[k][0] != '\0' && s.start[k] < s.start[k + 1]);
        for (size_t i = s.start[k]; i < s.start[k + 1]; i++) { fz_require(s.gene[i][0] != '\0' && strpbrk(s.gene[i], "\t\n") == NULL); }
    }
    try_meeting(&s);
    pn_gene_sets_free(&s);
    return 0;
}

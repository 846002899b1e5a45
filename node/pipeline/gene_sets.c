#include "pipeline/gene_sets.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"

static int fail_memory(const char *file, pn_error *err)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for the gene sets of %s", file);
}

/* ---- The file ------------------------------------------------------------------------------------ */

/* Room for all lines and all cells. */
static int make_room(pn_gene_sets *s, const char *bytes, size_t n, const char *file, pn_error *err)
{
    size_t lines = 1, tabs = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        lines += c == '\n';
        tabs += c == '\t';
        if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f) {
            return pn_fail(err, PN_EFORMAT, "%s:%zu: control character 0x%02x, expected lines of names with tabs between",
                           file, lines, c);
        }
    }
    s->bytes = malloc(n + 1);
    s->name = calloc(lines, sizeof *s->name);
    s->start = calloc(lines + 1, sizeof *s->start);
    s->gene = calloc(tabs + 1, sizeof *s->gene);
    if (s->bytes == NULL || s->name == NULL || s->start == NULL || s->gene == NULL) { return fail_memory(file, err); }
    memcpy(s->bytes, bytes, n);
    s->bytes[n] = '\0';
    return PN_OK;
}

/* The text until a tab, which is overwritten; *p: what follows, NULL: nothing. */
static char *take_cell(char **p)
{
    char *cell = *p, *tab = strchr(cell, '\t');
    *p = tab != NULL ? tab + 1 : NULL;
    if (tab != NULL) { *tab = '\0'; }
    return cell;
}

static int take_set(pn_gene_sets *s, char *line, size_t number, const char *file, pn_error *err)
{
    size_t at = s->start[s->n], end = at;
    char *rest = line;
    if (s->n == PN_MAX_GENE_SETS) {
        return pn_fail(err, PN_ELIMIT, "%s has more than %d gene sets", file, PN_MAX_GENE_SETS);
    }
    s->name[s->n] = take_cell(&rest);
    if (s->name[s->n][0] == '\0') { return pn_fail(err, PN_EFORMAT, "%s:%zu: a gene set without a name", file, number); }
    if (rest != NULL) { (void)take_cell(&rest); }                   /* description */
    while (rest != NULL) {
        char *gene = take_cell(&rest);
        if (gene[0] != '\0') { s->gene[end++] = gene; }
    }
    if (end == at) {
        return pn_fail(err, PN_EFORMAT, "%s:%zu: \"%.40s\" has no genes, expected name, description and genes with tabs between",
                       file, number, s->name[s->n]);
    }
    s->start[++s->n] = end;
    return PN_OK;
}

typedef struct named { const char *name; size_t at; } named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static int sorted_names(named **out, const char *const *names, size_t n, pn_error *err)
{
    named *v = calloc(n > 0 ? n : 1, sizeof *v);
    if (v == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu names", n); }
    for (size_t i = 0; i < n; i++) { v[i] = (named){names[i], i}; }
    qsort(v, n, sizeof *v, by_name);
    *out = v;
    return PN_OK;
}

static int check_names(const pn_gene_sets *s, const char *file, pn_error *err)
{
    named *v = NULL;
    int rc = sorted_names(&v, (const char *const *)s->name, s->n, err);
    for (size_t i = 1; rc == PN_OK && i < s->n; i++) {
        if (strcmp(v[i].name, v[i - 1].name) == 0) {
            rc = pn_fail(err, PN_EFORMAT, "%s: the gene set \"%.80s\" is there twice", file, v[i].name);
        }
    }
    free(v);
    return rc;
}

int pn_gene_sets_parse(pn_gene_sets *out, const char *bytes, size_t n, const char *file, pn_error *err)
{
    pn_gene_sets s = {0};
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        n -= 3;
    }
    int rc = make_room(&s, bytes, n, file, err);
    char *line = s.bytes;
    for (size_t number = 1; rc == PN_OK && line != NULL; number++) {
        char *end = strchr(line, '\n'), *next = end != NULL ? end + 1 : NULL;
        if (end == NULL) { end = line + strlen(line); }
        if (end > line && end[-1] == '\r') { end--; }
        *end = '\0';
        if (end > line) { rc = take_set(&s, line, number, file, err); }
        line = next;
    }
    if (rc == PN_OK && s.n == 0) { rc = pn_fail(err, PN_EFORMAT, "%s holds no gene set, expected a GMT file", file); }
    if (rc == PN_OK) { rc = check_names(&s, file, err); }
    if (rc == PN_OK) { *out = s; } else { pn_gene_sets_free(&s); }
    return rc;
}

int pn_gene_sets_read(pn_gene_sets *out, const char *path, pn_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    int rc = pn_read_file(&bytes, &n, path, PN_MAX_GMT_BYTES, err);
    if (rc != PN_OK) { return rc; }
    rc = pn_gene_sets_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

void pn_gene_sets_free(pn_gene_sets *s)
{
    free(s->bytes);
    free(s->name);
    free(s->start);
    free(s->gene);
    *s = (pn_gene_sets){0};
}

/* ---- Names --------------------------------------------------------------------------------------- */

static int by_name_only(const void *a, const void *b) { return strcmp(((const named *)a)->name, ((const named *)b)->name); }

int pn_names_find(size_t *at, const char *const *like, size_t n_like, const char *const *names, size_t n, pn_error *err)
{
    named *v = NULL;
    int rc = sorted_names(&v, names, n, err);
    for (size_t i = 0; rc == PN_OK && i < n_like; i++) {
        const named probe = {like[i], 0}, *found = bsearch(&probe, v, n, sizeof *v, by_name_only);
        at[i] = found != NULL ? found->at : n;
    }
    free(v);
    return rc;
}

/* The next set, of the genes at `at`; it stays only where its size will do. */
static void meet_one(pn_met_sets *m, uint32_t *last, const size_t *at, size_t members, size_t n, size_t set, size_t least,
                     size_t most)
{
    size_t end = m->start[m->n];
    for (size_t j = 0; j < members; j++) {
        if (at[j] == n || last[at[j]] == set + 1) { continue; }      /* not among the names, or there before */
        last[at[j]] = (uint32_t)(set + 1);
        m->gene[end++] = (uint32_t)at[j];
    }
    size_t size = end - m->start[m->n];
    if (size < least || size > most) { return; }
    m->set[m->n] = set;
    m->start[++m->n] = end;
}

int pn_gene_sets_meet(pn_met_sets *out, const pn_gene_sets *s, const char *const *names, size_t n, size_t least,
                      size_t most, pn_error *err)
{
    size_t members = s->start[s->n];
    pn_met_sets m = {.set = calloc(s->n, sizeof *m.set), .start = calloc(s->n + 1, sizeof *m.start),
                     .gene = calloc(members + 1, sizeof *m.gene)};
    size_t *at = calloc(members + 1, sizeof *at);
    uint32_t *last = calloc(n + 1, sizeof *last);                    /* the last set that had the gene, + 1 */
    int rc = PN_OK;
    if (m.set == NULL || m.start == NULL || m.gene == NULL || at == NULL || last == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for gene sets");
    }
    if (rc == PN_OK) { rc = pn_names_find(at, (const char *const *)s->gene, members, names, n, err); }
    for (size_t k = 0; rc == PN_OK && k < s->n; k++) {
        meet_one(&m, last, at + s->start[k], s->start[k + 1] - s->start[k], n, k, least, most);
    }
    free(at);
    free(last);
    if (rc == PN_OK) { *out = m; } else { pn_met_sets_free(&m); }
    return rc;
}

void pn_met_sets_free(pn_met_sets *m)
{
    free(m->set);
    free(m->start);
    free(m->gene);
    *m = (pn_met_sets){0};
}

sv_gene_sets pn_met_sets_view(const pn_met_sets *m) { return (sv_gene_sets){m->n, m->start, m->gene}; }

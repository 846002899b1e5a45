#include "cmd/extract_case.h"
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/csv.h"
#include "base/hash.h"
#include "dicom/runtime.h"
#include "pipeline/select.h"

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a list of cases"); }

static ex_case *add_case(ex_cases *cases)
{
    ex_case *v = realloc(cases->v, (cases->n + 1) * sizeof *v);
    if (v == NULL) { return NULL; }
    cases->v = v;
    v[cases->n] = (ex_case){.number = cases->n + 1, .channel = -1};
    return &v[cases->n++];
}

static bool add_column(ex_case *c, const char *name, const char *text)
{
    ex_column *grown = realloc(c->columns, (c->n_columns + 1) * sizeof *grown);
    if (grown == NULL) { return false; }
    c->columns = grown;
    grown[c->n_columns] = (ex_column){.name = strdup(name), .text = strdup(text)};
    c->n_columns++;
    return grown[c->n_columns - 1].name != NULL && grown[c->n_columns - 1].text != NULL;
}

/* ---- Files by what can be seen without reading them ------------------------------------------ */

static void add_file(pn_sha256 *s, const char *path)
{
    struct stat st;
    char text[96] = "absent";
    if (stat(path, &st) == 0) {
        (void)snprintf(text, sizeof text, "%lld %lld.%09ld", (long long)st.st_size, (long long)st.st_mtim.tv_sec,
                       st.st_mtim.tv_nsec);
    }
    pn_sha256_update(s, path, strlen(path) + 1);
    pn_sha256_update(s, text, strlen(text) + 1);
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

/* A file, or all files in a folder, by name. What cannot be looked at is seen when it is read. */
static void add_path(pn_sha256 *s, const char *path)
{
    char *root = strdup(path), *roots[] = {root, NULL};
    FTS *tree = root != NULL ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name) : NULL;
    for (FTSENT *e = tree != NULL ? fts_read(tree) : NULL; e != NULL; e = fts_read(tree)) {
        if (e->fts_info != FTS_D && e->fts_info != FTS_DP) { add_file(s, e->fts_path); }
    }
    if (tree != NULL) { (void)fts_close(tree); }
    free(root);
}

/* A folder's images may change without its contour objects, so all of them are looked at. */
static int digest_folder(ex_cases *cases, pn_error *err)
{
    pn_sha256 h;
    uint8_t digest[PN_SHA256_SIZE];
    int rc = pn_sha256_init(&h, err);
    if (rc != PN_OK) { return rc; }
    for (size_t e = 0; e < cases->folder.n; e++) { add_file(&h, cases->folder.entries[e].path); }
    pn_sha256_final(&h, digest);
    pn_hex(cases->folder_digest, digest, sizeof digest);
    return PN_OK;
}

/* ---- Contour objects in folders -------------------------------------------------------------- */

void ex_tell_file(void *user, const char *path, const pn_error *problem)
{
    (void)user;
    if (problem != NULL) { fprintf(stderr, "prognode extract: %s: passed over: %s\n", path, problem->msg); }
}

static bool is_contour(const pn_header *h) { return h->kind == PN_KIND_RTSTRUCT || h->kind == PN_KIND_SEG; }

static int find_contours(ex_cases *cases, const ex_setup *s, pn_error *err)
{
    static char any[] = "*";
    char *every[] = {any};
    char *const *patterns = s->n_patterns > 0 ? s->patterns : every;
    size_t contours = 0;
    int rc = pn_folder_scan(&cases->folder, s->paths, s->n_paths, ex_tell_file, NULL, err);
    for (size_t i = 0; rc == PN_OK && i < cases->folder.n; i++) {
        const pn_header *h = &cases->folder.entries[i].header;
        int *rois = NULL;
        size_t n = 0;
        if (!is_contour(h)) { continue; }
        contours++;
        rc = pn_select_regions(&rois, &n, h, patterns, s->n_patterns > 0 ? s->n_patterns : 1, NULL, 0, err);
        ex_case *c = rc == PN_OK && n > 0 ? add_case(cases) : NULL;
        if (c == NULL) {
            free(rois);
            if (rc == PN_OK && n > 0) { rc = no_memory(err); }
            continue;
        }
        *c = (ex_case){.number = c->number, .entry = i, .rois = rois, .n_rois = n, .channel = -1};
    }
    if (rc == PN_OK && contours == 0) {
        rc = pn_fail(err, PN_ENOTFOUND, "no RTSTRUCT or SEG among %zu DICOM files (%zu other files)",
                     cases->folder.n, cases->folder.n_not_dicom);
    }
    return rc == PN_OK ? digest_folder(cases, err) : rc;
}

/* ---- Batch files ----------------------------------------------------------------------------- */

/* As PyRadiomics: against the folder of the batch file. */
static char *path_beside(const char *batch, const char *path)
{
    char joined[2 * PATH_MAX], *found;
    const char *slash = strrchr(batch, '/');
    int n = path[0] == '/' ? snprintf(joined, sizeof joined, "%s", path)
                           : snprintf(joined, sizeof joined, "%.*s%s", slash == NULL ? 0 : (int)(slash - batch) + 1, batch, path);
    if (n < 0 || (size_t)n >= sizeof joined) { return NULL; }
    found = realpath(joined, NULL);
    return found != NULL ? found : strdup(joined);
}

static int whole_number(unsigned long *out, const char *text, unsigned long least, unsigned long most)
{
    char *end;
    const char *p = text + strspn(text, " ");
    if (*p < '0' || *p > '9') { return -1; }
    *out = strtoul(p, &end, 10);
    if (strncmp(end, ".0", 2) == 0) { end += 2; }           /* spreadsheets make reals of numbers   */
    return *(end + strspn(end, " ")) == '\0' && *out >= least && *out <= most ? 0 : -1;
}

static int read_cell(ex_case *c, const pn_csv *t, size_t row, size_t column, pn_error *err)
{
    const char *name = pn_csv_column_name(t, column), *text = pn_csv_cell(t, row, column);
    unsigned long v = 0;
    bool path = strcmp(name, "Image") == 0 || strcmp(name, "Mask") == 0;
    if (path) {
        char **to = name[0] == 'I' ? &c->image : &c->mask;
        if (text[0] == '\0') {
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%s\": empty, expected a path", t->name,
                           pn_csv_row_number(t, row), name);
        }
        *to = path_beside(t->name, text);
        return *to != NULL && add_column(c, name, *to) ? PN_OK : no_memory(err);
    }
    if (strcmp(name, "Label") == 0 && text[0] != '\0') {
        if (whole_number(&v, text, 1, UINT32_MAX) != 0) {
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"Label\": \"%.40s\", expected an integer from 1 on",
                           t->name, pn_csv_row_number(t, row), text);
        }
        c->label = (uint32_t)v;
    }
    if (strcmp(name, "Label_channel") == 0 && text[0] != '\0') {
        if (whole_number(&v, text, 0, 65535) != 0) {
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"Label_channel\": \"%.40s\", expected an integer "
                           "0 to 65535", t->name, pn_csv_row_number(t, row), text);
        }
        c->channel = (long)v;
    }
    if (strcmp(name, "ROI") == 0 && text[0] != '\0' && (c->roi = strdup(text)) == NULL) { return no_memory(err); }
    return add_column(c, name, text) ? PN_OK : no_memory(err);
}

static int read_batch(ex_cases *cases, const ex_setup *s, pn_error *err)
{
    pn_csv t = {0};
    size_t column;
    int rc = pn_csv_read(&t, s->batch, err);
    if (rc == PN_OK) { rc = pn_csv_find(&column, &t, "Image", err); }
    if (rc == PN_OK) { rc = pn_csv_find(&column, &t, "Mask", err); }
    for (size_t row = 0; rc == PN_OK && row < t.n_rows; row++) {
        ex_case *c = add_case(cases);
        if (c == NULL) { rc = no_memory(err); } else { c->row = pn_csv_row_number(&t, row); }
        for (size_t i = 0; rc == PN_OK && i < t.n_columns; i++) { rc = read_cell(c, &t, row, i, err); }
    }
    if (rc == PN_OK && t.n_rows == 0) { rc = pn_fail(err, PN_EFORMAT, "%s has no row", s->batch); }
    pn_csv_free(&t);
    cases->batch = true;
    return rc;
}

static int one_pair(ex_cases *cases, const ex_setup *s, pn_error *err)
{
    ex_case *c = add_case(cases);
    if (c == NULL) { return no_memory(err); }
    c->image = path_beside("", s->image);
    c->mask = path_beside("", s->mask);
    bool made = c->image != NULL && c->mask != NULL && add_column(c, "Image", c->image) && add_column(c, "Mask", c->mask);
    cases->batch = true;
    return made ? PN_OK : no_memory(err);
}

int ex_cases_find(ex_cases *out, const ex_setup *s, pn_error *err)
{
    ex_cases cases = {0};
    int rc = pn_dicom_init(err);
    if (rc == PN_OK) {
        rc = s->batch != NULL ? read_batch(&cases, s, err) : s->image != NULL ? one_pair(&cases, s, err)
                              : find_contours(&cases, s, err);
    }
    if (rc != PN_OK) {
        ex_cases_free(&cases);
        return rc;
    }
    *out = cases;
    return PN_OK;
}

void ex_cases_free(ex_cases *cases)
{
    for (size_t i = 0; i < cases->n; i++) {
        ex_case *c = &cases->v[i];
        for (size_t k = 0; k < c->n_columns; k++) {
            free(c->columns[k].name);
            free(c->columns[k].text);
        }
        free(c->columns);
        free(c->image);
        free(c->mask);
        free(c->roi);
        free(c->rois);
    }
    free(cases->v);
    pn_folder_free(&cases->folder);
    *cases = (ex_cases){0};
}

const char *ex_case_name(const ex_cases *cases, size_t i)
{
    const ex_case *c = &cases->v[i];
    return c->mask != NULL ? c->mask : cases->folder.entries[c->entry].path;
}

/* ---- Keys ------------------------------------------------------------------------------------ */

int ex_case_key(char key[PN_DIGEST_HEX_SIZE], const ex_cases *cases, size_t i, const ex_setup *s, pn_error *err)
{
    const ex_case *c = &cases->v[i];
    pn_sha256 h;
    uint8_t digest[PN_SHA256_SIZE];
    int rc = pn_sha256_init(&h, err);
    if (rc != PN_OK) { return rc; }
    pn_sha256_update(&h, s->digest, strlen(s->digest));
    pn_sha256_update(&h, PN_VERSION, sizeof PN_VERSION);
    for (size_t k = 0; k < s->n_patterns; k++) { pn_sha256_update(&h, s->patterns[k], strlen(s->patterns[k]) + 1); }
    pn_sha256_update(&h, &s->suv, sizeof s->suv);
    if (c->mask != NULL) {
        add_path(&h, c->image);
        add_path(&h, c->mask);
        pn_sha256_update(&h, &c->label, sizeof c->label);
        pn_sha256_update(&h, &c->channel, sizeof c->channel);
        pn_sha256_update(&h, s->labels, s->n_labels * sizeof s->labels[0]);
        for (size_t k = 0; k < c->n_columns; k++) {
            pn_sha256_update(&h, c->columns[k].name, strlen(c->columns[k].name) + 1);
            pn_sha256_update(&h, c->columns[k].text, strlen(c->columns[k].text) + 1);
        }
    } else {
        pn_sha256_update(&h, cases->folder_digest, sizeof cases->folder_digest);
        add_file(&h, cases->folder.entries[c->entry].path);
        pn_sha256_update(&h, c->rois, c->n_rois * sizeof c->rois[0]);
    }
    pn_sha256_update(&h, &s->all_labels, sizeof s->all_labels);
    pn_sha256_final(&h, digest);
    pn_hex(key, digest, sizeof digest);
    return PN_OK;
}

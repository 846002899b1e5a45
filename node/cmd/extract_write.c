#include "cmd/extract_write.h"
#include "cmd/hold.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/csv.h"
#include "base/file.h"

/* ---- Columns: those of all rows, in the order in which they first appear ---------------------- */

typedef struct names { char **v; size_t n, room; } names;

typedef struct writer {
    const ex_setup *setup;
    const ex_cases *cases;
    names cells, values;
    FILE *to;
    pn_buf text;                /* of one row                                                  */
    size_t rows;                /* written so far                                              */
    ex_count count;
    bool keep_failed;
} writer;

static void names_free(names *list)
{
    for (size_t i = 0; i < list->n; i++) { free(list->v[i]); }
    free(list->v);
}

/* Where a name stands; `likely` first, since rows are much alike. n where it does not. */
static size_t find(const names *list, const char *name, size_t likely)
{
    if (likely < list->n && strcmp(list->v[likely], name) == 0) { return likely; }
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i], name) == 0) { return i; }
    }
    return list->n;
}

static int note_name(names *list, const char *name, size_t likely, pn_error *err)
{
    if (find(list, name, likely) < list->n) { return PN_OK; }
    if (list->n == list->room) {
        size_t room = list->room == 0 ? 256 : 2 * list->room;
        char **v = realloc(list->v, room * sizeof *v);
        if (v == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu columns", room); }
        list->v = v;
        list->room = room;
    }
    list->v[list->n] = strdup(name);
    return list->v[list->n++] != NULL ? PN_OK : pn_fail_transient(err, PN_ENOMEM, "no memory for a column");
}

static int note_row(writer *w, const ex_row *row, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < row->n_cells; i++) { rc = note_name(&w->cells, row->cells[i].name, i, err); }
    for (size_t i = 0; rc == PN_OK && i < row->values.n; i++) { rc = note_name(&w->values, row->values.v[i].name, i, err); }
    return rc;
}

/* ---- One row --------------------------------------------------------------------------------- */

static const char *cell_of(const ex_row *row, const char *name, size_t likely)
{
    if (likely < row->n_cells && strcmp(row->cells[likely].name, name) == 0) { return row->cells[likely].text; }
    for (size_t i = 0; i < row->n_cells; i++) {
        if (strcmp(row->cells[i].name, name) == 0) { return row->cells[i].text; }
    }
    return "";
}

static double value_of(const rx_results *values, const char *name, size_t likely)
{
    if (likely < values->n && strcmp(values->v[likely].name, name) == 0) { return values->v[likely].value.v; }
    const rx_result *r = rx_results_find(values, name);
    return r != NULL ? r->value.v : (double)NAN;
}

static int csv_row(writer *w, const ex_row *row, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < w->cells.n; i++) {
        rc = pn_csv_put(&w->text, i == 0, cell_of(row, w->cells.v[i], i), err);
    }
    for (size_t i = 0; rc == PN_OK && i < w->values.n; i++) {
        rc = pn_csv_put_number(&w->text, i == 0 && w->cells.n == 0, value_of(&row->values, w->values.v[i], i), err);
    }
    return rc == PN_OK ? pn_csv_end_row(&w->text, err) : rc;
}

static bool is_diagnostic(const char *name) { return strncmp(name, "diagnostics_", 12) == 0; }

/* The cells that say which case it is, and of the diagnostics those without which a number means
 * nothing: profile, settings, and grid and voxel counts after each step. */
static bool is_of_long_form(const char *name)
{
    static const char *const ends[] = {"_Profile", "_SettingsDigest", "_Spacing", "_Size", "_VoxelNum", "_Error"};
    if (!is_diagnostic(name)) { return true; }
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(name), m = strlen(ends[i]);
        if (n > m && strcmp(name + n - m, ends[i]) == 0) { return true; }
    }
    return false;
}

static int long_cells(writer *w, const ex_row *row, pn_error *err)
{
    int rc = PN_OK;
    bool first = true;
    for (size_t i = 0; rc == PN_OK && i < w->cells.n; i++) {
        if (!is_of_long_form(w->cells.v[i])) { continue; }
        rc = pn_csv_put(&w->text, first, row == NULL ? w->cells.v[i] : cell_of(row, w->cells.v[i], i), err);
        first = false;
    }
    return rc;
}

static int long_row(writer *w, const ex_row *row, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < row->values.n; i++) {
        const rx_result *r = &row->values.v[i];
        rc = long_cells(w, row, err);
        if (rc == PN_OK) { rc = pn_csv_put(&w->text, false, r->name, err); }
        if (rc == PN_OK) { rc = pn_csv_put(&w->text, false, r->ibsi_code, err); }
        if (rc == PN_OK) { rc = pn_csv_put(&w->text, false, r->ibsi_aggregation, err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(&w->text, false, r->value.v, err); }
        if (rc == PN_OK) { rc = pn_csv_put(&w->text, false, rx_why_text(r->value.why), err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&w->text, err); }
    }
    return rc;
}

static int json_row(writer *w, const ex_row *row, pn_error *err)
{
    char number[EX_NUMBER_SIZE];
    int rc = pn_buf_printf(&w->text, err, "%s\n {", w->rows > 0 ? "," : "");
    for (size_t i = 0; rc == PN_OK && i < row->n_cells; i++) {
        const ex_cell *c = &row->cells[i];
        rc = pn_buf_printf(&w->text, err, "%s\n  ", i > 0 ? "," : "");
        if (rc == PN_OK) { rc = ex_json_text(&w->text, c->name, err); }
        if (rc == PN_OK) { rc = pn_buf_printf(&w->text, err, ": "); }
        if (rc == PN_OK) { rc = c->number ? pn_buf_printf(&w->text, err, "%s", c->text) : ex_json_text(&w->text, c->text, err); }
    }
    for (size_t i = 0; rc == PN_OK && i < row->values.n; i++) {
        const rx_result *r = &row->values.v[i];
        (void)snprintf(number, sizeof number, "null");
        if (isfinite(r->value.v)) { ex_number(number, r->value.v); }
        rc = pn_buf_printf(&w->text, err, "%s\n  \"%s\": %s", i > 0 || row->n_cells > 0 ? "," : "", r->name, number);
    }
    return rc == PN_OK ? pn_buf_printf(&w->text, err, "\n }") : rc;
}

static int header(writer *w, pn_error *err)
{
    static const char *const rest[] = {"feature", "ibsi_code", "ibsi_aggregation", "value", "reason"};
    int rc = PN_OK;
    if (w->setup->format == EX_JSON) { return pn_buf_printf(&w->text, err, "["); }
    if (w->setup->format == EX_LONG) {
        rc = long_cells(w, NULL, err);
        for (size_t i = 0; rc == PN_OK && i < sizeof rest / sizeof rest[0]; i++) { rc = pn_csv_put(&w->text, false, rest[i], err); }
        return rc == PN_OK ? pn_csv_end_row(&w->text, err) : rc;
    }
    for (size_t i = 0; rc == PN_OK && i < w->cells.n; i++) { rc = pn_csv_put(&w->text, i == 0, w->cells.v[i], err); }
    for (size_t i = 0; rc == PN_OK && i < w->values.n; i++) {
        rc = pn_csv_put(&w->text, i == 0 && w->cells.n == 0, w->values.v[i], err);
    }
    return rc == PN_OK ? pn_csv_end_row(&w->text, err) : rc;
}

static int flush_text(writer *w, pn_error *err)
{
    if (w->text.n > 0 && fwrite(w->text.p, 1, w->text.n, w->to) != w->text.n) {
        return pn_fail_transient(err, errno == ENOSPC ? PN_ENOSPC : PN_EIO, "cannot write the output: %s", strerror(errno));
    }
    w->text.n = 0;
    return PN_OK;
}

static int write_row(writer *w, const ex_row *row, pn_error *err)
{
    int rc = w->setup->format == EX_JSON ? json_row(w, row, err)
             : w->setup->format == EX_LONG ? long_row(w, row, err) : csv_row(w, row, err);
    w->rows++;
    return rc == PN_OK ? flush_text(w, err) : rc;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void complain(const writer *w, size_t number, const ex_row *row)
{
    char place[32] = "";
    if (w->cases->v[number].row > 0) { (void)snprintf(place, sizeof place, "row %zu: ", w->cases->v[number].row); }
    fprintf(stderr, "prognode extract: %s%s%s%s: %s: %s\n", place, ex_case_name(w->cases, number), row->region[0] != '\0' ? ", " : "",
            row->region, pn_code_word(row->failure.code), row->failure.msg);
}

typedef int on_row(writer *w, size_t number, ex_row *row, pn_error *err);

static int look(writer *w, size_t number, ex_row *row, pn_error *err)
{
    if (row->failure.code != PN_OK) {
        w->count.failed++;
        complain(w, number, row);
        return PN_OK;
    }
    w->count.measured++;
    return note_row(w, row, err);
}

/* Columns that only rows without values have come last. */
static int look_at_failed(writer *w, size_t number, ex_row *row, pn_error *err)
{
    (void)number;
    if (row->failure.code == PN_OK || !w->keep_failed) { return PN_OK; }
    int rc = note_row(w, row, err);
    return rc == PN_OK ? note_name(&w->cells, "diagnostics_Error", w->cells.n - 1, err) : rc;
}

static int put(writer *w, size_t number, ex_row *row, pn_error *err)
{
    (void)number;
    if (row->failure.code != PN_OK) {
        if (!w->keep_failed) { return PN_OK; }
        int rc = ex_putf(row, err, "diagnostics_Error", "%s: %s", pn_code_word(row->failure.code), row->failure.msg);
        if (rc != PN_OK) { return rc; }
    }
    return write_row(w, row, err);
}

static int each_row(writer *w, ex_store *store, on_row *f, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < store->n; i++) {
        ex_rows rows = {0};
        if (!store->done[i]) { continue; }
        rc = ex_store_rows(&rows, store, i, err);
        for (size_t k = 0; rc == PN_OK && k < rows.n; k++) { rc = f(w, i, &rows.v[k], err); }
        ex_rows_free(&rows);
    }
    return rc;
}

static int write_all(writer *w, ex_store *store, pn_error *err)
{
    int rc = header(w, err);
    if (rc == PN_OK) { rc = flush_text(w, err); }
    if (rc == PN_OK) { rc = each_row(w, store, put, err); }
    if (rc == PN_OK && w->setup->format == EX_JSON) { rc = pn_buf_printf(&w->text, err, "\n]\n"); }
    return rc == PN_OK ? flush_text(w, err) : rc;
}

/* Beside the output, then renamed; for its owner alone, as it names patients. */
static int write_file(writer *w, ex_store *store, pn_error *err)
{
    char temp[PN_PATH_SIZE];
    int rc = pn_path(temp, sizeof temp, err, "%s.%d.tmp", w->setup->output, (int)getpid());
    if (rc != PN_OK) { return rc; }
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    w->to = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (w->to == NULL) {
        rc = pn_fail_transient(err, PN_EIO, "cannot create %s: %s", temp, strerror(errno));
        if (fd >= 0) { close(fd); }
        return rc;
    }
    rc = write_all(w, store, err);
    if (rc == PN_OK && (fflush(w->to) != 0 || fsync(fileno(w->to)) != 0)) {
        rc = pn_fail_transient(err, errno == ENOSPC ? PN_ENOSPC : PN_EIO, "cannot write %s: %s", temp, strerror(errno));
    }
    if (fclose(w->to) != 0 && rc == PN_OK) { rc = pn_fail_transient(err, PN_EIO, "cannot close %s: %s", temp, strerror(errno)); }
    if (rc == PN_OK && rename(temp, w->setup->output) != 0) {
        rc = pn_fail_transient(err, PN_EIO, "cannot rename to %s: %s", w->setup->output, strerror(errno));
    }
    if (rc != PN_OK) { (void)unlink(temp); }
    return rc;
}

int ex_write(ex_count *count, ex_store *store, const ex_cases *cases, const ex_setup *s, bool keep_failed,
             pn_error *err)
{
    writer w = {.setup = s, .cases = cases, .keep_failed = keep_failed, .to = stdout};
    int rc = each_row(&w, store, look, err);
    if (rc == PN_OK) { rc = each_row(&w, store, look_at_failed, err); }
    if (rc == PN_OK && (w.count.measured > 0 || (keep_failed && w.count.failed > 0))) {
        if (s->output != NULL) { hold_signals(); }
        rc = s->output != NULL ? write_file(&w, store, err) : write_all(&w, store, err);
        if (s->output != NULL) { release_signals(); }
        if (rc == PN_OK && s->output == NULL && fflush(stdout) != 0) {
            rc = pn_fail_transient(err, PN_EIO, "cannot write to stdout: %s", strerror(errno));
        }
    }
    names_free(&w.cells);
    names_free(&w.values);
    pn_buf_free(&w.text);
    *count = w.count;
    return rc;
}

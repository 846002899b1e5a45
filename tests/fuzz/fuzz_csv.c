/* Tables: every cell that was read is written so that it reads back as the same. */
#include <math.h>
#include <string.h>
#include "base/csv.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void write_back(pn_buf *b, const pn_csv *t)
{
    pn_error err = {0};
    for (size_t c = 0; c < t->n_columns; c++) {
        fz_require(pn_csv_put(b, c == 0, pn_csv_column_name(t, c), &err) == PN_OK);
    }
    fz_require(pn_csv_end_row(b, &err) == PN_OK);
    for (size_t r = 0; r < t->n_rows; r++) {
        for (size_t c = 0; c < t->n_columns; c++) {
            double v;
            fz_require(pn_csv_put(b, c == 0, pn_csv_cell(t, r, c), &err) == PN_OK);
            int rc = pn_csv_number(&v, t, r, c, PN_CSV_NAN, &err);
            fz_require(rc != PN_OK || isfinite(v) || isnan(v));
        }
        fz_require(pn_csv_end_row(b, &err) == PN_OK);
    }
}

/* What a table cannot say: a row of one empty cell is an empty line, which is no row; a first
 * name that begins with a byte order mark has it taken for the file's. */
static bool cannot_be_said(const pn_csv *t)
{
    if (strncmp(pn_csv_column_name(t, 0), "\xef\xbb\xbf", 3) == 0) { return true; }
    for (size_t r = 0; t->n_columns == 1 && r < t->n_rows; r++) {
        if (pn_csv_cell(t, r, 0)[0] == '\0') { return true; }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_csv t, again;
    int rc = pn_csv_parse(&t, (const char *)bytes, n, "t.csv", &err);
    if (rc != PN_OK) {
        fz_require(rc == (int)err.code && err.msg[0] != '\0');
        return 0;
    }
    pn_buf b = {0};
    write_back(&b, &t);
    if (!cannot_be_said(&t)) {
        fz_require(pn_csv_parse(&again, b.p, b.n, "t.csv", &err) == PN_OK);
        fz_require(again.n_rows == t.n_rows && again.n_columns == t.n_columns);
        for (size_t r = 0; r < t.n_rows; r++) {
            for (size_t c = 0; c < t.n_columns; c++) {
                fz_require(strcmp(pn_csv_cell(&t, r, c), pn_csv_cell(&again, r, c)) == 0);
            }
        }
        pn_csv_free(&again);
    }
    pn_buf_free(&b);
    pn_csv_free(&t);
    return 0;
}

/* lung1.h - the public Lung1 cohort's features beside its clinical table. */
#ifndef TEST_LUNG1_H
#define TEST_LUNG1_H

#include <check.h>
#include <csv.h>

#define LUNG1(name) SHARED("data/survival/lung1/" name)

typedef struct lung1 { csv features, clinical; } lung1;

static inline lung1 lung1_read(void)
{
    lung1 l;
    if (!csv_read(&l.features, LUNG1("lung1_pyradiomics191_os.csv"))) { fail_msg("no features"); }
    if (!csv_read(&l.clinical, LUNG1("lung1_clinical_v3.csv"))) { fail_msg("no clinical table"); }
    return l;
}

static inline void lung1_free(lung1 *l)
{
    csv_free(&l->features);
    csv_free(&l->clinical);
}

/* A clinical value of the patient in a row of the features. */
static inline const char *lung1_clinical(const lung1 *l, size_t row, const char *column)
{
    const char *id = csv_text(&l->features, row, "PatientID");
    for (size_t i = 0; i < l->clinical.rows; i++) {
        if (strcmp(csv_text(&l->clinical, i, "PatientID"), id) == 0) { return csv_text(&l->clinical, i, column); }
    }
    fail_msg("no clinical row for %s", id);
    return NULL;
}

/* Numbers for the texts of a clinical column, in order of their first appearance. */
static inline int *lung1_codes(const lung1 *l, const char *column)
{
    size_t n = l->features.rows;
    int *code = calloc(n, sizeof *code), next = 0;
    const char *seen[64];
    for (size_t i = 0; code != NULL && i < n; i++) {
        const char *text = lung1_clinical(l, i, column);
        while (code[i] < next && strcmp(seen[code[i]], text) != 0) { code[i]++; }
        if (code[i] < next) { continue; }
        if (next == 64) { fail_msg("%s has too many values", column); }
        seen[next++] = text;
    }
    return code;
}

/* The values of x in one code's rows. */
static inline size_t lung1_pick(double *out, const double *x, const int *code, size_t n, int wanted)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (code[i] == wanted) { out[m++] = x[i]; }
    }
    return m;
}

#endif

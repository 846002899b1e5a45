/* test_enrich.c - enrichment scores against fgsea 1.31.6, GSVA 1.46.0 and a restated DeepCC
 * (reference/survival/13_gsea), and against walks gene by gene. */
#include "cohort.h"

#include <survival/enrich.h>
#include <survival/rng.h>

#define GSEA(file) REFERENCE("13_gsea/" file)

/* ---- Sets of genes by name ------------------------------------------------------------------- */

typedef struct named_sets { size_t n, n_genes; char name[256][96]; size_t start[257]; uint32_t *gene; } named_sets;

/* Open addressing; a slot holds a name's number + 1. */
enum { SLOTS = 1 << 15 };
static size_t slot_of(const uint32_t *slots, const char *const *names, const char *name)
{
    uint32_t h = 2166136261u;
    for (const char *p = name; *p != '\0'; p++) { h = (h ^ (unsigned char)*p) * 16777619u; }
    size_t k = h % SLOTS;
    while (slots[k] != 0 && strcmp(names[slots[k] - 1], name) != 0) { k = (k + 1) % SLOTS; }
    return k;
}

/* Rows (set, gene), set by set; genes that are not in names[n_names] are left out. */
static void read_sets(named_sets *s, const char *path, const char *const *names, size_t n_names)
{
    csv t;
    assert_true(csv_read(&t, path));
    *s = (named_sets){ .gene = calloc(t.rows, sizeof *s->gene) };
    uint32_t *slots = calloc(SLOTS, sizeof *slots);
    assert_true(s->gene && slots);
    for (size_t g = 0; g < n_names; g++) { slots[slot_of(slots, names, names[g])] = (uint32_t)(g + 1); }
    for (size_t i = 0; i < t.rows; i++) {
        const char *set = t.cell[(i + 1) * t.cols], *gene = t.cell[(i + 1) * t.cols + 1];
        if (s->n == 0 || strncmp(s->name[s->n - 1], set, sizeof s->name[0] - 1) != 0) {
            assert_true(s->n < 256);
            (void)snprintf(s->name[s->n], sizeof s->name[0], "%s", set);
            s->start[s->n++] = s->n_genes;
        }
        size_t g = (size_t)slots[slot_of(slots, names, gene)] - 1;
        bool again = false;
        for (size_t k = s->start[s->n - 1]; k < s->n_genes; k++) { again = again || s->gene[k] == g; }
        if (g < n_names && !again) { s->gene[s->n_genes++] = (uint32_t)g; }
    }
    s->start[s->n] = s->n_genes;
    free(slots);
    csv_free(&t);
}

static sv_gene_sets view(const named_sets *s) { return (sv_gene_sets){ s->n, s->start, s->gene }; }

static size_t set_named(const named_sets *s, const char *name)
{
    for (size_t k = 0; k < s->n; k++) {
        if (strncmp(s->name[k], name, sizeof s->name[0] - 1) == 0) { return k; }
    }
    fail_msg("no set %s", name);
    return 0;
}

/* ---- A ranked list --------------------------------------------------------------------------- */

static void test_scores_equal_fgseas(void **state)
{
    (void)state;
    SKIP_WITHOUT(GSEA("ES.csv"));
    csv ranks, want, simple;
    named_sets sets;
    sv_gsea g[256];
    sv_error err;
    assert_true(csv_read(&ranks, GSEA("ranks.csv")));
    size_t n = ranks.rows;
    const char **names = calloc(n, sizeof *names);
    double *stat = calloc(n, sizeof *stat);
    assert_true(names && stat);
    for (size_t i = 0; i < n; i++) {
        names[i] = ranks.cell[(i + 1) * ranks.cols];
        stat[i] = csv_num(&ranks, i, "stat");
    }
    read_sets(&sets, GSEA("sets_long.csv"), names, n);
    assert_int_equal(sets.n, 200);
    const sv_gene_sets v = view(&sets);
    assert_true(csv_read(&want, GSEA("ES.csv")));
    for (int exponent = 0; exponent < 2; exponent++) {
        sv_gsea_opts o = SV_GSEA_OPTS_INIT;
        o.exponent = exponent;
        o.permutations = 0;
        CHECK_OK(sv_gsea_ranked(g, stat, n, &v, &o, &err), err);
        for (size_t i = 0; i < want.rows; i++) {
            if ((int)csv_num(&want, i, "gseaParam") != exponent) { continue; }
            const sv_gsea *got = &g[set_named(&sets, want.cell[(i + 1) * want.cols])];
            assert_int_equal(got->size, (int)csv_num(&want, i, "size"));
            CHECK_NEAR(got->es, csv_num(&want, i, "ES"), 1e-11, 1e-13);
            CHECK_NEAR(got->es_pos, csv_num(&want, i, "ES_pos"), 1e-11, 1e-13);
            CHECK_NEAR(got->es_neg, csv_num(&want, i, "ES_neg"), 1e-11, 1e-13);
            assert_int_equal(got->leading, (int)csv_num(&want, i, "n_leading"));
        }
    }
    /* p and NES within what both sides' permutations leave open */
    sv_gsea_opts o = SV_GSEA_OPTS_INIT;
    o.permutations = 2000;
    assert_true(csv_read(&simple, GSEA("fgseaSimple_10000.csv")));
    CHECK_OK(sv_gsea_ranked(g, stat, n, &v, &o, &err), err);
    for (size_t i = 0; i < simple.rows; i++) {
        const sv_gsea *got = &g[set_named(&sets, simple.cell[(i + 1) * simple.cols])];
        double p = csv_num(&simple, i, "pval"), nes = csv_num(&simple, i, "NES");
        CHECK_NEAR(got->p, p, 0, 5 * sqrt(p * (1 - p) / 700) + 0.003);
        CHECK_NEAR(got->nes, nes, 0.08, 0.05);
    }
    csv_free(&simple);
    csv_free(&want);
    csv_free(&ranks);
    free(sets.gene);
    free(names);
    free(stat);
}

enum { GENES = 50 };

/* The walk written out: up at a hit, down at a miss. */
static double walk_all(const double *stat, const bool *in, double exponent)
{
    int order[GENES];
    double total = 0, misses = 0, at = 0, top = 0, bottom = 0;
    for (int i = 0; i < GENES; i++) {
        int j = i;
        for (; j > 0 && stat[order[j - 1]] < stat[i]; j--) { order[j] = order[j - 1]; }
        order[j] = i;
        total += in[i] ? pow(fabs(stat[i]), exponent) : 0;
        misses += !in[i];
    }
    for (int k = 0; k < GENES; k++) {
        at += in[order[k]] ? pow(fabs(stat[order[k]]), exponent) / total : -1 / misses;
        top = fmax(top, at);
        bottom = fmin(bottom, at);
    }
    return top > -bottom ? top : bottom;
}

static void test_walks_gene_by_gene(void **state)
{
    (void)state;
    uint64_t seed = 12;
    for (int round = 0; round < 200; round++) {
        double stat[GENES];
        bool in[GENES] = { false };
        uint32_t gene[GENES];
        size_t start[2] = { 0, 0 };
        for (int i = 0; i < GENES; i++) {
            stat[i] = uniform(&seed) - 0.4;
            if (uniform(&seed) < 0.2) {
                in[i] = true;
                gene[start[1]++] = (uint32_t)i;
            }
        }
        if (start[1] == 0) { continue; }
        sv_gene_sets s = { 1, start, gene };
        sv_gsea g;
        sv_error err;
        sv_gsea_opts o = SV_GSEA_OPTS_INIT;
        o.permutations = 0;
        o.exponent = round % 3;
        CHECK_OK(sv_gsea_ranked(&g, stat, GENES, &s, &o, &err), err);
        CHECK_NEAR(g.es, walk_all(stat, in, o.exponent), 1e-10, 1e-12);
        for (int i = 0; i < GENES; i++) { stat[i] = -stat[i]; }
        sv_gsea turned;
        CHECK_OK(sv_gsea_ranked(&turned, stat, GENES, &s, &o, &err), err);
        CHECK_NEAR(turned.es, -g.es, 1e-10, 1e-12);
    }
}

/* p of sets drawn at random is uniform; a planted set is found. */
static void test_level_and_power(void **state)
{
    (void)state;
    enum { N = 1000, SETS = 200, SIZE = 25 };
    static double stat[N];
    static uint32_t gene[SETS * SIZE];
    static size_t start[SETS + 1];
    static sv_gsea g[SETS];
    uint64_t seed = 8;
    sv_error err;
    sv_gsea_opts o = SV_GSEA_OPTS_INIT;
    for (int i = 0; i < N; i++) { stat[i] = uniform(&seed) - 0.5; }
    for (size_t k = 0; k < SETS; k++) {
        start[k + 1] = start[k] + SIZE;
        bool used[N] = { false };
        for (size_t j = 0; j < SIZE;) {
            size_t i = (size_t)(uniform(&seed) * N);
            if (used[i]) { continue; }
            used[i] = true;
            gene[start[k] + j++] = (uint32_t)i;
        }
    }
    for (size_t j = 0; j < SIZE; j++) { stat[gene[j]] += 0.4; }     /* the first set */
    sv_gene_sets s = { SETS, start, gene };
    CHECK_OK(sv_gsea_ranked(g, stat, N, &s, &o, &err), err);
    int below = 0, half = 0;
    for (size_t k = 1; k < SETS; k++) {
        below += g[k].p < 0.05;
        half += g[k].p < 0.5;
    }
    assert_in_range(below, 2, 20);
    assert_in_range(half, 75, 125);
    assert_true(g[0].p < 0.01 && g[0].nes > 1.5);
}

/* ---- Patient by patient ---------------------------------------------------------------------- */

typedef struct expression { csv t; size_t n, p; const char **gene; double *x; sv_matrix m; named_sets sets; } expression;

/* Columns after the three of follow-up are genes; the table is compressed. */
static void read_expression(expression *e)
{
    char plain[] = "/tmp/expression_XXXXXX", command[512];
    int fd = mkstemp(plain);
    assert_true(fd >= 0);
    (void)snprintf(command, sizeof command, "gzip -dc '%s' >&%d", SHARED("data/survival/crc/gse17538_656genes_os.csv.gz"), fd);
    assert_int_equal(system(command), 0);
    assert_true(csv_read(&e->t, plain));
    (void)remove(plain);
    e->n = e->t.rows;
    e->p = e->t.cols - 3;
    e->gene = calloc(e->p, sizeof *e->gene);
    e->x = calloc(e->n * e->p, sizeof *e->x);
    assert_true(e->gene && e->x);
    for (size_t j = 0; j < e->p; j++) {
        e->gene[j] = e->t.cell[j + 3];
        for (size_t i = 0; i < e->n; i++) {
            e->x[i * e->p + j] = strtod(e->t.cell[(i + 1) * e->t.cols + j + 3], NULL);
        }
    }
    e->m = sv_matrix_rowmajor(e->x, e->n, e->p);
    read_sets(&e->sets, SHARED("data/survival/crc/gse17538_pathways.csv"), e->gene, e->p);
}

static void check_table(const expression *e, const double *got, const char *file)
{
    csv want;
    assert_true(csv_read(&want, file));
    assert_int_equal(want.rows, e->n);
    for (size_t j = 1; j < want.cols; j++) {
        size_t k = set_named(&e->sets, want.cell[j]);
        for (size_t i = 0; i < e->n; i++) {
            CHECK_NEAR(got[i * e->sets.n + k], strtod(want.cell[(i + 1) * want.cols + j], NULL), 1e-9, 1e-9);
        }
    }
    csv_free(&want);
}

/* A singular vector has no sign of its own: R's is LAPACK's, ours is that of the set's mean. */
static void check_plage(const expression *e, const double *got)
{
    csv want;
    assert_true(csv_read(&want, GSEA("gse17538_plage.csv")));
    for (size_t j = 1; j < want.cols; j++) {
        size_t k = set_named(&e->sets, want.cell[j]);
        double product = 0;
        for (size_t i = 0; i < e->n; i++) {
            product += got[i * e->sets.n + k] * strtod(want.cell[(i + 1) * want.cols + j], NULL);
        }
        for (size_t i = 0; i < e->n; i++) {
            double r = strtod(want.cell[(i + 1) * want.cols + j], NULL);
            CHECK_NEAR(got[i * e->sets.n + k], product < 0 ? -r : r, 1e-8, 1e-10);
        }
    }
    csv_free(&want);
}

static void test_scores_of_patients_equal_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(GSEA("gse17538_ssgsea_raw.csv"));
    expression e;
    sv_error err;
    read_expression(&e);
    const sv_gene_sets v = view(&e.sets);
    double *out = calloc(e.n * v.n, sizeof *out);
    assert_non_null(out);
    CHECK_OK(sv_functional_spectrum(out, &e.m, NULL, &v, &err), err);
    check_table(&e, out, GSEA("gse17538_functional_spectra.csv"));
    CHECK_OK(sv_ssgsea(out, &e.m, 0.25, &v, &err), err);
    check_table(&e, out, GSEA("gse17538_ssgsea_raw.csv"));
    CHECK_OK(sv_combined_z(out, &e.m, NULL, NULL, &v, &err), err);
    check_table(&e, out, GSEA("gse17538_zscore.csv"));
    CHECK_OK(sv_gsva(out, &e.m, &v, &err), err);
    check_table(&e, out, GSEA("gse17538_gsva.csv"));
    CHECK_OK(sv_plage(out, &e.m, &v, &err), err);
    check_plage(&e, out);
    free(out);
    free(e.sets.gene);
    free(e.gene);
    free(e.x);
    csv_free(&e.t);
}

/* With the training means a patient's spectrum does not depend on who else is in the table. */
static void test_one_patient_by_the_training_means(void **state)
{
    (void)state;
    enum { N = 12, P = 30 };
    double x[N * P], centre[P] = { 0 }, sd[P] = { 0 }, all[N * 2], one[2];
    uint32_t gene[] = { 3, 7, 8, 20, 1, 2, 29 };
    size_t start[] = { 0, 4, 7 };
    sv_gene_sets s = { 2, start, gene };
    sv_error err;
    uint64_t seed = 77;
    for (int i = 0; i < N * P; i++) { x[i] = uniform(&seed) * (1 + i % P); }
    for (int j = 0; j < P; j++) {
        for (int i = 0; i < N; i++) { centre[j] += x[i * P + j] / N; }
        for (int i = 0; i < N; i++) { sd[j] += pow(x[i * P + j] - centre[j], 2) / (N - 1); }
        sd[j] = sqrt(sd[j]);
    }
    sv_matrix m = sv_matrix_rowmajor(x, N, P), alone = sv_matrix_rowmajor(x + 5 * P, 1, P);
    CHECK_OK(sv_functional_spectrum(all, &m, NULL, &s, &err), err);
    CHECK_OK(sv_functional_spectrum(one, &alone, centre, &s, &err), err);
    for (int k = 0; k < 2; k++) { CHECK_NEAR(one[k], all[5 * 2 + k], 1e-12, 1e-12); }
    CHECK_OK(sv_ssgsea(all, &m, 0.25, &s, &err), err);
    CHECK_OK(sv_ssgsea(one, &alone, 0.25, &s, &err), err);
    for (int k = 0; k < 2; k++) { CHECK_NEAR(one[k], all[5 * 2 + k], 0, 0); }
    CHECK_OK(sv_combined_z(all, &m, NULL, NULL, &s, &err), err);
    CHECK_OK(sv_combined_z(one, &alone, centre, sd, &s, &err), err);
    for (int k = 0; k < 2; k++) { CHECK_NEAR(one[k], all[5 * 2 + k], 1e-10, 1e-12); }
}

enum { COHORT = 20, COLUMNS = 12 };

/* Genes 0 to 3 rise from patient to patient, the others are noise, and in the middle for the first and the last
 * patient; gene 11 does not vary. */
static void rising(double *x)
{
    uint64_t seed = 4;
    for (int i = 0; i < COHORT * COLUMNS; i++) {
        int row = i / COLUMNS, gene = i % COLUMNS;
        double noise = row == 0 || row == COHORT - 1 ? 0.5 : uniform(&seed);
        x[i] = gene < 4 ? row + 0.1 * uniform(&seed) : gene == 11 ? 7 : noise;
    }
}

static void test_scores_of_a_cohort(void **state)
{
    (void)state;
    static double x[COHORT * COLUMNS], gsva[COHORT * 3], plage[COHORT * 3], again[COHORT * 3];
    uint32_t gene[] = { 0, 1, 2, 3, 3, 2, 1, 0, 11, 11 };
    size_t start[] = { 0, 4, 9, 10 };
    sv_gene_sets s = { 3, start, gene };
    sv_matrix m = sv_matrix_rowmajor(x, COHORT, COLUMNS);
    sv_error err;
    rising(x);
    CHECK_OK(sv_gsva(gsva, &m, &s, &err), err);
    CHECK_OK(sv_plage(plage, &m, &s, &err), err);
    double length = 0;
    for (int i = 0; i < COHORT; i++) {
        /* The order of a set's genes, and one that does not vary, are nothing to either. */
        CHECK_NEAR(gsva[3 * i + 1], gsva[3 * i], 0, 0);
        CHECK_NEAR(plage[3 * i + 1], plage[3 * i], 1e-10, 1e-12);
        assert_true(isnan(gsva[3 * i + 2]) && isnan(plage[3 * i + 2]));
        length += plage[3 * i] * plage[3 * i];
        if (i > 0) { assert_true(plage[3 * i] > plage[3 * i - 3]); }
    }
    CHECK_NEAR(length, 1, 1e-12, 0);
    CHECK_NEAR(gsva[0], -1, 1e-12, 0);
    CHECK_NEAR(gsva[3 * (COHORT - 1)], 1, 1e-12, 0);

    /* Another unit and zero of a gene change neither. */
    for (int i = 0; i < COHORT; i++) { x[i * COLUMNS + 1] = 1024 * x[i * COLUMNS + 1] - 512; }
    CHECK_OK(sv_gsva(again, &m, &s, &err), err);
    for (int i = 0; i < COHORT; i++) { CHECK_NEAR(again[3 * i], gsva[3 * i], 1e-12, 1e-12); }
    CHECK_OK(sv_plage(again, &m, &s, &err), err);
    for (int i = 0; i < COHORT; i++) { CHECK_NEAR(again[3 * i], plage[3 * i], 1e-9, 1e-12); }

    m.rows = 1;
    assert_int_equal(sv_gsva(again, &m, &s, &err), SV_ETOOSMALL);
    assert_int_equal(sv_plage(again, &m, &s, &err), SV_ETOOSMALL);
    m.rows = COHORT;
    for (int i = 0; i < COHORT * COLUMNS; i++) { x[i] = i % COLUMNS; }
    assert_int_equal(sv_gsva(again, &m, &s, &err), SV_EDATA);
    gene[1] = 0;
    assert_int_equal(sv_plage(again, &m, &s, &err), SV_EINVAL);
}

static void test_refusals(void **state)
{
    (void)state;
    double stat[] = { 3, 2, 1, 0 }, out[4];
    uint32_t twice[] = { 1, 1 }, beyond[] = { 9 }, whole[] = { 0, 1, 2, 3 };
    size_t two[] = { 0, 2 }, one[] = { 0, 1 }, four[] = { 0, 4 }, none[] = { 0, 0 };
    sv_gsea g;
    sv_error err;
    sv_gsea_opts o = SV_GSEA_OPTS_INIT;
    sv_gene_sets s = { 1, two, twice };
    sv_matrix m = sv_matrix_rowmajor(stat, 1, 4);
    assert_int_equal(sv_gsea_ranked(&g, stat, 4, &s, &o, &err), SV_EINVAL);
    assert_non_null(strstr(err.msg, "gene 1 twice"));
    s = (sv_gene_sets){ 1, one, beyond };
    assert_int_equal(sv_ssgsea(out, &m, 0.25, &s, &err), SV_EINVAL);
    s = (sv_gene_sets){ 1, four, whole };
    CHECK_OK(sv_gsea_ranked(&g, stat, 4, &s, &o, &err), err);
    assert_true(isnan(g.es) && isnan(g.p));
    s = (sv_gene_sets){ 1, none, whole };
    CHECK_OK(sv_functional_spectrum(out, &m, NULL, &s, &err), err);
    CHECK_NEAR(out[0], 0, 0, 0);
    CHECK_OK(sv_combined_z(out, &m, stat, stat, &s, &err), err);
    assert_true(isnan(out[0]));
    assert_int_equal(sv_combined_z(out, &m, stat, NULL, &s, &err), SV_EINVAL);
    o.exponent = -1;
    assert_int_equal(sv_gsea_ranked(&g, stat, 4, &s, &o, &err), SV_EINVAL);
    stat[2] = (double)INFINITY;
    o.exponent = 1;
    assert_int_equal(sv_gsea_ranked(&g, stat, 4, &s, &o, &err), SV_EDATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores_equal_fgseas), cmocka_unit_test(test_walks_gene_by_gene),
        cmocka_unit_test(test_level_and_power), cmocka_unit_test(test_scores_of_patients_equal_rs),
        cmocka_unit_test(test_one_patient_by_the_training_means), cmocka_unit_test(test_scores_of_a_cohort), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* cmd/enrich.c - `prognode enrich`: are the genes of known sets high or low together?
 *
 * In a ranked list (GSEA), or in each patient of a table of expression (functional spectrum, ssGSEA, GSVA, PLAGE,
 * combined z-score). Exit codes: 0 done, 1 failed, 2 wrong use. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "cmd/cmd.h"
#include "cmd/enrich.h"
#include "cmd/option.h"

static const char usage[] =
    "usage: prognode enrich --ranks GENES.csv --sets SETS.gmt -o OUT.csv [options]\n"
    "       prognode enrich --markers MARKERS.csv --sets SETS.gmt -o OUT.csv [options]\n"
    "       prognode enrich --expression TABLE.csv --method METHOD --sets SETS.gmt -o OUT.csv [options]\n"
    "\n"
    "Are the genes of known sets high or low together? SETS: a GMT file.\n"
    "\n"
    "In a ranked list: enrichment score, p-value and leading edge of each set.\n"
    "      --ranks FILE        the first column names a gene, the second is its statistic; high comes first\n"
    "      --statistic NAME    the column of the statistic\n"
    "      --markers FILE      markers.csv of `prognode deconvolve`: one list for each subpopulation\n"
    "      --permutations N    of the genes (default 1000)\n"
    "      --ladder N          sets that climb to p-values for which the permutations are too few, odd (default 101;\n"
    "                          0: permutations only)\n"
    "      --smallest P        no p-value below it is looked for (default 1e-50)\n"
    "      --exponent E        of the statistic in the steps (default 1; 0: Kolmogorov-Smirnov)\n"
    "      --seed N            of the random numbers (default 1)\n"
    "      --page FILE         also a page with plots: PDF where FILE ends in .pdf, else HTML\n"
    "\n"
    "In each patient: one row a patient, one column a set.\n"
    "      --expression FILE   one row a gene, the first column names it, one column a patient; logarithms are usual\n"
    "      --patient-rows      one row a patient, one column a gene\n"
    "      --method METHOD     spectrum (functional spectrum), ssgsea (not normalised), gsva, plage, zscore\n"
    "      --save-means FILE   the genes' means and standard deviations, for new patients\n"
    "      --means FILE        those of another table: only its genes, less its means (spectrum, ssgsea, zscore)\n"
    "\n"
    "      --sets FILE         one set a line: name, description, genes, with tabs between\n"
    "      --min-size N        fewest genes of a set that are in the table (default 15)\n"
    "      --max-size N        most (default 500)\n"
    "  -o, --output FILE       the table (default: stdout)\n"
    "  -q, --quiet             no progress and no summary\n"
    "  -h, --help              this text\n";

static const char verb[] = "enrich";

enum { RANKS = 256, STATISTIC, MARKERS, EXPRESSION, PATIENT_ROWS, METHOD, SAVE_MEANS, MEANS, SETS, MIN_SIZE, MAX_SIZE,
       PERMUTATIONS, LADDER, SMALLEST, EXPONENT, SEED, PAGE };

static const struct option long_options[] = {
    {"ranks", required_argument, NULL, RANKS}, {"statistic", required_argument, NULL, STATISTIC},
    {"markers", required_argument, NULL, MARKERS}, {"expression", required_argument, NULL, EXPRESSION},
    {"patient-rows", no_argument, NULL, PATIENT_ROWS}, {"method", required_argument, NULL, METHOD},
    {"save-means", required_argument, NULL, SAVE_MEANS}, {"means", required_argument, NULL, MEANS},
    {"sets", required_argument, NULL, SETS}, {"min-size", required_argument, NULL, MIN_SIZE},
    {"max-size", required_argument, NULL, MAX_SIZE}, {"permutations", required_argument, NULL, PERMUTATIONS},
    {"ladder", required_argument, NULL, LADDER}, {"smallest", required_argument, NULL, SMALLEST},
    {"exponent", required_argument, NULL, EXPONENT}, {"seed", required_argument, NULL, SEED},
    {"page", required_argument, NULL, PAGE}, {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
};

static bool take(enrich_options *o, int option, const char *text)
{
    size_t n;
    switch (option) {
    case RANKS: o->ranks = text; return true;
    case STATISTIC: o->statistic = text; return true;
    case MARKERS: o->markers = text; return true;
    case EXPRESSION: o->expression = text; return true;
    case PATIENT_ROWS: o->patient_rows = true; return true;
    case METHOD: return opt_one_of(&o->method, verb, "method", text, ENRICH_METHODS);
    case SAVE_MEANS: o->save_means = text; return true;
    case MEANS: o->means = text; return true;
    case SETS: o->sets = text; return true;
    case MIN_SIZE: return opt_whole(&o->least, verb, "min-size", text, 1, 1e6);
    case MAX_SIZE: return opt_whole(&o->most, verb, "max-size", text, 1, 1e6);
    case PERMUTATIONS: return opt_whole(&o->gsea.permutations, verb, "permutations", text, 100, 1e6);
    case LADDER:
        if (!opt_whole(&o->gsea.ladder, verb, "ladder", text, 0, 10001)) { return false; }
        return o->gsea.ladder == 0 || (o->gsea.ladder > 2 && o->gsea.ladder % 2 == 1) ||
               opt_wrong(verb, "ladder", text, "an odd number from 3 to 10001, or 0");
    case SMALLEST: return opt_number(&o->gsea.smallest, verb, "smallest", text, 1e-300, 1);
    case EXPONENT: return opt_number(&o->gsea.exponent, verb, "exponent", text, 0, 10);
    case SEED:
        if (!opt_whole(&n, verb, "seed", text, 0, 9007199254740992.0)) { return false; }
        o->gsea.seed = n;
        return true;
    case PAGE: o->page = text; return true;
    case 'o': o->output = text; return true;
    case 'q': o->quiet = true; return true;
    default: return false;                       /* getopt has said why */
    }
}

static bool misuse(const char *message)
{
    fprintf(stderr, "prognode enrich: %s (--help tells more)\n", message);
    return false;
}

static bool check_use(const enrich_options *o)
{
    int inputs = (o->ranks != NULL) + (o->markers != NULL) + (o->expression != NULL);
    bool cohort = o->method == ENRICH_GSVA || o->method == ENRICH_PLAGE;
    if (inputs != 1) { return misuse("expected one of --ranks, --markers and --expression"); }
    if (o->sets == NULL) { return misuse("--sets is missing"); }
    if (o->least > o->most) { return misuse("--min-size is above --max-size"); }
    if ((o->expression != NULL) != (o->method >= 0)) { return misuse("--expression and --method belong together"); }
    if (o->expression == NULL && (o->means != NULL || o->save_means != NULL || o->patient_rows)) {
        return misuse("--means, --save-means and --patient-rows are for --expression");
    }
    if (o->expression != NULL && o->page != NULL) { return misuse("--page is for --ranks and --markers"); }
    if (o->statistic != NULL && o->ranks == NULL) { return misuse("--statistic is for --ranks"); }
    if (o->means != NULL && o->save_means != NULL) { return misuse("--means or --save-means, not both"); }
    if (o->means != NULL && cohort) {
        return misuse("gsva and plage score a patient among the others of the table: they take no --means");
    }
    return true;
}

int enrich_meet(pn_met_sets *out, const enrich_options *o, const pn_gene_sets *sets, const char *const *names, size_t n,
                pn_error *err)
{
    pn_met_sets m = {0};
    int rc = pn_gene_sets_meet(&m, sets, names, n, o->least, o->most, err);
    if (rc == PN_OK && m.n == 0) {
        rc = pn_fail(err, PN_EINVAL, "none of the %zu sets of %s has %zu to %zu of the %zu genes: are they named in the same "
                     "way (\"%.40s\" in the sets, \"%.40s\" in the table)?", sets->n, o->sets, o->least, o->most, n,
                     sets->gene[0], n > 0 ? names[0] : "");
    }
    if (rc == PN_OK && !o->quiet) {
        fprintf(stderr, "%zu of %zu sets have %zu to %zu of the %zu genes\n", m.n, sets->n, o->least, o->most, n);
    }
    if (rc == PN_OK) { *out = m; } else { pn_met_sets_free(&m); }
    return rc;
}

int cmd_enrich(int argc, char **argv)
{
    enrich_options o = {.method = -1, .least = 15, .most = 500, .gsea = SV_GSEA_OPTS_INIT};
    o.gsea.ladder = 101;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:qh", long_options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return PN_EXIT_OK;
        }
        if (!take(&o, c, optarg)) { return PN_EXIT_USAGE; }
    }
    if (optind < argc) {
        fprintf(stderr, "prognode enrich: \"%s\" is no option (--help tells more)\n", argv[optind]);
        return PN_EXIT_USAGE;
    }
    if (!check_use(&o)) { return PN_EXIT_USAGE; }
    pn_gene_sets sets = {0};
    pn_error err = {0};
    int rc = pn_gene_sets_read(&sets, o.sets, &err);
    if (rc == PN_OK) { rc = o.expression != NULL ? enrich_patients(&o, &sets, &err) : enrich_ranked(&o, &sets, &err); }
    pn_gene_sets_free(&sets);
    if (rc == PN_OK) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode enrich: %s\n", err.msg);
    return PN_EXIT_FAILED;
}

/* cmd/phantom.c - `prognode phantom`: make CT series and contours of artificial patients.
 *
 * Writes DIR/PHANTOM-NNN/ct-0001.dcm ... and rtstruct.dcm and/or seg.dcm, one folder a patient;
 * NNN is the patient's seed. Needs no configuration and no network. The same seed gives the same
 * bytes. Exit codes: 0 done, 1 failed, 2 wrong use. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/hold.h"
#include "dicom/runtime.h"
#include "pipeline/phantom.h"

static const char usage[] =
    "usage: prognode phantom -o DIR [options]\n"
    "\n"
    "Make CT series with a contoured tumour of artificial patients: for trying out, load tests\n"
    "and the example model. One folder PHANTOM-NNN a patient; the same seed gives the same bytes.\n"
    "\n"
    "  -o, --output DIR       folder that receives the patients' folders; required\n"
    "      --seed N           seed and number of the first patient, 1 to 999999 (default 1)\n"
    "      --count N          number of patients, with seeds N, N+1, ... (default 1)\n"
    "      --size SIZE        small (128x128x40), standard (256x256x80, default) or\n"
    "                         large (512x512x200, about 200,000 tumour voxels)\n"
    "      --contour KIND     rtstruct (default), seg or both\n"
    "      --table FILE       also write the parameters of each patient as a CSV table\n"
    "  -h, --help             print this\n";

typedef struct phantom_args {
    const char *output, *table;
    unsigned long seed, count;
    pn_phantom_size size;
    bool rtstruct, seg;
} phantom_args;

static int wrong(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "prognode phantom: %s is \"%s\", expected %s\n", option, value, expected);
    return PN_EXIT_USAGE;
}

static bool whole_number(unsigned long *out, const char *text)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') { return false; }
    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && *out >= 1 && *out <= 999999;
}

static bool size_word(pn_phantom_size *out, const char *text)
{
    static const char *const words[] = {"small", "standard", "large"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (pn_phantom_size)i;
            return true;
        }
    }
    return false;
}

static int parse_args(phantom_args *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"seed", required_argument, NULL, 's'},
        {"count", required_argument, NULL, 'n'},  {"size", required_argument, NULL, 'z'},
        {"contour", required_argument, NULL, 'c'}, {"table", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    *a = (phantom_args){.seed = 1, .count = 1, .size = PN_PHANTOM_STANDARD, .rtstruct = true};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        switch (c) {
        case 'o': a->output = optarg; break;
        case 't': a->table = optarg; break;
        case 's':
            if (!whole_number(&a->seed, optarg)) { return wrong("--seed", optarg, "1 to 999999"); }
            break;
        case 'n':
            if (!whole_number(&a->count, optarg)) { return wrong("--count", optarg, "1 to 999999"); }
            break;
        case 'z':
            if (!size_word(&a->size, optarg)) {
                return wrong("--size", optarg, "small, standard or large");
            }
            break;
        case 'c':
            a->seg = strcmp(optarg, "seg") == 0 || strcmp(optarg, "both") == 0;
            a->rtstruct = strcmp(optarg, "rtstruct") == 0 || strcmp(optarg, "both") == 0;
            if (!a->seg && !a->rtstruct) { return wrong("--contour", optarg, "rtstruct, seg or both"); }
            break;
        case 'h': fputs(usage, stdout); return -1;
        default: return PN_EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "prognode phantom: unexpected argument \"%s\"\n", argv[optind]);
        return PN_EXIT_USAGE;
    }
    if (a->output == NULL) {
        fputs("prognode phantom: -o DIR is missing\n", stderr);
        return PN_EXIT_USAGE;
    }
    return 0;
}

static int add_table_row(pn_buf *table, const char *name, const pn_phantom *ph, pn_error *err)
{
    const pn_phantom_params *p = &ph->params;
    return pn_buf_printf(table, err, "%s,%" PRIu64 ",%zu,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n",
                         name, p->seed, ph->tumour_voxels, p->tumour_semiaxis_mm[0],
                         p->tumour_semiaxis_mm[1], p->tumour_semiaxis_mm[2], p->irregularity,
                         p->tumour_hu, p->heterogeneity_hu, p->correlation_mm, p->necrotic_fraction);
}

static int make_patient(const phantom_args *a, unsigned long seed, pn_buf *table, pn_error *err)
{
    char name[32], dir[PN_PATH_SIZE];
    snprintf(name, sizeof name, "PHANTOM-%03lu", seed);
    pn_phantom_params params;
    pn_phantom_draw(&params, seed, a->size);
    pn_phantom ph = {0};
    int rc = pn_path(dir, sizeof dir, err, "%s/%s", a->output, name);
    if (rc == PN_OK) { rc = pn_phantom_make(&ph, &params, err); }
    if (rc == PN_OK) { rc = pn_phantom_save(&ph, dir, seed, a->rtstruct, a->seg, err); }
    if (rc == PN_OK && a->table != NULL) { rc = add_table_row(table, name, &ph, err); }
    pn_phantom_free(&ph);
    return rc;
}

int cmd_phantom(int argc, char **argv)
{
    phantom_args a;
    int usage_code = parse_args(&a, argc, argv);
    if (usage_code != 0) { return usage_code < 0 ? PN_EXIT_OK : usage_code; }
    pn_error err = {0};
    pn_buf table = {0};
    int rc = pn_dicom_init(&err);
    if (rc == PN_OK && a.table != NULL) {
        rc = pn_buf_printf(&table, &err,
                           "case,seed,tumour_voxels,semiaxis_x_mm,semiaxis_y_mm,semiaxis_z_mm,"
                           "irregularity,tumour_hu,heterogeneity_hu,correlation_mm,necrotic_fraction\n");
    }
    const bool terminal = isatty(STDERR_FILENO) == 1;
    for (unsigned long i = 0; i < a.count && rc == PN_OK; i++) {
        if (terminal) { fprintf(stderr, "\rphantom %lu of %lu", i + 1, a.count); }
        rc = make_patient(&a, a.seed + i, &table, &err);
    }
    if (terminal) { fputc('\n', stderr); }
    if (rc == PN_OK && a.table != NULL) {
        rc = hold_and_write(a.table, table.p, table.n, &err);
    }
    pn_buf_free(&table);
    if (rc != PN_OK) {
        fprintf(stderr, "prognode phantom: %s\n", err.msg);
        return PN_EXIT_FAILED;
    }
    printf("%lu patient%s in %s\n", a.count, a.count == 1 ? "" : "s", a.output);
    return PN_EXIT_OK;
}

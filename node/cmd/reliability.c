/* cmd/reliability.c - `prognode reliability`: which features can be trusted?
 *
 * Repeated measurements come from tables (test and retest, two observers, two scanners: one table
 * each) or are made here, by measuring perturbed images of each case. Of every feature the output
 * tells the intraclass correlation with its confidence interval, whether the interval's lower end
 * reaches a threshold, and which of the reliable features say the same as another one. Exit codes:
 * 0 done, 1 failed, 2 wrong use, 3 some cases could not be measured. */
#include "cmd/reliability.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/cmd.h"
#include "cmd/option.h"

static const char usage[] =
    "usage: prognode reliability TABLE TABLE [TABLE...] [-o OUT.csv] [options]\n"
    "       prognode reliability --perturb PATH... [-o OUT.csv] [options]\n"
    "       prognode reliability --cases CASES.csv [-o OUT.csv] [options]\n"
    "\n"
    "Tell which features can be trusted: intraclass correlation (ICC) of repeated measurements\n"
    "with its confidence interval, and which features say the same.\n"
    "\n"
    "repeated measurements, from tables (of `prognode extract` or PyRadiomics)\n"
    "  TABLE ...             one table a repetition; rows meet by their identifier\n"
    "      --id NAMES        columns that identify a row, with commas between (default case,roi\n"
    "                        where the tables have them, else the first column)\n"
    "      --only PREFIXES   only columns that begin so (original_,wavelet-); default all that hold\n"
    "                        numbers, but those that begin with diagnostics_\n"
    "or made here, by measuring perturbed images\n"
    "      --perturb         PATH ... are DICOM files and folders, as `prognode extract` takes them\n"
    "      --cases FILE      the list of images and masks that `prognode extract --batch` takes\n"
    "  -r, --roi PATTERN     DICOM: only regions with such a name, `*` and `?`; may be repeated\n"
    "      --suv             PET from DICOM: standardised uptake values by body weight\n"
    "      --profile NAME    pyradiomics (default) or ibsi\n"
    "  -p, --params FILE     settings (YAML): a PyRadiomics parameter file, or one for the ibsi\n"
    "                        profile\n"
    "      --repetitions N   perturbed images a case, 2 to 1000 (default 10)\n"
    "      --rotate DEG      turned in the slice by up to DEG degrees (default 10; 0: not)\n"
    "      --shift S         moved by up to S voxels along each axis, 0 to 1 (default 0.5)\n"
    "      --noise F         noise added, as a multiple of the image's own (default 1; 0: none)\n"
    "      --volume V        region grown or shrunk by up to the share V, 0 to 0.9 (default 0.1)\n"
    "      --contour B       yes (default) or no: contour redrawn along supervoxels\n"
    "      --seed N          of the random numbers (default 1)\n"
    "verdict\n"
    "      --form N          1: repetitions in no order (default of perturbed images), 2: agreement\n"
    "                        of the same raters (default of tables), 3: their consistency\n"
    "      --mean            ICC of the mean of all repetitions, not of a single one\n"
    "      --level P         of the confidence interval (default 0.95)\n"
    "      --threshold T     reliable: lower end of the interval at least T (default 0.75)\n"
    "      --correlation R   redundant: |Spearman| with another reliable feature above R (default\n"
    "                        0.9; 1: none is)\n"
    "  -o, --output FILE     table with one row a feature (default: to stdout)\n"
    "      --keep FILE       names of the features that are reliable and not redundant\n"
    "  -q, --quiet           no progress and no summary\n"
    "  -h, --help            this text\n";

static const char verb[] = "reliability";

void rl_study_free(rl_study *s)
{
    for (size_t f = 0; s->feature != NULL && f < s->p; f++) { free(s->feature[f]); }
    free(s->feature);
    free(s->v);
    *s = (rl_study){0};
}

static bool names(char *out[RL_MAX_IDS], size_t *n_out, const char *option, const char *text)
{
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ",");
        if (n == 0 || *n_out == RL_MAX_IDS) {
            return opt_wrong(verb, option, text, "1 to 8 names with commas between");
        }
        if ((out[*n_out] = strndup(p, n)) == NULL) { return false; }
        ++*n_out;
        p += n;
        if (*p == '\0') { return true; }
    }
}

static bool yes_or_no(bool *out, const char *option, const char *text)
{
    *out = strcmp(text, "yes") == 0;
    return *out || strcmp(text, "no") == 0 || opt_wrong(verb, option, text, "yes or no");
}

enum { ID = 256, ONLY, CASES, PERTURB, SUV, PROFILE, REPETITIONS, ROTATE, SHIFT, NOISE, VOLUME, CONTOUR, SEED, FORM, MEAN, LEVEL,
       THRESHOLD, CORRELATION, KEEP };

static const struct option options[] = {
    {"id", required_argument, NULL, ID}, {"only", required_argument, NULL, ONLY},
    {"cases", required_argument, NULL, CASES}, {"perturb", no_argument, NULL, PERTURB},
    {"roi", required_argument, NULL, 'r'}, {"suv", no_argument, NULL, SUV},
    {"profile", required_argument, NULL, PROFILE}, {"params", required_argument, NULL, 'p'},
    {"repetitions", required_argument, NULL, REPETITIONS},
    {"rotate", required_argument, NULL, ROTATE}, {"shift", required_argument, NULL, SHIFT},
    {"noise", required_argument, NULL, NOISE}, {"volume", required_argument, NULL, VOLUME},
    {"contour", required_argument, NULL, CONTOUR}, {"seed", required_argument, NULL, SEED},
    {"form", required_argument, NULL, FORM}, {"mean", no_argument, NULL, MEAN},
    {"level", required_argument, NULL, LEVEL}, {"threshold", required_argument, NULL, THRESHOLD},
    {"correlation", required_argument, NULL, CORRELATION}, {"output", required_argument, NULL, 'o'},
    {"keep", required_argument, NULL, KEEP}, {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
};

/* False: said why. */
static bool take(rl_options *o, int option, const char *text)
{
    size_t n = 0;
    switch (option) {
    case ID: return names(o->ids, &o->n_ids, "id", text);
    case ONLY: return names(o->only, &o->n_only, "only", text);
    case CASES: o->cases = text; return true;
    case PERTURB: o->perturb = true; return true;
    case SUV: o->suv = true; return true;
    case 'r':
        if (o->n_rois == RL_MAX_IDS) { return opt_wrong(verb, "roi", text, "at most 8 patterns"); }
        return (o->rois[o->n_rois++] = strdup(text)) != NULL;
    case PROFILE:
        o->ibsi = strcmp(text, "ibsi") == 0;
        return o->ibsi || strcmp(text, "pyradiomics") == 0 || opt_wrong(verb, "profile", text, "pyradiomics or ibsi");
    case 'p': o->params = text; return true;
    case REPETITIONS: return opt_whole(&o->repetitions, verb, "repetitions", text, 2, RL_MAX_REPETITIONS);
    case ROTATE: return opt_number(&o->rotate, verb, "rotate", text, 0, 180);
    case SHIFT: return opt_number(&o->shift, verb, "shift", text, 0, 1);
    case NOISE: return opt_number(&o->noise, verb, "noise", text, 0, 1000);
    case VOLUME: return opt_number(&o->volume, verb, "volume", text, 0, 0.9);
    case CONTOUR: return yes_or_no(&o->contour, "contour", text);
    case SEED:
        if (!opt_whole(&n, verb, "seed", text, 0, 9007199254740992.0)) { return false; }
        o->seed = n;
        return true;
    case FORM:
        if (!opt_whole(&n, verb, "form", text, 1, 3)) { return false; }
        o->form = (int)n;
        return true;
    case MEAN: o->of_mean = true; return true;
    case LEVEL: return opt_number(&o->level, verb, "level", text, 0.5, 0.9999);
    case THRESHOLD: return opt_number(&o->threshold, verb, "threshold", text, -1, 1);
    case CORRELATION: return opt_number(&o->correlation, verb, "correlation", text, 0, 1);
    case 'o': o->output = text; return true;
    case KEEP: o->keep = text; return true;
    case 'q': o->quiet = true; return true;
    default: return false;                       /* getopt has said why */
    }
}

static bool perturbed(const rl_options *o) { return o->perturb || o->cases != NULL; }

static bool check(const rl_options *o)
{
    if (o->cases != NULL && (o->n_tables > 0 || o->perturb)) {
        fprintf(stderr, "prognode reliability: --cases stands alone, without tables, paths and --perturb\n");
        return false;
    }
    if (o->perturb && o->n_tables == 0) {
        fprintf(stderr, "prognode reliability: --perturb needs at least one DICOM file or folder\n");
        return false;
    }
    if (!perturbed(o) && (o->n_tables < 2 || o->n_tables > RL_MAX_TABLES)) {
        fprintf(stderr, "prognode reliability: %zu tables, expected 2 to %d; or --perturb or --cases\n", o->n_tables,
                RL_MAX_TABLES);
        return false;
    }
    if (!perturbed(o) && (o->params != NULL || o->ibsi || o->n_rois > 0 || o->suv)) {
        fprintf(stderr, "prognode reliability: --params, --profile, --roi and --suv go with --perturb and --cases; "
                "the tables are measured already\n");
        return false;
    }
    return true;
}

static sv_icc_form form_of(const rl_options *o)
{
    int form = o->form > 0 ? o->form : perturbed(o) ? 1 : 2;
    return (sv_icc_form)(form - 1 + (o->of_mean ? (int)SV_ICC_1_K : 0));
}

static void summarise(const rl_study *s, const rl_verdict *v, const rl_options *o, sv_icc_form form)
{
    size_t reliable = 0, redundant = 0;
    for (size_t f = 0; f < s->p; f++) {
        reliable += v[f].reliable;
        redundant += v[f].redundant;
    }
    fprintf(stderr, "%zu subjects, %zu repetitions, %s: %zu of %zu features are reliable (lower end of the "
            "%g %% interval at least %g)\n", s->n, s->k, sv_icc_form_name(form), reliable, s->p, 100 * o->level,
            o->threshold);
    fprintf(stderr, "%zu of them are redundant (|Spearman| above %g); %zu remain\n", redundant,
            o->correlation, reliable - redundant);
}

static int run(const rl_options *o, pn_error *err)
{
    rl_study s = {0};
    rl_verdict *v = NULL;
    sv_icc_form form = form_of(o);
    int rc = perturbed(o) ? rl_perturb(&s, o, err) : rl_read_tables(&s, o, err);
    size_t left_out = s.left_out;
    if (rc == PN_OK) { rc = rl_assess(&v, &s, form, o, err); }
    if (rc == PN_OK) { rc = rl_write(&s, v, form, o, err); }
    if (rc == PN_OK && !o->quiet) { summarise(&s, v, o, form); }
    free(v);
    rl_study_free(&s);
    if (rc != PN_OK) { return PN_EXIT_FAILED; }
    return left_out > 0 && perturbed(o) ? PN_EXIT_PARTIAL : PN_EXIT_OK;
}

int cmd_reliability(int argc, char **argv)
{
    rl_options o = {.repetitions = 10, .seed = 1, .rotate = 10, .shift = 0.5, .noise = 1, .volume = 0.1,
                    .contour = true, .level = 0.95, .threshold = 0.75, .correlation = 0.9};
    int code = -1;
    optind = 1;
    for (int c; code < 0 && (c = getopt_long(argc, argv, "p:r:o:qh", options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            code = PN_EXIT_OK;
        } else if (!take(&o, c, optarg)) {
            code = PN_EXIT_USAGE;
        }
    }
    o.tables = (const char *const *)(argv + optind);
    o.n_tables = (size_t)(argc - optind);
    if (code < 0 && !check(&o)) { code = PN_EXIT_USAGE; }
    if (code < 0) {
        pn_error err = {0};
        code = run(&o, &err);
        if (code == PN_EXIT_FAILED) { fprintf(stderr, "prognode reliability: %s\n", err.msg); }
    }
    for (size_t i = 0; i < o.n_ids; i++) { free(o.ids[i]); }
    for (size_t i = 0; i < o.n_only; i++) { free(o.only[i]); }
    for (size_t i = 0; i < o.n_rois; i++) { free(o.rois[i]); }
    return code;
}

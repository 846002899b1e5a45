/* cmd/simulate.c - `prognode simulate`: cohorts of artificial patients whose truth is known.
 *
 * Writes a folder a cohort with tables as the other verbs read them, gene sets, and what was planted. Exit codes: 0
 * done, 1 failed, 2 wrong use. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/hold.h"
#include "cmd/matrix_table.h"
#include "cmd/option.h"
#include "cmd/simulate_tables.h"

static const char usage[] =
    "usage: prognode simulate -o FOLDER [options]\n"
    "       prognode simulate -o FOLDER --preset paper [options]\n"
    "\n"
    "Make cohorts of artificial patients: expression of four subpopulations of tumour cells, image\n"
    "features, clinical variables and follow-up, with everything that acts on the hazard written down.\n"
    "For trying out and testing; the same seed gives the same bytes.\n"
    "\n"
    "      --preset paper        the five cohorts of Zhong et al. 2022 in size, stages, events and\n"
    "                            follow-up: genomic-development (200), genomic-test (559), radiogenomic\n"
    "                            (236), image-test-1 (543), image-test-2 (69, another centre)\n"
    "  -n, --patients N          without a preset, patients of the one cohort (default 236)\n"
    "      --events S            ... expected share of them with an event (default 0.335)\n"
    "      --follow-up M         ... expected mean follow-up in months (default 37.5)\n"
    "      --centre-shift S      ... features of another centre, shifted by about S standard deviations\n"
    "                            (default 0)\n"
    "      --cohort N            ... another number, other patients of the same population (default 1)\n"
    "      --features N          image features, at most 1781 (default 100)\n"
    "      --drivers N           features that act on the hazard (default 6)\n"
    "      --effect B            their log hazard ratio per standard deviation (default 0.35)\n"
    "      --link R              correlation of linked features with a subpopulation's share (default 0.6)\n"
    "      --genes N             genes, 3 in 100 of which mark each subpopulation; 0: no expression\n"
    "                            (default 2000)\n"
    "      --gene-noise S        standard deviation of log expression round the mixture (default 0.1)\n"
    "      --null                nothing acts on the hazard\n"
    "      --seed N              of the population (default 1)\n"
    "  -o, --output FOLDER       a folder a cohort, genesets.gmt and truth/ (made if it is not there)\n"
    "  -q, --quiet               no progress and no summary\n"
    "  -h, --help                this text\n";

static const char verb[] = "simulate";

enum { MAX_COHORTS = 5, MAX_EXPRESSION_PATIENTS = PN_MAX_CSV_COLUMNS - 1 };

typedef struct options {
    const char *output;
    bool paper, null, single, quiet;    /* single: an option of the one cohort was given */
    sv_sim_opts s;
    sim_cohort one;
} options;

enum { PRESET = 256, EVENTS, FOLLOW_UP, SHIFT, COHORT, FEATURES, DRIVERS, EFFECT, LINK, GENES, NOISE, NONE, SEED };

static const struct option long_options[] = {
    {"preset", required_argument, NULL, PRESET}, {"patients", required_argument, NULL, 'n'},
    {"events", required_argument, NULL, EVENTS}, {"follow-up", required_argument, NULL, FOLLOW_UP},
    {"centre-shift", required_argument, NULL, SHIFT}, {"cohort", required_argument, NULL, COHORT},
    {"features", required_argument, NULL, FEATURES}, {"drivers", required_argument, NULL, DRIVERS},
    {"effect", required_argument, NULL, EFFECT}, {"link", required_argument, NULL, LINK},
    {"genes", required_argument, NULL, GENES}, {"gene-noise", required_argument, NULL, NOISE},
    {"null", no_argument, NULL, NONE}, {"seed", required_argument, NULL, SEED},
    {"output", required_argument, NULL, 'o'}, {"quiet", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Options of the one cohort, which a preset does not have. */
static bool take_single(options *o, int option, const char *text)
{
    sv_sim_spec *c = &o->one.spec;
    size_t n;
    o->single = true;
    switch (option) {
    case 'n': return opt_whole(&c->n, verb, "patients", text, 2, 1e5);
    case EVENTS: return opt_number(&c->event_share, verb, "events", text, 0.01, 0.99);
    case FOLLOW_UP:
        /* As wide as it is by default. */
        if (!opt_number(&c->follow_up_mean, verb, "follow-up", text, 0.1, 1e4)) { return false; }
        c->follow_up_sd = 0.7 * c->follow_up_mean;
        return true;
    case SHIFT: return opt_number(&c->feature_shift, verb, "centre-shift", text, 0, 5);
    default:
        if (!opt_whole(&n, verb, "cohort", text, 1, 1e6)) { return false; }
        c->number = (uint32_t)n;
        return true;
    }
}

static bool take(options *o, int option, const char *text)
{
    size_t n;
    int preset;
    switch (option) {
    case 'n': case EVENTS: case FOLLOW_UP: case SHIFT: case COHORT: return take_single(o, option, text);
    case PRESET:
        o->paper = true;
        return opt_one_of(&preset, verb, "preset", text, "paper");
    case FEATURES: return opt_whole(&o->s.features, verb, "features", text, 0, SIM_MAX_FEATURES);
    case DRIVERS: return opt_whole(&o->s.drivers, verb, "drivers", text, 0, SIM_MAX_FEATURES);
    case EFFECT: return opt_number(&o->s.driver_log_hr, verb, "effect", text, -5, 5);
    case LINK: return opt_number(&o->s.link, verb, "link", text, 0, 0.95);
    case GENES:
        if (!opt_whole(&o->s.genes, verb, "genes", text, 0, SV_SIM_MAX_GENES)) { return false; }
        o->s.markers = o->s.genes * 3 / 100 > 5 ? o->s.genes * 3 / 100 : 5;
        return true;
    case NOISE: return opt_number(&o->s.gene_noise, verb, "gene-noise", text, 0, 3);
    case NONE: o->null = true; return true;
    case SEED:
        if (!opt_whole(&n, verb, "seed", text, 0, 9007199254740992.0)) { return false; }
        o->s.seed = n;
        return true;
    case 'o': o->output = text; return true;
    case 'q': o->quiet = true; return true;
    default: return false;                       /* getopt has said why */
    }
}

/* Table 1 of the paper; low grade is not in it. Of the genomic cohorts it has no CEA, of the second image cohort no
 * stage I. The arrays differ, and so does the second centre. */
static size_t paper_cohorts(sim_cohort *c)
{
    static const struct {
        const char *name, *prefix;
        size_t n, stage[4], events;
        double male, cea, mean, sd, feature_shift, gene_shift;
        bool expression, features;
    } paper[MAX_COHORTS] = {
        {"genomic-development", "GD", 200, {28, 70, 75, 27}, 55, 0.51, 0.5, 42.3, 30.1, 0, 0, true, false},
        {"genomic-test", "GT", 559, {32, 262, 202, 60}, 177, 308 / 559.0, 0.5, 48.7, 40.4, 0, 0.1, true, false},
        {"radiogenomic", "RG", 236, {22, 65, 64, 82}, 79, 135 / 236.0, 131 / 236.0, 37.5, 26.7, 0, 0.1, true, true},
        {"image-test-1", "T1", 543, {84, 188, 187, 79}, 188, 312 / 537.0, 226 / 543.0, 56.8, 35.2, 0, 0, false, true},
        {"image-test-2", "T2", 69, {0, 12, 41, 16}, 28, 30 / 69.0, 43 / 69.0, 16.5, 4.3, 0.3, 0, false, true}};
    for (size_t k = 0; k < MAX_COHORTS; k++) {
        double n = (double)paper[k].n, staged = 0;
        c[k] = (sim_cohort){.name = paper[k].name, .prefix = paper[k].prefix, .spec = SV_SIM_SPEC_INIT};
        sv_sim_spec *s = &c[k].spec;
        s->n = paper[k].n;
        s->number = 101 + (uint32_t)k;
        s->expression = paper[k].expression;
        s->features = paper[k].features;
        s->male = paper[k].male;
        s->cea = paper[k].cea;
        for (size_t q = 0; q < 4; q++) { staged += (double)paper[k].stage[q]; }
        for (size_t q = 0; q < 4; q++) { s->stage[q] = (double)paper[k].stage[q] / staged; }
        s->event_share = (double)paper[k].events / n;
        s->follow_up_mean = paper[k].mean;
        s->follow_up_sd = paper[k].sd;
        s->feature_shift = paper[k].feature_shift;
        s->gene_shift = paper[k].gene_shift;
    }
    return MAX_COHORTS;
}

static int from_sv(pn_error *err, const sv_error *e) { return pn_fail(err, PN_EINVAL, "%s", e->msg); }

static int make_cohort(const options *o, const sv_sim *sim, sim_cohort *c, pn_buf *story, pn_error *err)
{
    sv_sim_cohort drawn = {0};
    sv_error se = {0};
    c->spec.expression = c->spec.expression && sim->opts.genes > 0;
    c->spec.features = c->spec.features && sim->opts.features > 0;
    if (c->spec.expression && c->spec.n > MAX_EXPRESSION_PATIENTS) {
        return pn_fail(err, PN_ELIMIT, "%zu patients with expression, expected at most %d: a column each", c->spec.n,
                       MAX_EXPRESSION_PATIENTS);
    }
    int rc = PN_OK;
    if (sv_sim_calibrate(&c->follow, sim, &c->spec, &se) != SV_OK || sv_sim_draw(&drawn, sim, &c->spec, &c->follow, &se) != SV_OK) {
        rc = from_sv(err, &se);
    }
    if (rc == PN_OK) { rc = sim_write_cohort(o->output, sim, c, &drawn, err); }
    if (rc == PN_OK) { rc = sim_describe_cohort(story, c, &drawn, err); }
    if (rc == PN_OK && !o->quiet) {
        size_t events = 0;
        for (size_t i = 0; i < drawn.n; i++) { events += (size_t)drawn.event[i]; }
        fprintf(stderr, "%s: %zu patients, %zu events%s%s\n", c->name, drawn.n, events,
                c->spec.expression ? ", expression" : "", c->spec.features ? ", features" : "");
    }
    sv_sim_cohort_free(&drawn);
    return rc;
}

static int simulate(options *o, pn_error *err)
{
    sim_cohort cohort[MAX_COHORTS];
    size_t n = 1;
    sv_sim sim;
    sv_error se = {0};
    pn_buf story = {0};
    if (o->paper) { n = paper_cohorts(cohort); } else { cohort[0] = o->one; }
    if (o->null) {
        o->s.driver_log_hr = 0;
        memset(o->s.share_log_hr, 0, sizeof o->s.share_log_hr);
        memset(o->s.clinical_log_hr, 0, sizeof o->s.clinical_log_hr);
    }
    if (sv_sim_make(&sim, &o->s, &se) != SV_OK) { return from_sv(err, &se); }
    hold_signals();
    int rc = pn_mkdir_p(o->output, err);
    if (rc == PN_OK) { rc = sim_write_population(o->output, &sim, err); }
    for (size_t k = 0; k < n && rc == PN_OK; k++) { rc = make_cohort(o, &sim, &cohort[k], &story, err); }
    if (rc == PN_OK) { rc = sim_write_truth(o->output, &sim, &story, err); }
    release_signals();
    pn_buf_free(&story);
    sv_sim_free(&sim);
    return rc;
}

int cmd_simulate(int argc, char **argv)
{
    options o = {.s = SV_SIM_OPTS_INIT, .one = {.name = "cohort", .prefix = "P", .spec = SV_SIM_SPEC_INIT}};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:n:qh", long_options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return PN_EXIT_OK;
        }
        if (!take(&o, c, optarg)) { return PN_EXIT_USAGE; }
    }
    if (optind < argc || o.output == NULL) {
        if (optind < argc) {
            fprintf(stderr, "prognode simulate: unexpected argument \"%s\"\n", argv[optind]);
        } else {
            fputs("prognode simulate: -o FOLDER is missing\n", stderr);
        }
        return PN_EXIT_USAGE;
    }
    if (o.paper && o.single) {
        fputs("prognode simulate: --patients, --events, --follow-up, --centre-shift and --cohort are not for --preset\n", stderr);
        return PN_EXIT_USAGE;
    }
    pn_error err = {0};
    int rc = simulate(&o, &err);
    if (rc != PN_OK) { fprintf(stderr, "prognode simulate: %s\n", err.msg); }
    return rc == PN_OK ? PN_EXIT_OK : PN_EXIT_FAILED;
}

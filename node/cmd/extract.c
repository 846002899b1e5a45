/* prognode extract: features of DICOM folders, of images with masks, and of whole lists of them.
 *
 * Cases are measured by worker processes, kept in a journal as they end, and written in the order of
 * the input once all are done. What cannot be measured is told and does not stop the rest. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "cmd/cmd.h"
#include "cmd/extract_maps.h"
#include "cmd/extract_pool.h"
#include "cmd/extract_write.h"
#include "image/image.h"

static const char help[] =
    "usage: prognode extract PATH... [options]                 DICOM files and folders\n"
    "       prognode extract --image FILE --mask FILE [options]\n"
    "       prognode extract --batch FILE.csv [options]\n"
    "\n"
    "Radiomic features of regions: every RTSTRUCT and SEG region in DICOM folders; or the labels of a\n"
    "mask on an image (NIfTI, NRRD); or a list of both, with the columns Image and Mask, and where\n"
    "wanted Label, Label_channel, ROI and others, which are handed on. In a list, an Image may be a\n"
    "DICOM folder, and its Mask an RTSTRUCT, SEG, NIfTI or NRRD file. One row a region.\n"
    "\n"
    "  -o, --output FILE     default: to stdout, a CSV\n"
    "  -f, --format FORMAT   csv: PyRadiomics' columns; long: one row a value; json. Default: json\n"
    "                        for FILE.json, else csv\n"
    "      --profile NAME    pyradiomics (default): PyRadiomics 3.1's definitions; ibsi: those of IBSI\n"
    "  -p, --params FILE     settings (YAML): a PyRadiomics parameter file, or one for the ibsi\n"
    "                        profile; default: PyRadiomics' defaults, or IBSI's in 3D with 32 bins\n"
    "  -r, --roi PATTERN     DICOM: only regions with such a name, `*` and `?`; may be repeated\n"
    "  -l, --label N,M,...   masks: these labels, or `all`; default: what the settings say, else 1\n"
    "      --suv             PET from DICOM: standardised uptake values by body weight (g/ml)\n"
    "      --maps F,G,...    instead of one value a region, maps: the feature in a kernel around each\n"
    "                        voxel, as NIfTI files and, of DICOM images, Parametric Map objects; the\n"
    "                        table names the files. Names as original_glcm_Contrast, patterns, or `all`\n"
    "                        that the settings enable; their voxelSetting says which kernel\n"
    "      --maps-dir DIR    where to; default: maps\n"
    "  -j, --jobs N          measure N cases at a time; default 1. The output does not depend on it\n"
    "      --resume          go on where an interrupted run with the same -o stopped; cases whose\n"
    "                        files or settings changed, and those that failed, are measured again\n"
    "  -q, --quiet           no progress\n"
    "  -h, --help            this text\n"
    "\n"
    "exit: 0 all measured, 1 nothing measured, 2 wrong use, 3 some regions could not be measured\n";

/* ---- Progress -------------------------------------------------------------------------------- */

typedef struct progress {
    ex_store *store;
    bool shown;
    int64_t began_ms;
} progress;

static void show(const progress *p)
{
    enum { WIDTH = 30 };
    char bar[WIDTH + 1], left_text[48] = "";
    size_t done = p->store->n_done, all = p->store->n, now = done - p->store->n_kept;
    if (!p->shown) { return; }
    size_t full = all > 0 ? done * WIDTH / all : WIDTH;
    for (size_t i = 0; i < WIDTH; i++) { bar[i] = i < full ? '#' : '.'; }
    bar[WIDTH] = '\0';
    if (now > 0 && done < all) {
        double left = (double)(pn_mono_ms() - p->began_ms) / 1000 / (double)now * (double)(all - done);
        int whole = left < 359999 ? (int)(left + 0.5) : 359999;
        (void)snprintf(left_text, sizeof left_text, ", %d:%02d:%02d left", whole / 3600, whole / 60 % 60, whole % 60);
    }
    fprintf(stderr, "\r[%s] %zu of %zu cases%s \033[K%s", bar, done, all, left_text, done == all ? "\n" : "");
    fflush(stderr);
}

static int on_finished(void *user, size_t number, const char *line, size_t n, pn_error *err)
{
    progress *p = user;
    int rc = ex_store_add(p->store, number, line, n, err);
    show(p);
    return rc;
}

/* ---- All cases ------------------------------------------------------------------------------- */

static int make_keys(char (**keys)[PN_DIGEST_HEX_SIZE], const ex_cases *cases, const ex_setup *s, pn_error *err)
{
    *keys = calloc(cases->n > 0 ? cases->n : 1, sizeof **keys);
    int rc = *keys != NULL ? PN_OK : pn_fail_transient(err, PN_ENOMEM, "no memory for %zu cases", cases->n);
    for (size_t i = 0; rc == PN_OK && i < cases->n; i++) { rc = ex_case_key((*keys)[i], cases, i, s, err); }
    return rc;
}

/* `code` is the exit code. Where a signal came, the journal stays and the signal is taken as if
 * nobody had caught it. */
static int finish(int *code, ex_store *store, const ex_cases *cases, const ex_setup *s, int rc, int interrupted,
                  pn_error *err)
{
    ex_count count = {0};
    if (interrupted != 0) {
        fprintf(stderr, "\nprognode extract: stopped: %zu of %zu cases are done%s\n", store->n_done, store->n,
                s->output != NULL ? "; --resume goes on" : ", nothing is written");
        ex_store_close(store, false);
        (void)signal(interrupted, SIG_DFL);
        (void)raise(interrupted);
    }
    if (rc == PN_OK) { rc = ex_write(&count, store, cases, s, cases->batch, err); }
    if (rc == PN_OK && count.measured == 0) { rc = pn_fail(err, PN_EEMPTY, "nothing was measured"); }
    *code = count.failed > 0 ? PN_EXIT_PARTIAL : PN_EXIT_OK;
    bool keep = rc != PN_OK ? count.measured > 0 || count.failed == 0 : count.failed > 0;
    if (keep && store->path[0] != '\0' && store->n_done > 0) {
        fprintf(stderr, "prognode extract: %s is kept: --resume tries only what failed\n", store->path);
    }
    ex_store_close(store, !keep);
    return rc;
}

static int run(int *code, const ex_setup *s, pn_error *err)
{
    ex_cases cases = {0};
    ex_store store = {0};
    char (*keys)[PN_DIGEST_HEX_SIZE] = NULL;
    int interrupted = 0;
    int rc = ex_cases_find(&cases, s, err);
    if (rc == PN_OK) { rc = make_keys(&keys, &cases, s, err); }
    if (rc == PN_OK) { rc = ex_store_open(&store, s->output, s->resume, keys, cases.n, err); }
    if (rc == PN_OK) {
        progress p = {.store = &store, .shown = !s->quiet && isatty(STDERR_FILENO), .began_ms = pn_mono_ms()};
        if (store.n_kept > 0 && !s->quiet) {
            fprintf(stderr, "prognode extract: %zu of %zu cases were done before\n", store.n_kept, store.n);
        }
        rc = ex_pool_run(&cases, store.done, keys, s, on_finished, &p, &interrupted, err);
        rc = finish(code, &store, &cases, s, rc, interrupted, err);
    }
    free(keys);
    ex_cases_free(&cases);
    return rc;
}

/* ---- The command line ------------------------------------------------------------------------ */

static int wrong(const char *fmt, ...) PN_PRINTF(1, 2);

static int wrong(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("prognode extract: ", stderr);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return PN_EXIT_USAGE;
}

static int take_labels(ex_setup *s, const char *text)
{
    if (strcmp(text, "all") == 0) {
        s->all_labels = true;
        return PN_EXIT_OK;
    }
    for (const char *p = text; *p != '\0';) {
        char *end;
        errno = 0;
        unsigned long v = *p >= '0' && *p <= '9' ? strtoul(p, &end, 10) : 0;
        if (v < 1 || v > UINT32_MAX || errno != 0 || (*end != ',' && *end != '\0') || s->n_labels == EX_MAX_LABELS) {
            return wrong("--label %.60s: expected `all`, or up to 256 integers from 1 on with commas between", text);
        }
        s->labels[s->n_labels++] = (uint32_t)v;
        p = *end == ',' ? end + 1 : end;
    }
    return s->n_labels > 0 ? PN_EXIT_OK : wrong("--label is empty");
}

static int take_jobs(ex_setup *s, const char *text)
{
    char *end;
    unsigned long v = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    if (v < 1 || v > EX_MAX_JOBS || *end != '\0') { return wrong("--jobs %.60s: expected 1 to 256", text); }
    s->jobs = (unsigned)v;
    return PN_EXIT_OK;
}

static int take_maps(ex_setup *s, char *list)
{
    pn_error err = {0};
    return ex_map_patterns(s->maps, &s->n_maps, EX_MAX_MAPS, list, &err) == PN_OK ? PN_EXIT_OK : wrong("%s", err.msg);
}

/* The place of a word in a list that ends with NULL, or -1. */
static int word_of(const char *const *words, const char *text)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) { return i; }
    }
    return -1;
}

typedef struct asked { const char *params, *profile, *format; } asked;

enum { OPT_PROFILE = 256, OPT_IMAGE, OPT_MASK, OPT_BATCH, OPT_SUV, OPT_RESUME, OPT_MAPS, OPT_MAPS_DIR };

static int take_option(ex_setup *s, asked *a, int opt)
{
    switch (opt) {
    case 'o': s->output = optarg; break;
    case 'p': a->params = optarg; break;
    case 'f': a->format = optarg; break;
    case OPT_PROFILE: a->profile = optarg; break;
    case OPT_IMAGE: s->image = optarg; break;
    case OPT_MASK: s->mask = optarg; break;
    case OPT_BATCH: s->batch = optarg; break;
    case OPT_SUV: s->suv = true; break;
    case OPT_RESUME: s->resume = true; break;
    case OPT_MAPS: return take_maps(s, optarg);
    case OPT_MAPS_DIR: s->maps_folder = optarg; break;
    case 'q': s->quiet = true; break;
    case 'j': return take_jobs(s, optarg);
    case 'l': return take_labels(s, optarg);
    case 'r':
        if (s->n_patterns == EX_MAX_PATTERNS) { return wrong("more than 64 --roi patterns"); }
        s->patterns[s->n_patterns++] = optarg;
        break;
    case 'h': fputs(help, stdout); return -1;
    default: return PN_EXIT_USAGE;
    }
    return PN_EXIT_OK;
}

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcasecmp(path + n - m, end) == 0;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* As PyRadiomics takes them too: a list alone, or an image (here also a DICOM folder) and a mask. */
static void take_paths(ex_setup *s, char **paths, size_t n)
{
    if (n == 1 && ends_in(paths[0], ".csv") && s->batch == NULL && s->image == NULL) {
        s->batch = paths[0];
    } else if (n == 2 && pn_image_has_name(paths[1]) && (pn_image_has_name(paths[0]) || is_folder(paths[0])) &&
               s->image == NULL && s->mask == NULL) {
        s->image = paths[0];
        s->mask = paths[1];
    } else {
        s->paths = (const char *const *)paths;
        s->n_paths = n;
    }
}

static int check_inputs(const ex_setup *s)
{
    int kinds = (s->n_paths > 0) + (s->batch != NULL) + (s->image != NULL || s->mask != NULL);
    if (kinds == 0) { return wrong("expected at least one DICOM file or folder, --image with --mask, or --batch"); }
    if (kinds > 1) { return wrong("paths, --image with --mask, and --batch exclude each other"); }
    if ((s->image == NULL) != (s->mask == NULL)) { return wrong("--image and --mask go together"); }
    if (s->n_paths > 0 && (s->n_labels > 0 || s->all_labels)) {
        return wrong("--label is for masks; of DICOM regions --roi chooses");
    }
    for (size_t i = 0; i < s->n_paths; i++) {
        if (pn_image_has_name(s->paths[i])) {
            return wrong("%.200s: an image needs its mask: --image FILE --mask FILE", s->paths[i]);
        }
    }
    if (s->resume && s->output == NULL) { return wrong("--resume needs the -o of the run that was interrupted"); }
    return PN_EXIT_OK;
}

static int take_words(ex_setup *s, const asked *a)
{
    static const char *const profiles[] = {"pyradiomics", "ibsi", NULL}, *const formats[] = {"csv", "long", "json", NULL};
    int profile = word_of(profiles, a->profile);
    int format = a->format != NULL ? word_of(formats, a->format)
                                   : s->output != NULL && ends_in(s->output, ".json") ? EX_JSON : EX_CSV;
    if (profile < 0) { return wrong("--profile %.60s: expected pyradiomics or ibsi", a->profile); }
    if (format < 0) { return wrong("--format %.60s: expected csv, long or json", a->format); }
    if (profile == EX_IBSI && s->n_maps > 0) { return wrong("--maps are of the pyradiomics profile"); }
    s->profile = (ex_profile)profile;
    s->format = (ex_format)format;
    return PN_EXIT_OK;
}

/* ---- Settings -------------------------------------------------------------------------------- */

/* On one line, and for what a model file can say too as the model says it. */
static char *pyradiomics_text(const rx_pyradiomics *s)
{
    size_t size = cfg_pyradiomics_text(NULL, 0, s) + 1;
    char *text = malloc(size);
    if (text != NULL) { (void)cfg_pyradiomics_text(text, size, s); }
    return text;
}

/* What is done to the images first belongs to the settings; so do the maps' names. */
static int add_prepare(ex_setup *s, const char *params, pn_error *err)
{
    cfg_error why = {0};
    char text[CFG_PREPARE_TEXT_SIZE];
    rx_prepare_default(&s->prepare);
    if (params != NULL && cfg_prepare_load(&s->prepare, params, &why) != CFG_OK) {
        return pn_fail(err, PN_ECONFIG, "%s", why.msg);
    }
    cfg_prepare_text(text, sizeof text, &s->prepare);
    if (text[0] == '\0' || s->settings_text == NULL) { return PN_OK; }
    size_t n = strlen(s->settings_text), more = strlen(text);
    char *both = realloc(s->settings_text, n + more + 2);
    if (both == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the settings"); }
    both[n] = ' ';
    memcpy(both + n + 1, text, more + 1);
    s->settings_text = both;
    return PN_OK;
}

static void digest_maps(pn_sha256 *h, const ex_setup *s)
{
    const cfg_pyradiomics *c = &s->pyradiomics;
    char text[96];
    if (s->n_maps == 0) { return; }
    int n = snprintf(text, sizeof text, "\nmaps %u %d %.17g", c->kernel_radius, c->masked_kernel, c->init_value);
    pn_sha256_update(h, text, (size_t)n);
    for (size_t i = 0; i < s->n_maps; i++) { pn_sha256_update(h, s->maps[i], strlen(s->maps[i]) + 1); }
}

static int load_settings(ex_setup *s, const char *params, pn_error *err)
{
    cfg_error why = {0};
    uint8_t digest[PN_SHA256_SIZE];
    pn_sha256 h;
    cfg_pyradiomics_default(&s->pyradiomics);
    cfg_ibsi_default(&s->ibsi);
    if (params != NULL && (s->profile == EX_IBSI ? cfg_ibsi_load(&s->ibsi, params, &why)
                                                 : cfg_pyradiomics_load(&s->pyradiomics, params, &why)) != CFG_OK) {
        return pn_fail(err, PN_ECONFIG, "%s", why.msg);
    }
    if (s->profile == EX_IBSI) {
        s->settings_text = malloc(CFG_IBSI_TEXT_SIZE);
        if (s->settings_text != NULL) { cfg_ibsi_text(s->settings_text, CFG_IBSI_TEXT_SIZE, &s->ibsi); }
    } else {
        s->settings_text = pyradiomics_text(&s->pyradiomics.settings);
    }
    if (s->settings_text == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the settings"); }
    int rc = add_prepare(s, params, err);
    if (rc == PN_OK) { rc = pn_sha256_init(&h, err); }
    if (rc != PN_OK) { return rc; }
    const char *profile = s->profile == EX_IBSI ? "ibsi\n" : "pyradiomics-3.1\n";
    pn_sha256_update(&h, profile, strlen(profile));
    pn_sha256_update(&h, s->settings_text, strlen(s->settings_text));
    digest_maps(&h, s);
    pn_sha256_final(&h, digest);
    pn_hex(s->digest, digest, sizeof digest);
    return PN_OK;
}

static int parse(ex_setup *s, asked *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},  {"params", required_argument, NULL, 'p'},
        {"format", required_argument, NULL, 'f'},  {"profile", required_argument, NULL, OPT_PROFILE},
        {"roi", required_argument, NULL, 'r'},     {"label", required_argument, NULL, 'l'},
        {"jobs", required_argument, NULL, 'j'},    {"image", required_argument, NULL, OPT_IMAGE},
        {"mask", required_argument, NULL, OPT_MASK}, {"batch", required_argument, NULL, OPT_BATCH},
        {"suv", no_argument, NULL, OPT_SUV},       {"resume", no_argument, NULL, OPT_RESUME},
        {"maps", required_argument, NULL, OPT_MAPS}, {"maps-dir", required_argument, NULL, OPT_MAPS_DIR},
        {"quiet", no_argument, NULL, 'q'},         {"help", no_argument, NULL, 'h'}, {0}};
    int opt, rc = PN_EXIT_OK;
    while (rc == PN_EXIT_OK && (opt = getopt_long(argc, argv, "o:p:f:r:l:j:qh", options, NULL)) != -1) {
        rc = take_option(s, a, opt);
    }
    if (rc != PN_EXIT_OK) { return rc; }
    take_paths(s, argv + optind, (size_t)(argc - optind));
    rc = check_inputs(s);
    return rc == PN_EXIT_OK ? take_words(s, a) : rc;
}

int cmd_extract(int argc, char **argv)
{
    ex_setup s = {.jobs = 1, .maps_folder = "maps"};
    asked a = {.profile = "pyradiomics"};
    pn_error err = {0};
    int code = parse(&s, &a, argc, argv);
    if (code != PN_EXIT_OK) { return code < 0 ? PN_EXIT_OK : code; }
    int rc = load_settings(&s, a.params, &err);
    if (rc == PN_OK) { rc = run(&code, &s, &err); }
    free(s.settings_text);
    if (rc == PN_OK) { return code; }
    fprintf(stderr, "prognode extract: %s\n", err.msg);
    return rc == PN_ECONFIG ? PN_EXIT_USAGE : PN_EXIT_FAILED;
}

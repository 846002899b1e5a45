/* prognode extract: features of DICOM folders as a table or JSON.
 *
 * Every contour object under the given paths is measured on its own images, by the same
 * functions that the node runs. One row a region; what cannot be measured is told on stderr and
 * does not stop the rest. */
#include <cjson/cJSON.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/extraction.h>
#include "base/csv.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "dicom/folder.h"
#include "dicom/runtime.h"
#include "pipeline/collect.h"
#include "pipeline/measure.h"
#include "pipeline/select.h"

static const char help[] =
    "usage: prognode extract PATH... [-o FILE] [options]\n"
    "\n"
    "Measure every contoured region (RTSTRUCT or SEG) in DICOM folders. One row a region.\n"
    "\n"
    "  -o, --output FILE     .csv (default: to stdout) or .json\n"
    "  -p, --params FILE     PyRadiomics parameter file (YAML); default: PyRadiomics' defaults\n"
    "  -r, --roi PATTERN     only regions with such a name, `*` and `?`; may be given repeatedly\n"
    "  -q, --quiet           no progress\n"
    "  -h, --help            this text\n"
    "\n"
    "exit: 0 all measured, 1 nothing measured, 2 wrong use, 3 some regions could not be measured\n";

enum { MAX_PATTERNS = 64 };

typedef struct extraction {
    const char *output;
    char *patterns[MAX_PATTERNS];
    size_t n_patterns;
    bool quiet;
    rx_settings settings;
    char settings_text[CFG_EXTRACTION_TEXT_SIZE];
    pn_buf csv;
    cJSON *json;
    size_t measured, failed;
} extraction;

/* ---- One region ------------------------------------------------------------------------------ */

static const char *const leading[] = {
    "case", "roi", "image_series", "contour_sop",
    "diagnostics_Versions_prognode", "diagnostics_Configuration_Settings",
    "diagnostics_Image-original_Spacing", "diagnostics_Image-original_Size",
    "diagnostics_Mask-original_BoundingBox", "diagnostics_Mask-original_VoxelNum",
    "diagnostics_Mask-original_VolumeNum", "diagnostics_Note",
};
enum { N_LEADING = sizeof leading / sizeof leading[0] };

static void fill_leading(char cells[N_LEADING][512], const extraction *x, const pn_measurement *m,
                         const pn_region *r, bool by_series)
{
    const rx_grid *g = &m->volume.image.grid;
    const rx_diagnostics *d = &r->diagnostics;
    const pn_study *s = &m->volume.study;
    int i = 0;
    (void)snprintf(cells[i++], 512, "%s", s->patient_id);
    (void)snprintf(cells[i++], 512, "%s", r->roi.name);
    (void)snprintf(cells[i++], 512, "%s", s->series_uid);
    (void)snprintf(cells[i++], 512, "%s", m->contour.sop_uid);
    (void)snprintf(cells[i++], 512, "%s", PN_VERSION);
    (void)snprintf(cells[i++], 512, "%s", x->settings_text);
    (void)snprintf(cells[i++], 512, "(%.10g, %.10g, %.10g)", g->spacing_mm[0], g->spacing_mm[1],
                   g->spacing_mm[2]);
    (void)snprintf(cells[i++], 512, "(%zu, %zu, %zu)", g->dim[0], g->dim[1], g->dim[2]);
    (void)snprintf(cells[i++], 512, "(%zu, %zu, %zu, %zu, %zu, %zu)", d->box_min[0], d->box_min[1],
                   d->box_min[2], d->box_max[0] - d->box_min[0] + 1,
                   d->box_max[1] - d->box_min[1] + 1, d->box_max[2] - d->box_min[2] + 1);
    (void)snprintf(cells[i++], 512, "%zu", d->roi_voxels);
    (void)snprintf(cells[i++], 512, "%u", d->roi_components);
    (void)snprintf(cells[i++], 512, "%s%s%s", r->note, r->note[0] != '\0' && by_series ? "; " : "",
                   by_series ? "images matched by series" : "");
}

static int put_header(extraction *x, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < N_LEADING; i++) {
        rc = pn_csv_put(&x->csv, i == 0, leading[i], err);
    }
    for (size_t f = 0; rc == PN_OK && f < RX_NFEATURES; f++) {
        if (x->settings.enabled[f]) { rc = pn_csv_put(&x->csv, false, rx_features()[f].full_name, err); }
    }
    return rc == PN_OK ? pn_csv_end_row(&x->csv, err) : rc;
}

static int put_csv(extraction *x, char cells[N_LEADING][512], const pn_region *r, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < N_LEADING; i++) {
        rc = pn_csv_put(&x->csv, i == 0, cells[i], err);
    }
    for (size_t f = 0; rc == PN_OK && f < RX_NFEATURES; f++) {
        if (x->settings.enabled[f]) { rc = pn_csv_put_number(&x->csv, false, r->values[f].v, err); }
    }
    return rc == PN_OK ? pn_csv_end_row(&x->csv, err) : rc;
}

static int put_json(extraction *x, char cells[N_LEADING][512], const pn_region *r, pn_error *err)
{
    cJSON *row = cJSON_CreateObject();
    for (size_t i = 0; i < N_LEADING; i++) { (void)cJSON_AddStringToObject(row, leading[i], cells[i]); }
    for (size_t f = 0; f < RX_NFEATURES; f++) {
        if (!x->settings.enabled[f]) { continue; }
        const char *name = rx_features()[f].full_name;
        if (isnan(r->values[f].v)) {
            (void)cJSON_AddNullToObject(row, name);
        } else {
            (void)cJSON_AddNumberToObject(row, name, r->values[f].v);
        }
    }
    if (row == NULL || !cJSON_AddItemToArray(x->json, row)) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for a row");
    }
    return PN_OK;
}

static int put_region(extraction *x, const pn_measurement *m, const pn_region *r, bool by_series,
                      pn_error *err)
{
    char cells[N_LEADING][512];
    fill_leading(cells, x, m, r, by_series);
    x->measured++;
    return x->json != NULL ? put_json(x, cells, r, err) : put_csv(x, cells, r, err);
}

/* ---- One contour object ---------------------------------------------------------------------- */

static void complain(extraction *x, const char *path, const char *roi, const pn_error *why)
{
    x->failed++;
    fprintf(stderr, "prognode extract: %s%s%s: %s: %s\n", path, roi[0] != '\0' ? ", region " : "", roi,
            pn_code_word(why->code), why->msg);
}

/* Trouble with one contour object is told and counted; only what stops everything is returned. */
static int measure_entry(extraction *x, const pn_folder *folder, const pn_folder_entry *entry,
                         pn_error *err)
{
    static char any[] = "*";
    char *every[] = {any};
    int *rois = NULL;
    size_t n_rois = 0;
    int rc = pn_select_regions(&rois, &n_rois, &entry->header, x->n_patterns > 0 ? x->patterns : every,
                               x->n_patterns > 0 ? x->n_patterns : 1, NULL, 0, err);
    if (rc != PN_OK || n_rois == 0) {
        free(rois);
        return rc;
    }
    pn_collected images = {0};
    pn_measurement m = {0};
    pn_error why = {0};
    if (pn_collect_images(&images, folder, &entry->header, rois, n_rois, &why) != PN_OK ||
        pn_measure(&m, entry->path, images.paths, images.n, rois, n_rois, &x->settings, &why) != PN_OK) {
        complain(x, entry->path, "", &why);
    }
    for (size_t i = 0; rc == PN_OK && i < m.n_regions; i++) {
        if (m.regions[i].failure.code != PN_OK) {
            complain(x, entry->path, m.regions[i].roi.name, &m.regions[i].failure);
        } else {
            rc = put_region(x, &m, &m.regions[i], images.by_series, err);
        }
    }
    pn_measurement_free(&m);
    pn_collected_free(&images);
    free(rois);
    return rc;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static bool is_contour(const pn_header *h)
{
    return h->kind == PN_KIND_RTSTRUCT || h->kind == PN_KIND_SEG;
}

static void show_progress(const extraction *x, size_t done, size_t all, int64_t began_ms)
{
    if (x->quiet || !isatty(STDERR_FILENO)) { return; }
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    size_t full = all > 0 ? done * WIDTH / all : WIDTH;
    for (size_t i = 0; i < WIDTH; i++) { bar[i] = i < full ? '#' : '.'; }
    bar[WIDTH] = '\0';
    double elapsed = (double)(pn_mono_ms() - began_ms) / 1000;
    double left = done > 0 ? elapsed / (double)done * (double)(all - done) : 0;
    fprintf(stderr, "\r[%s] %zu of %zu contour objects, %.0f s left \033[K%s", bar, done, all, left,
            done == all ? "\n" : "");
}

static int measure_folder(extraction *x, const pn_folder *folder, pn_error *err)
{
    size_t all = 0, done = 0;
    for (size_t i = 0; i < folder->n; i++) { all += is_contour(&folder->entries[i].header); }
    int64_t began = pn_mono_ms();
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < folder->n; i++) {
        if (!is_contour(&folder->entries[i].header)) { continue; }
        show_progress(x, done++, all, began);
        rc = measure_entry(x, folder, &folder->entries[i], err);
    }
    if (all > 0) { show_progress(x, all, all, began); }
    if (rc == PN_OK && all == 0) {
        rc = pn_fail(err, PN_ENOTFOUND, "no RTSTRUCT or SEG among %zu DICOM files (%zu other files)",
                     folder->n, folder->n_not_dicom);
    }
    return rc;
}

static int write_output(extraction *x, pn_error *err)
{
    char *text = x->json != NULL ? cJSON_Print(x->json) : x->csv.p;
    size_t n = x->json != NULL && text != NULL ? strlen(text) : x->csv.n;
    if (text == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the output"); }
    int rc = x->output != NULL ? pn_write_file(x->output, text, n, false, err)
                               : pn_write_all(STDOUT_FILENO, text, n, "stdout", err);
    if (x->json != NULL) { cJSON_free(text); }
    return rc;
}

static void on_file(void *user, const char *path, const pn_error *problem)
{
    (void)user;
    if (problem != NULL) {
        fprintf(stderr, "prognode extract: %s: passed over: %s\n", path, problem->msg);
    }
}

static int run(extraction *x, const char *const *paths, size_t n, pn_error *err)
{
    pn_folder folder = {0};
    int rc = pn_dicom_init(err);
    if (rc == PN_OK) { rc = pn_folder_scan(&folder, paths, n, on_file, NULL, err); }
    if (rc == PN_OK && x->json == NULL) { rc = put_header(x, err); }
    if (rc == PN_OK) { rc = measure_folder(x, &folder, err); }
    if (rc == PN_OK && x->measured > 0) { rc = write_output(x, err); }
    pn_folder_free(&folder);
    return rc;
}

static int parse(extraction *x, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"params", required_argument, NULL, 'p'},
        {"roi", required_argument, NULL, 'r'},    {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},         {0}};
    int opt;
    while ((opt = getopt_long(argc, argv, "o:p:r:qh", options, NULL)) != -1) {
        cfg_error cfg_err = {0};
        switch (opt) {
        case 'o': x->output = optarg; break;
        case 'p':
            if (cfg_extraction_load(&x->settings, optarg, &cfg_err) != CFG_OK) {
                fprintf(stderr, "prognode extract: %s\n", cfg_err.msg);
                return PN_EXIT_USAGE;
            }
            break;
        case 'r':
            if (x->n_patterns == MAX_PATTERNS) {
                fprintf(stderr, "prognode extract: more than %d --roi patterns\n", MAX_PATTERNS);
                return PN_EXIT_USAGE;
            }
            x->patterns[x->n_patterns++] = optarg;
            break;
        case 'q': x->quiet = true; break;
        case 'h': fputs(help, stdout); return -1;
        default: return PN_EXIT_USAGE;
        }
    }
    if (optind == argc) {
        fputs("prognode extract: expected at least one file or folder\n", stderr);
        return PN_EXIT_USAGE;
    }
    return PN_EXIT_OK;
}

int cmd_extract(int argc, char **argv)
{
    extraction x = {0};
    rx_settings_default(&x.settings);
    int used = parse(&x, argc, argv);
    if (used != PN_EXIT_OK) { return used < 0 ? PN_EXIT_OK : used; }
    cfg_extraction_text(x.settings_text, sizeof x.settings_text, &x.settings);
    const char *dot = x.output != NULL ? strrchr(x.output, '.') : NULL;
    if (dot != NULL && strcmp(dot, ".json") == 0) { x.json = cJSON_CreateArray(); }

    pn_error err = {0};
    int rc = run(&x, (const char *const *)(argv + optind), (size_t)(argc - optind), &err);
    pn_buf_free(&x.csv);
    cJSON_Delete(x.json);
    if (rc != PN_OK) {
        fprintf(stderr, "prognode extract: %s\n", err.msg);
        return PN_EXIT_FAILED;
    }
    if (x.measured == 0) {
        fprintf(stderr, "prognode extract: nothing was measured\n");
        return PN_EXIT_FAILED;
    }
    return x.failed > 0 ? PN_EXIT_PARTIAL : PN_EXIT_OK;
}

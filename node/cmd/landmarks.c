/* prognode landmarks: learn, from images of one kind, where the landmarks of their histograms lie.
 *
 * Inputs are NIfTI or NRRD files and DICOM folders with one series each; the output is a landmark file
 * for `prepare: {normalise: {method: histogram}}`. An image that cannot be read stops the rest: a
 * standard that silently lacks images would be another standard. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <config/prepare.h>
#include "cmd/cmd.h"
#include "dicom/folder.h"
#include "dicom/runtime.h"
#include "dicom/volume.h"
#include "image/image.h"
#include "pipeline/measure.h"

static const char help[] =
    "usage: prognode landmarks IMAGE... -o FILE [options]\n"
    "\n"
    "Learn the landmarks of histogram matching (Nyul, Udupa and Zhang) from images of one kind: NIfTI or\n"
    "NRRD files, or DICOM folders with one series each.\n"
    "\n"
    "  -o, --output FILE     the landmark file (YAML)\n"
    "  -p, --params FILE     take the bias field and the noise off first as its prepare block says, and\n"
    "                        look at what its normalise says (of: image or foreground)\n"
    "  -s, --scale LOW,HIGH  where the first and the last landmark lie; default: 0,100\n"
    "  -h, --help            this text\n";

typedef struct learning {
    const char *output, *params;
    rx_prepare prepare;
    rx_landmarks landmarks;
} learning;

static int load_series(pn_volume *out, const char *path, pn_error *err)
{
    pn_folder folder = {0};
    int rc = pn_folder_scan(&folder, &path, 1, NULL, NULL, err);
    const char **paths = rc == PN_OK ? calloc(folder.n + 1, sizeof *paths) : NULL;
    const char *series = NULL;
    size_t n = 0;
    if (rc == PN_OK && paths == NULL) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu paths", folder.n); }
    for (size_t i = 0; rc == PN_OK && i < folder.n; i++) {
        const pn_header *h = &folder.entries[i].header;
        if (h->kind != PN_KIND_IMAGE) { continue; }
        if (series != NULL && strcmp(series, h->series_uid) != 0) {
            rc = pn_fail(err, PN_ENOTFOUND, "two image series are in the folder: %s and %s", series, h->series_uid);
        }
        series = h->series_uid;
        paths[n++] = folder.entries[i].path;
    }
    if (rc == PN_OK && n == 0) { rc = pn_fail(err, PN_ENOTFOUND, "no DICOM image in the folder"); }
    if (rc == PN_OK) { rc = pn_volume_load(out, paths, n, err); }
    free(paths);
    pn_folder_free(&folder);
    return rc;
}

/* The image as a volume of its own. */
static int load(rx_volume *out, const char *path, pn_error *err)
{
    struct stat st;
    pn_volume volume = {0};
    pn_image file = {0};
    rx_image view;
    rx_error rx = {0};
    void *owned = NULL;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    int rc = folder ? load_series(&volume, path, err) : pn_image_read(&file, path, 0, err);
    if (rc == PN_OK && !folder) { rc = pn_image_view(&view, &owned, &file, err); }
    if (rc == PN_OK && rx_volume_copy(out, folder ? &volume.image : &view, &rx) != RX_OK) {
        rc = (int)pn_error_from_rx(err, &rx);
    }
    free(owned);
    pn_image_free(&file);
    pn_volume_free(&volume);
    return rc;
}

/* What comes before the normalisation, then the image's own landmarks. */
static int learn_from(learning *l, rx_volume *v, rx_error *err)
{
    rx_region all = {0}, foreground = {0};
    int rc = rx_region_new(&all, &v->grid, err);
    if (rc == RX_OK) { rc = rx_prepare_apply(v, &all, &l->prepare, err); }
    if (rc == RX_OK && l->prepare.normalise_of == RX_OF_FOREGROUND) { rc = rx_foreground(&foreground, v, err); }
    if (rc == RX_OK) { rc = rx_landmarks_learn(&l->landmarks, v, foreground.voxels ? &foreground : NULL, err); }
    rx_region_free(&all);
    rx_region_free(&foreground);
    return rc;
}

static int learn(learning *l, char *const *paths, int n, pn_error *err)
{
    int rc = pn_dicom_init(err);
    for (int i = 0; rc == PN_OK && i < n; i++) {
        rx_volume v = {0};
        rx_error rx = {0};
        pn_error why = {0};
        rc = load(&v, paths[i], &why);
        if (rc == PN_OK && learn_from(l, &v, &rx) != RX_OK) { rc = (int)pn_error_from_rx(&why, &rx); }
        rx_volume_free(&v);
        if (rc != PN_OK) { rc = pn_fail(err, why.code, "%s: %s", paths[i], why.msg); }
    }
    return rc;
}

static int wrong(const char *what, const char *value)
{
    fprintf(stderr, "prognode landmarks: %s%s\n", what, value);
    return PN_EXIT_USAGE;
}

static int take_scale(learning *l, const char *text)
{
    char *end, *last;
    double low = strtod(text, &end), high = *end == ',' ? strtod(end + 1, &last) : low;
    if (*end != ',' || end == text || *last != '\0' || !(low < high)) {
        return wrong("--scale: expected two numbers that ascend, with a comma between, got ", text);
    }
    l->landmarks.standard[0] = low;
    l->landmarks.standard[l->landmarks.n - 1] = high;
    return PN_EXIT_OK;
}

/* Whatever else a parameter file says of intensities is done with the landmarks, not before. */
static int take_params(learning *l)
{
    cfg_error why = {0};
    if (l->params != NULL && cfg_prepare_load(&l->prepare, l->params, &why) != CFG_OK) { return wrong(why.msg, ""); }
    if (l->prepare.normalise_of == RX_OF_REGION) {
        return wrong("landmarks of a region (of: roi) need its contours; learn from image or foreground", "");
    }
    l->prepare.normalise = RX_NORMALISE_NONE;
    l->prepare.threshold = false;
    return PN_EXIT_OK;
}

static int parse(learning *l, int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"params", required_argument, NULL, 'p'},
                                            {"scale", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int opt;
    while ((opt = getopt_long(argc, argv, "o:p:s:h", options, NULL)) != -1) {
        switch (opt) {
        case 'o': l->output = optarg; break;
        case 'p': l->params = optarg; break;
        case 's': if (take_scale(l, optarg) != PN_EXIT_OK) { return PN_EXIT_USAGE; } break;
        case 'h': fputs(help, stdout); return -1;
        default: return PN_EXIT_USAGE;
        }
    }
    if (l->output == NULL) { return wrong("expected -o FILE", ""); }
    if (optind == argc) { return wrong("expected at least one image", ""); }
    return take_params(l);
}

int cmd_landmarks(int argc, char **argv)
{
    learning l = {0};
    pn_error err = {0};
    cfg_error why = {0};
    rx_prepare_default(&l.prepare);
    rx_landmarks_default(&l.landmarks);
    int used = parse(&l, argc, argv);
    if (used != PN_EXIT_OK) { return used < 0 ? PN_EXIT_OK : used; }
    if (learn(&l, argv + optind, argc - optind, &err) != PN_OK) {
        fprintf(stderr, "prognode landmarks: %s\n", err.msg);
        return PN_EXIT_FAILED;
    }
    if (cfg_landmarks_save(&l.landmarks, l.output, &why) != CFG_OK) {
        fprintf(stderr, "prognode landmarks: %s\n", why.msg);
        return PN_EXIT_FAILED;
    }
    return PN_EXIT_OK;
}

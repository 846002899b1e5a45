/* How long the objects of a report take: bench_objects MODEL FOLDER [TIMES]
 *
 * Reads a series with contours, measures it once, and writes all objects (SEG, SR in its forms,
 * picture, document) TIMES times, each into a folder of its own, durably. Prints milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "dicom/folder.h"
#include "dicom/runtime.h"
#include "pipeline/assess.h"
#include "pipeline/collect.h"
#include "pipeline/objects.h"
#include "pipeline/select.h"
#include "report/page.h"

static void stop_on(int rc, const pn_error *err)
{
    if (rc == PN_OK) { return; }
    fprintf(stderr, "bench_objects: %s\n", err->msg);
    exit(1);
}

static const pn_folder_entry *contour_of(const pn_folder *folder)
{
    for (size_t i = 0; i < folder->n; i++) {
        if (folder->entries[i].header.kind == PN_KIND_RTSTRUCT) { return &folder->entries[i]; }
    }
    fputs("bench_objects: no RTSTRUCT\n", stderr);
    exit(1);
}

static void measure(pn_measurement *m, const pn_folder *folder, const cfg_model *model, size_t *n_images)
{
    pn_error err = {0};
    pn_collected images = {0};
    int *rois = NULL;
    size_t n = 0;
    const pn_folder_entry *contour = contour_of(folder);
    stop_on(pn_select_regions(&rois, &n, &contour->header, model->contours, model->n_contours, NULL, 0, &err), &err);
    stop_on(pn_collect_images(&images, folder, &contour->header, rois, n, &err), &err);
    stop_on(pn_measure(m, contour->path, images.paths, images.n, rois, n, &model->extraction, &err), &err);
    *n_images = images.n;
    pn_collected_free(&images);
    free(rois);
}

static void write_once(const pn_measurement *m, const cfg_model *model, const pn_messages *words,
                       const char *root, int time)
{
    pn_error err = {0};
    pn_report report = {0};
    pn_outcome out = {0};
    char folder[PN_PATH_SIZE];
    const char *const digests[] = {"00"};
    const pn_assess_opts opts = {.content_datetime = "20260101120000", .version = 1, .comprehensive_3d = true,
                                 .contour_digest = "00", .image_digests = digests, .n_images = 1};
    const pn_objects_opts all = {.seg = true, .picture = true, .pdf = true, .words = words};
    stop_on(pn_assess(&report, m, model, &opts, &err), &err);
    stop_on(pn_path(folder, sizeof folder, &err, "%s/%d", root, time), &err);
    stop_on(pn_mkdir_p(folder, &err), &err);
    int64_t began = pn_mono_ms();
    stop_on(pn_objects_write(&out, &report, m, &all, folder, &err), &err);
    printf("%zu objects: %lld ms\n", out.n_objects, (long long)(pn_mono_ms() - began));
    pn_report_free(&report);
}

int main(int argc, char **argv)
{
    pn_error err = {0};
    cfg_error cfg_err = {0};
    cfg_model model = {0};
    pn_folder folder = {0};
    pn_measurement m = {0};
    pn_messages *words = NULL;
    size_t n_images = 0;
    char root[] = "/tmp/bench-objects-XXXXXX";
    if (argc < 3) { return fputs("usage: bench_objects MODEL FOLDER [TIMES]\n", stderr) < 0 ? 1 : 2; }
    if (cfg_model_load(&model, argv[1], &cfg_err) != CFG_OK) {
        fprintf(stderr, "bench_objects: %s\n", cfg_err.msg);
        return 1;
    }
    stop_on(pn_dicom_init(&err), &err);
    stop_on(pn_page_preload(&err), &err);
    stop_on(pn_messages_load(&words, "en", NULL, &err), &err);
    stop_on(pn_folder_scan(&folder, (const char *const *)&argv[2], 1, NULL, NULL, &err), &err);
    measure(&m, &folder, &model, &n_images);
    printf("%zu images\n", n_images);
    if (mkdtemp(root) == NULL) { return 1; }
    int times = argc > 3 ? atoi(argv[3]) : 5;
    for (int i = 0; i < times; i++) { write_once(&m, &model, words, root, i); }
    stop_on(pn_remove_tree(root, &err), &err);
    pn_messages_free(words);
    pn_measurement_free(&m);
    pn_folder_free(&folder);
    cfg_model_free(&model);
    return 0;
}

/* bench_page [FOLDER]: what the picture page costs for a CT of 200 slices of 512 x 512: choosing and
 * cutting out the key slices, the picture, the PDF, and loading the fonts before. Medians of nine,
 * wall clock and processor, in milliseconds. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "dicom/runtime.h"
#include "page_fixture.h"

enum { ROUNDS = 9 };

static double now_ms(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

typedef struct lap { double wall[ROUNDS], cpu[ROUNDS]; } lap;

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void show(const char *name, lap *l)
{
    qsort(l->wall, ROUNDS, sizeof l->wall[0], rising);
    qsort(l->cpu, ROUNDS, sizeof l->cpu[0], rising);
    printf("%-28s wall %7.1f ms   cpu %7.1f ms\n", name, l->wall[ROUNDS / 2], l->cpu[ROUNDS / 2]);
}

#define LAP(l, i, call)                                                                            \
    do {                                                                                           \
        double wall = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);             \
        call;                                                                                      \
        (l).cpu[i] = now_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;                                       \
        (l).wall[i] = now_ms(CLOCK_MONOTONIC) - wall;                                              \
    } while (0)

static void measure(void **state)
{
    const char *folder = *state;
    static const page_shape ct = {{512, 512, 200}, {0.8, 0.8, 1.5}, {40, 35, 50}, {0}};
    char path[PN_PATH_SIZE];
    const pn_page_form form = {"2.25.200", "2.25.201", NULL, NULL, 902};
    pn_error err = {0};
    lap preload, images, sc, pdf;
    CHECK_OK(pn_dicom_init(&err), err);
    for (int i = 0; i < ROUNDS; i++) { LAP(preload, i, CHECK_OK(pn_page_preload(&err), err)); }
    printf("fonts, first time: wall %.1f ms, cpu %.1f ms\n", preload.wall[0], preload.cpu[0]);
    page_case c;
    page_case_make(&c, &ct, true);
    page_case_curves(&c);
    page_case_features(&c);
    pn_messages *words = page_words("en");
    (void)snprintf(path, sizeof path, "%s/page.dcm", folder);
    for (int i = 0; i < ROUNDS; i++) {
        LAP(images, i, page_case_images(&c, true));
        LAP(sc, i, CHECK_OK(pn_report_write_sc(&c.report, &c.images, words, &form, path, &err), err));
        LAP(pdf, i, CHECK_OK(pn_report_write_pdf(&c.report, &c.images, words, &form, path, &err), err));
    }
    show("key slices, masks packed", &images);
    show("picture", &sc);
    show("PDF", &pdf);
    pn_messages_free(words);
    page_case_free(&c);
}

int main(int argc, char **argv)
{
    static char folder[] = "/tmp";
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(measure, argc > 1 ? argv[1] : folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

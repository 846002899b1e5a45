/* replay.c - runs a fuzz target over files and folders, without libFuzzer: the corpus as a test.
 *   fuzz_TARGET FILE|FOLDER...
 * Exit code: 0 all passed, 2 nothing to run; a broken promise or a sanitizer ends the process. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/file.h"
#include "fuzz.h"

enum { MAX_BYTES = 1 << 20 };

static int is_input(const struct dirent *d) { return d->d_name[0] != '.'; }

static size_t run_file(const char *path)
{
    char *bytes = NULL;
    size_t n = 0;
    pn_error err = {0};
    if (pn_read_file(&bytes, &n, path, MAX_BYTES, &err) != PN_OK) {
        (void)fprintf(stderr, "%s: %s\n", path, err.msg);
        exit(2);
    }
    (void)printf("%s\n", path);
    (void)fflush(stdout);               /* the last line names the culprit */
    /* A copy of exactly its size: what lies behind the input is out of bounds. */
    uint8_t *exact = malloc(n > 0 ? n : 1);
    fz_require(exact != NULL);
    for (size_t i = 0; i < n; i++) { exact[i] = (uint8_t)bytes[i]; }
    free(bytes);
    (void)LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 1;
}

static size_t run(const char *path)
{
    struct dirent **names = NULL;
    int n = scandir(path, &names, is_input, alphasort);
    if (n < 0) { return run_file(path); }
    size_t files = 0;
    for (int i = 0; i < n; i++) {
        char inside[4096];
        (void)snprintf(inside, sizeof inside, "%s/%s", path, names[i]->d_name);
        files += run_file(inside);
        free(names[i]);
    }
    free(names);
    return files;
}

int main(int argc, char **argv)
{
    size_t files = 0;
    (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) { files += run(argv[i]); }
    (void)printf("%zu inputs\n", files);
    return files > 0 ? 0 : 2;
}

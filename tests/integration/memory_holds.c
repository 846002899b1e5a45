/* memory_holds PID HEX...: 0 if the process's memory holds one of these byte strings, forwards or
 * backwards (big numbers lie in memory lowest byte first), 1 if none, 2 where it cannot be read.
 * The strings are kept apart from their reverse, so that this process does not find itself. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_BYTES = 256, MAX_AREA = 1 << 30 };

static size_t parse(uint8_t out[MAX_BYTES], const char *hex)
{
    size_t n = 0;
    unsigned byte;
    for (; n < MAX_BYTES && sscanf(hex, "%2x", &byte) == 1 && hex[1] != '\0'; hex += 2) {
        out[n++] = (uint8_t)byte;
    }
    return n;
}

static int found(const uint8_t *area, size_t n, const char *hex)
{
    uint8_t forwards[MAX_BYTES], backwards[MAX_BYTES];
    size_t length = parse(forwards, hex);
    for (size_t i = 0; i < length; i++) { backwards[length - 1 - i] = forwards[i]; }
    return length >= 16 && (memmem(area, n, forwards, length) || memmem(area, n, backwards, length));
}

int main(int argc, char **argv)
{
    char path[64], line[512];
    if (argc < 3) { return 2; }
    (void)snprintf(path, sizeof path, "/proc/%s/maps", argv[1]);
    FILE *maps = fopen(path, "r");
    (void)snprintf(path, sizeof path, "/proc/%s/mem", argv[1]);
    int mem = open(path, O_RDONLY | O_CLOEXEC);
    if (!maps || mem < 0) { return 2; }
    size_t n_read = 0;
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 || rights[0] != 'r') { continue; }
        size_t n = to - from;
        /* A sanitizer's shadow is terabytes of nothing. */
        uint8_t *area = n <= MAX_AREA ? malloc(n) : NULL;
        if (!area) { continue; }
        ssize_t got = pread(mem, area, n, (off_t)from);
        bool holds = false;
        for (int i = 2; got > 0 && i < argc; i++) { holds = holds || found(area, (size_t)got, argv[i]); }
        n_read += got > 0 ? (size_t)got : 0;
        free(area);
        if (holds) {
            printf("found in %s", line);
            (void)fclose(maps);
            return 0;
        }
    }
    (void)fclose(maps);
    return n_read > 100000 ? 1 : 2;
}

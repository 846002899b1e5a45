#include "fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/file.h"

void fz_broken(const char *file, int line, const char *promise)
{
    (void)fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}

unsigned fz_u8(fz_input *in)
{
    if (in->left == 0) { return 0; }
    in->left--;
    return *in->p++;
}

unsigned fz_u16(fz_input *in)
{
    unsigned low = fz_u8(in);
    return low | fz_u8(in) << 8;
}

double fz_double(fz_input *in)
{
    unsigned kind = fz_u8(in);
    if (kind < 128) { return (double)kind - 64; }
    if (kind < 192) { return ((double)fz_u16(in) - 32768) / 16; }
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++) { bits = bits << 8 | fz_u8(in); }
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

const char *fz_file(unsigned slot, const void *bytes, size_t n)
{
    static int fds[FZ_SLOTS] = { -1, -1, -1, -1 };
    static char paths[FZ_SLOTS][32];
    if (fds[slot] < 0) {
        fds[slot] = memfd_create("fuzz", MFD_CLOEXEC);
        fz_require(fds[slot] >= 0);
        (void)snprintf(paths[slot], sizeof paths[slot], "/proc/self/fd/%d", fds[slot]);
    }
    fz_require(ftruncate(fds[slot], 0) == 0);
    fz_require(pwrite(fds[slot], bytes, n, 0) == (ssize_t)n);
    return paths[slot];
}

static char folder[64];

static void remove_folder(void)
{
    pn_error err;
    if (pn_remove_tree(folder, &err) != PN_OK) { (void)fprintf(stderr, "%s\n", err.msg); }
}

const char *fz_folder(void)
{
    if (folder[0] == '\0') {
        (void)snprintf(folder, sizeof folder, "%s/prognode-fuzz-XXXXXX",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        fz_require(mkdtemp(folder) != NULL);
        fz_require(atexit(remove_folder) == 0);
    }
    return folder;
}

size_t fz_split_part10(size_t starts[], size_t room, const uint8_t *bytes, size_t n)
{
    enum { PREAMBLE = 128 };
    size_t count = 0;
    starts[count++] = 0;
    for (size_t at = PREAMBLE + 4; at + PREAMBLE + 4 <= n && count < room; at++) {
        if (memcmp(bytes + at + PREAMBLE, "DICM", 4) == 0) { starts[count++] = at; }
    }
    return count;
}

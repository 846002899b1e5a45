/* fuzz.h - what the fuzz targets share.
 *
 * A target is one file with libFuzzer's two functions, and so can be run in two ways: by libFuzzer
 * (campaign.sh, clang), and by replay.c over the committed corpus (CTest, any compiler). A target
 * looks for more than crashes: what a function promises is checked with fz_require. */
#ifndef PN_FUZZ_H
#define PN_FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Ends the process loudly, so that libFuzzer keeps the input. */
#define fz_require(condition) \
    do { if (!(condition)) { fz_broken(__FILE__, __LINE__, #condition); } } while (0)
_Noreturn void fz_broken(const char *file, int line, const char *promise);

/* ---- The input as a stream of values; zeros when it has ended ---- */
typedef struct fz_input { const uint8_t *p; size_t left; } fz_input;
unsigned fz_u8(fz_input *in);
unsigned fz_u16(fz_input *in);
/* Any double: also subnormal, infinite, NaN; half of them are small whole numbers. */
double fz_double(fz_input *in);

/* ---- The input as files ---- */
/* A memory file with these bytes; the path is valid until the next call with the same slot. */
enum { FZ_SLOTS = 4 };
const char *fz_file(unsigned slot, const void *bytes, size_t n);
/* A folder of this process in memory, removed at its end. */
const char *fz_folder(void);
/* Where Part 10 files begin that were written one after the other: up to `room` of them; the
 * first begins at 0. */
size_t fz_split_part10(size_t starts[], size_t room, const uint8_t *bytes, size_t n);

/* ---- The input as all that a peer ever sends (sockets.c) ---- */
/* fds[0]: ours; fds[1]: the peer, which has sent the bytes and then ended its side. */
void fz_peer(int fds[2], const void *bytes, size_t n);
/* The same for the next association that we request (requestor.c); hang up when it is over. */
void fz_answers(const void *bytes, size_t n);
void fz_hang_up(void);

/* ---- The volume that the mask targets draw on: the corpus' own images ---- */
struct pn_volume;
const struct pn_volume *fz_volume(void);
#endif

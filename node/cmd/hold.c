#include "cmd/hold.h"
#include <signal.h>
#include "base/file.h"

enum { SIGNALS = 3 };
static const int held[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
static struct sigaction before[SIGNALS];
static unsigned depth;
static volatile sig_atomic_t came;

static void note(int sig) { came = sig; }

void hold_signals(void)
{
    if (depth++ > 0) { return; }
    came = 0;
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction act = {.sa_handler = note, .sa_flags = SA_RESTART};
        (void)sigaction(held[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) { (void)sigaction(held[i], &act, NULL); }
    }
}

void release_signals(void)
{
    if (--depth > 0) { return; }
    for (size_t i = 0; i < SIGNALS; i++) { (void)sigaction(held[i], &before[i], NULL); }
    if (came != 0) { (void)raise(came); }
}

int hold_and_write(const char *path, const void *bytes, size_t n, pn_error *err)
{
    hold_signals();
    int rc = pn_write_file(path, bytes, n, false, err);
    release_signals();
    return rc;
}

/* A library for LD_PRELOAD that sets the time of day ahead, or back, by the milliseconds that the
 * file CLOCK_CONTROL holds (eight bytes), for all processes at once and from one call to the next.
 * Times of files move with it: they are the kernel's, and a program would else find its new files
 * old. Monotonic clocks, sleeps and time-outs stay as they are. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t *ahead_ms;

/* Found before any sandbox is entered, or earlier where a library's start asks. A union, because ISO C has no conversion from object
 * pointers. */
#define NEXT(result, name, ...)                                     \
    static union { void *object; result (*call)(__VA_ARGS__); } next_##name;
NEXT(int, clock_gettime, clockid_t, struct timespec *)
NEXT(int, stat, const char *, struct stat *)
NEXT(int, lstat, const char *, struct stat *)
NEXT(int, fstat, int, struct stat *)
NEXT(int, fstatat, int, const char *, struct stat *, int)
#define FIND(name) \
    do { \
        if (next_##name.object == NULL) { next_##name.object = dlsym(RTLD_NEXT, #name); } \
    } while (0)

__attribute__((constructor)) static void attach(void)
{
    FIND(clock_gettime);
    FIND(stat);
    FIND(lstat);
    FIND(fstat);
    FIND(fstatat);
    const char *path = getenv("CLOCK_CONTROL");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return; }
    void *p = mmap(NULL, sizeof *ahead_ms, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (p != MAP_FAILED) { ahead_ms = p; }
}

static void move(struct timespec *t)
{
    if (ahead_ms == NULL) { return; }
    int64_t ahead = __atomic_load_n(ahead_ms, __ATOMIC_RELAXED);
    t->tv_sec += ahead / 1000;
    t->tv_nsec += ahead % 1000 * 1000000;
    if (t->tv_nsec >= 1000000000) { t->tv_sec++; t->tv_nsec -= 1000000000; }
    if (t->tv_nsec < 0) { t->tv_sec--; t->tv_nsec += 1000000000; }
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    FIND(clock_gettime);
    int rc = next_clock_gettime.call(clock, out);
    if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) { move(out); }
    return rc;
}

time_t time(time_t *out)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    if (out != NULL) { *out = t.tv_sec; }
    return t.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    (void)zone;
    struct timespec t;
    int rc = clock_gettime(CLOCK_REALTIME, &t);
    out->tv_sec = t.tv_sec;
    out->tv_usec = t.tv_nsec / 1000;
    return rc;
}

static int moved(int rc, struct stat *s)
{
    if (rc == 0) {
        move(&s->st_mtim);
        move(&s->st_ctim);
        move(&s->st_atim);
    }
    return rc;
}

int stat(const char *restrict path, struct stat *restrict out)
{
    FIND(stat);
    return moved(next_stat.call(path, out), out);
}

int lstat(const char *restrict path, struct stat *restrict out)
{
    FIND(lstat);
    return moved(next_lstat.call(path, out), out);
}

int fstat(int fd, struct stat *out)
{
    FIND(fstat);
    return moved(next_fstat.call(fd, out), out);
}

int fstatat(int fd, const char *restrict path, struct stat *restrict out, int flags)
{
    FIND(fstatat);
    return moved(next_fstatat.call(fd, path, out, flags), out);
}

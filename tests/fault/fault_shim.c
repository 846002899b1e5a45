/* A library for LD_PRELOAD that lets the n-th call of chosen kinds fail, on files under one folder,
 * in the processes of one role; see fault_shim.h. FAULT_CONTROL names the control block's file,
 * which all processes share, so that n counts on through forks and restarts. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "fault_shim.h"

static fault_control *control;

/* The next definition in line. A union, because ISO C has no conversion from object pointers. */
#define REAL(result, name, ...)                                             \
    static result (*real)(__VA_ARGS__);                                     \
    if (real == NULL) {                                                     \
        union { void *object; result (*function)(__VA_ARGS__); } cast;      \
        cast.object = dlsym(RTLD_NEXT, name);                               \
        real = cast.function;                                               \
    }

__attribute__((constructor)) static void attach(void)
{
    const char *path = getenv("FAULT_CONTROL");
    REAL(int, "open", const char *, int, ...)
    int fd = path == NULL ? -1 : real(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) { return; }
    void *p = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (p != MAP_FAILED) { control = p; }
}

/* What a sandboxed process may not ask the kernel for is remembered: its name, and which of its
 * descriptors lie in the folder. */
enum { MOST_DESCRIPTORS = 4096 };
static char name[20];
static bool inside[MOST_DESCRIPTORS];

int prctl(int option, ...)
{
    REAL(int, "prctl", int, ...)
    va_list more;
    va_start(more, option);
    unsigned long a[4];
    for (int i = 0; i < 4; i++) { a[i] = va_arg(more, unsigned long); }
    va_end(more);
    if (option == PR_SET_NAME) {
        (void)snprintf(name, sizeof name, "%.16s", (const char *)(uintptr_t)a[0]);
    }
    return real(option, a[0], a[1], a[2], a[3]);
}

static bool in_role(void)
{
    return strncmp(name, "pn-", 3) == 0 &&
           (control->role[0] == '\0' || strcmp(name + 3, control->role) == 0);
}

static bool is_inside(int fd) { return fd >= 0 && fd < MOST_DESCRIPTORS && inside[fd]; }

static bool in_folder(int fd, const char *path)
{
    if (control == NULL) { return false; }
    if (path == NULL || path[0] != '/') { return is_inside(fd); }
    return strncmp(path, control->prefix, strlen(control->prefix)) == 0;
}

static int opened(int result, int fd, const char *path)
{
    if (result >= 0 && result < MOST_DESCRIPTORS) { inside[result] = in_folder(fd, path); }
    return result;
}

/* 0: do it. */
static int fault(unsigned op, int fd, const char *path)
{
    int saved = errno, error = 0;
    if (control != NULL && (control->ops & op) != 0 && in_role() && in_folder(fd, path)) {
        uint64_t n = __atomic_add_fetch(&control->n_calls, 1, __ATOMIC_RELAXED);
        uint64_t first = __atomic_load_n(&control->first, __ATOMIC_RELAXED);
        if (first != 0 && (n == first || (control->always != 0 && n > first))) {
            __atomic_add_fetch(&control->n_failed, 1, __ATOMIC_RELAXED);
            error = control->error;
        }
    }
    errno = saved;
    return error;
}

#define FAIL_IF(op, fd, path)                                               \
    do {                                                                    \
        int e_ = fault((op), (fd), (path));                                 \
        if (e_ == FAULT_LIE) { return 0; }                                  \
        if (e_ != 0) { errno = e_; return -1; }                             \
    } while (0)

/* ---- Writes ------------------------------------------------------------------------------- */

static int shorten(size_t *n, int fd)
{
    static unsigned turn;
    int e = fault(FAULT_WRITE, fd, NULL);
    if (e != FAULT_SHORT) { return e; }
    if (++turn % 3 == 0) { return EINTR; }
    if (*n > 1) { *n /= 2; }
    return 0;
}

ssize_t write(int fd, const void *p, size_t n)
{
    REAL(ssize_t, "write", int, const void *, size_t)
    int e = shorten(&n, fd);
    if (e != 0) { errno = e; return -1; }
    return real(fd, p, n);
}

static ssize_t write_at(const char *name, int fd, const void *p, size_t n, off_t at)
{
    REAL(ssize_t, name, int, const void *, size_t, off_t)
    int e = shorten(&n, fd);
    if (e != 0) { errno = e; return -1; }
    return real(fd, p, n, at);
}
ssize_t pwrite(int fd, const void *p, size_t n, off_t at) { return write_at("pwrite", fd, p, n, at); }
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) { return write_at("pwrite64", fd, p, n, at); }

ssize_t writev(int fd, const struct iovec *v, int n)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int)
    FAIL_IF(FAULT_WRITE, fd, NULL);
    return real(fd, v, n);
}

/* ---- Syncs, names ------------------------------------------------------------------------- */

int fsync(int fd)
{
    REAL(int, "fsync", int)
    FAIL_IF(FAULT_SYNC, fd, NULL);
    return real(fd);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int)
    FAIL_IF(FAULT_SYNC, fd, NULL);
    return real(fd);
}

/* The call that waits is a sync; the one that only sets the disk to work promises nothing. */
int sync_file_range(int fd, off64_t at, off64_t n, unsigned flags)
{
    REAL(int, "sync_file_range", int, off64_t, off64_t, unsigned)
    bool lies = control != NULL && control->error == FAULT_LIE;
    if ((flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0 || lies) { FAIL_IF(FAULT_SYNC, fd, NULL); }
    return real(fd, at, n, flags);
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *)
    FAIL_IF(FAULT_RENAME, AT_FDCWD, to);
    return real(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    REAL(int, "renameat", int, const char *, int, const char *)
    FAIL_IF(FAULT_RENAME, to_fd, to);
    return real(from_fd, from, to_fd, to);
}

int unlink(const char *path)
{
    REAL(int, "unlink", const char *)
    FAIL_IF(FAULT_UNLINK, AT_FDCWD, path);
    return real(path);
}

int unlinkat(int fd, const char *path, int flags)
{
    REAL(int, "unlinkat", int, const char *, int)
    FAIL_IF(FAULT_UNLINK, fd, path);
    return real(fd, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(int, "mkdir", const char *, mode_t)
    FAIL_IF(FAULT_MKDIR, AT_FDCWD, path);
    return real(path, mode);
}

int mkdirat(int fd, const char *path, mode_t mode)
{
    REAL(int, "mkdirat", int, const char *, mode_t)
    FAIL_IF(FAULT_MKDIR, fd, path);
    return real(fd, path, mode);
}

int ftruncate(int fd, off_t n)
{
    REAL(int, "ftruncate", int, off_t)
    FAIL_IF(FAULT_TRUNCATE, fd, NULL);
    return real(fd, n);
}

int ftruncate64(int fd, off64_t n)
{
    REAL(int, "ftruncate64", int, off64_t)
    FAIL_IF(FAULT_TRUNCATE, fd, NULL);
    return real(fd, n);
}

/* ---- Open, read, close -------------------------------------------------------------------- */

static mode_t mode_of(int flags, va_list more)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
}

#define DEFINE_OPEN(name)                                                   \
int name(const char *path, int flags, ...)                                  \
{                                                                           \
    REAL(int, #name, const char *, int, ...)                                \
    va_list more;                                                           \
    va_start(more, flags);                                                  \
    mode_t mode = mode_of(flags, more);                                     \
    va_end(more);                                                           \
    FAIL_IF(FAULT_OPEN, AT_FDCWD, path);                                    \
    return opened(real(path, flags, mode), AT_FDCWD, path);                                      \
}
#define DEFINE_OPENAT(name)                                                 \
int name(int fd, const char *path, int flags, ...)                          \
{                                                                           \
    REAL(int, #name, int, const char *, int, ...)                           \
    va_list more;                                                           \
    va_start(more, flags);                                                  \
    mode_t mode = mode_of(flags, more);                                     \
    va_end(more);                                                           \
    FAIL_IF(FAULT_OPEN, fd, path);                                          \
    return opened(real(fd, path, flags, mode), fd, path);                                  \
}
DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

ssize_t read(int fd, void *p, size_t n)
{
    REAL(ssize_t, "read", int, void *, size_t)
    FAIL_IF(FAULT_READ, fd, NULL);
    return real(fd, p, n);
}

static ssize_t read_at(const char *name, int fd, void *p, size_t n, off_t at)
{
    REAL(ssize_t, name, int, void *, size_t, off_t)
    FAIL_IF(FAULT_READ, fd, NULL);
    return real(fd, p, n, at);
}
ssize_t pread(int fd, void *p, size_t n, off_t at) { return read_at("pread", fd, p, n, at); }
ssize_t pread64(int fd, void *p, size_t n, off64_t at) { return read_at("pread64", fd, p, n, at); }

/* As Linux does it: the descriptor is gone all the same. */
int close(int fd)
{
    REAL(int, "close", int)
    int e = fault(FAULT_CLOSE, fd, NULL);
    int rc = real(fd);
    if (fd >= 0 && fd < MOST_DESCRIPTORS) { inside[fd] = false; }
    if (e != 0 && e != FAULT_LIE) { errno = e; return -1; }
    return rc;
}

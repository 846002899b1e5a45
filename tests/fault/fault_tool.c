/* fault_tool - what the fault campaigns need beside the node.
 *
 *   send PORT AE LOG FILE...   one association; appends the path of every file that was answered
 *                              0000 to LOG. 0: all were; 3: some were not
 *   status PORT FILE           one object; prints the status as four hex digits, or "none"
 *   check SPOOL LOG...         every file that LOG names lies in the spool with the same data set,
 *                              and everything under a final name is whole. 0: so it is
 *   look SPOOL LOG...          the same, but of the final names only those in incoming/
 *   pages FILE N               fill FILE until the file system refuses, then leave N pages free
 *   arm FILE ROLE OPS ERROR N once|always PREFIX
 *                              the control block for fault_shim.c: OPS as write+sync+rename+open+
 *                              close+unlink+truncate+mkdir+read; ERROR as EIO, ENOSPC, EDQUOT,
 *                              EROFS, EMFILE, LIE, SHORT; N 0: count only; ROLE "" is every role
 *   count FILE                 calls counted and calls failed
 *   clock FILE MS              the time of day for clock_shim.c: MS ahead
 *
 * The digests are computed here from the files themselves (PS3.10 7.1), not by the node's code
 * for writing them. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "dicom/runtime.h"
#include "dicom/scu.h"
#include "fault_shim.h"

enum { MOST_FILE = 64 << 20, META_START = 132, PAGE = 4096 };

/* ---- Sending ------------------------------------------------------------------------------ */

static pn_scu_peer peer_of(const char *port, const char *calling)
{
    return (pn_scu_peer){ .host = "127.0.0.1", .port = (uint16_t)strtoul(port, NULL, 10),
                          .called_ae = "PROGNODE", .calling_ae = calling,
                          .connect_timeout_s = 2, .dimse_timeout_s = 30 };
}

static int send_files(const char *port, const char *calling, const char *log, char **files, size_t n)
{
    pn_scu_result *results = calloc(n, sizeof *results);
    const char **paths = calloc(n, sizeof *paths);
    FILE *out = fopen(log, "a");
    if (results == NULL || paths == NULL || out == NULL) { return 1; }
    for (size_t i = 0; i < n; i++) { paths[i] = files[i]; }
    pn_scu_peer peer = peer_of(port, calling);
    pn_error err = { 0 };
    (void)!pn_scu_store(&peer, paths, n, results, &err);
    size_t taken = 0;
    for (size_t i = 0; i < n; i++) {
        if (results[i].status != 0) { continue; }
        taken++;
        fprintf(out, "%s\n", files[i]);
    }
    bool written = fclose(out) == 0;
    free(results);
    free(paths);
    return !written ? 1 : taken == n ? 0 : 3;
}

static int send_one(const char *port, const char *file)
{
    pn_scu_result result = { .status = PN_SCU_NO_STATUS };
    pn_scu_peer peer = peer_of(port, "FAULT");
    pn_error err = { 0 };
    (void)!pn_scu_store(&peer, &file, 1, &result, &err);
    if (result.status == PN_SCU_NO_STATUS) { puts("none"); }
    else { printf("%04x\n", (unsigned)result.status); }
    return 0;
}

/* ---- Digests ------------------------------------------------------------------------------ */

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Where the data set begins, and the transfer syntax, from group 0002 (explicit little endian). */
static bool read_head(char syntax[65], size_t *start, const uint8_t *p, size_t n)
{
    if (n < META_START + 12 || memcmp(p + 128, "DICM", 4) != 0 || le32(p + META_START) != 2) {
        return false;
    }
    size_t at = META_START + 12, end = at + le32(p + META_START + 8);
    syntax[0] = '\0';
    if (end > n) { return false; }
    while (at + 8 <= end) {
        bool wide = memcmp(p + at + 4, "OB", 2) == 0;
        if (wide && at + 12 > end) { return false; }
        size_t head = wide ? 12 : 8;
        size_t length = wide ? le32(p + at + 8) : (size_t)(p[at + 6] | p[at + 7] << 8);
        if (length > end - at - head) { return false; }
        if (le32(p + at) == 0x00100002u && length < 65) {
            memcpy(syntax, p + at + head, length);
            syntax[length] = '\0';
        }
        at += head + length;
    }
    *start = end;
    return at == end && syntax[0] != '\0';
}

static bool digest_of(char hex[PN_DIGEST_HEX_SIZE], const char *path)
{
    char *bytes = NULL, syntax[65];
    size_t n = 0, start = 0;
    pn_error err = { 0 };
    if (pn_read_file(&bytes, &n, path, MOST_FILE, &err) != PN_OK) { return false; }
    uint8_t sum[PN_SHA256_SIZE];
    pn_sha256 sha = { 0 };
    bool good = read_head(syntax, &start, (const uint8_t *)bytes, n) &&
                pn_sha256_init(&sha, &err) == PN_OK;
    if (good) {
        pn_sha256_update(&sha, syntax, strlen(syntax) + 1);
        pn_sha256_update(&sha, bytes + start, n - start);
        pn_sha256_final(&sha, sum);
        pn_hex(hex, sum, sizeof sum);
    }
    free(bytes);
    return good;
}

/* ---- Checking ----------------------------------------------------------------------------- */

static unsigned long n_final, n_broken;

static int check_final(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    const char *name = path + where->base;
    char hex[PN_DIGEST_HEX_SIZE];
    size_t n = strlen(name);
    if (kind != FTW_F || n < 4 || strcmp(name + n - 4, ".dcm") != 0) { return 0; }
    n_final++;
    if (!digest_of(hex, path) || n != strlen(hex) + 4 || strncmp(hex, name, n - 4) != 0) {
        fprintf(stderr, "broken under a final name: %s\n", path);
        n_broken++;
    }
    return 0;
}

/* instances/ twice: between two looks it may move there. */
static bool is_there(const char *spool, const char *digest)
{
    char path[PN_PATH_SIZE], found[PN_DIGEST_HEX_SIZE];
    for (int look = 0; look < 3; look++) {
        int n = look == 1
            ? snprintf(path, sizeof path, "%s/incoming/%s.dcm", spool, digest)
            : snprintf(path, sizeof path, "%s/instances/%.2s/%s.dcm", spool, digest, digest);
        if (n > 0 && (size_t)n < sizeof path && digest_of(found, path) && strcmp(found, digest) == 0) {
            return true;
        }
    }
    return false;
}

static int check(const char *spool, char **logs, size_t n_logs, size_t n_folders)
{
    unsigned long n_acknowledged = 0, n_lost = 0;
    char line[PN_PATH_SIZE], digest[PN_DIGEST_HEX_SIZE], folder[PN_PATH_SIZE];
    for (size_t i = 0; i < n_logs; i++) {
        FILE *in = fopen(logs[i], "r");
        if (in == NULL) {
            if (errno == ENOENT) { continue; }      /* that sender was answered nothing */
            perror(logs[i]);
            return 1;
        }
        while (fgets(line, sizeof line, in) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            n_acknowledged++;
            if (!digest_of(digest, line) || !is_there(spool, digest)) {
                fprintf(stderr, "acknowledged and lost: %s\n", line);
                n_lost++;
            }
        }
        (void)fclose(in);
    }
    static const char *const folders[] = { "incoming", "instances", "quarantine" };
    for (size_t i = 0; i < n_folders; i++) {
        (void)snprintf(folder, sizeof folder, "%s/%s", spool, folders[i]);
        (void)nftw(folder, check_final, 16, FTW_PHYS);
    }
    printf("%lu acknowledged, %lu lost; %lu files under final names, %lu broken\n", n_acknowledged,
           n_lost, n_final, n_broken);
    return n_lost == 0 && n_broken == 0 ? 0 : 1;
}

/* ---- Filling a file system ---------------------------------------------------------------- */

static int fill(const char *path, unsigned long pages_free)
{
    static const char page[PAGE];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        perror(path);
        return 1;
    }
    while (write(fd, page, PAGE) == PAGE) {}
    struct stat st;
    int rc = fstat(fd, &st) == 0 && st.st_size >= (off_t)pages_free * PAGE &&
             ftruncate(fd, (st.st_size / PAGE - (off_t)pages_free) * PAGE) == 0 ? 0 : 1;
    (void)close(fd);
    struct statvfs v;
    if (rc == 0 && statvfs(path, &v) == 0 && v.f_bavail != pages_free) {
        fprintf(stderr, "%lu pages free, wanted %lu\n", (unsigned long)v.f_bavail, pages_free);
    }
    return rc;
}

/* ---- The shim's control block ------------------------------------------------------------- */

static fault_control *map_control(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *p = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, sizeof(fault_control)) == 0) {
        p = mmap(NULL, sizeof(fault_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (p == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    (void)close(fd);
    return p;
}

typedef struct word { const char *word; int value; } word;

static int value_of(const word *words, const char *text, size_t n)
{
    for (; words->word != NULL; words++) {
        if (strlen(words->word) == n && strncmp(words->word, text, n) == 0) { return words->value; }
    }
    fprintf(stderr, "fault_tool: not a word: %s\n", text);
    exit(2);
}

static int arm(char **a)
{
    static const word ops[] = {
        { "write", FAULT_WRITE }, { "sync", FAULT_SYNC }, { "rename", FAULT_RENAME },
        { "open", FAULT_OPEN }, { "close", FAULT_CLOSE }, { "unlink", FAULT_UNLINK },
        { "truncate", FAULT_TRUNCATE }, { "mkdir", FAULT_MKDIR }, { "read", FAULT_READ }, { NULL, 0 } };
    static const word errors[] = {
        { "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT }, { "EROFS", EROFS },
        { "EMFILE", EMFILE }, { "LIE", FAULT_LIE }, { "SHORT", FAULT_SHORT }, { NULL, 0 } };
    fault_control c = { .error = value_of(errors, a[3], strlen(a[3])),
                        .always = strcmp(a[5], "always") == 0, .first = strtoull(a[4], NULL, 10) };
    for (const char *p = a[2]; *p != '\0'; p += strcspn(p, "+"), p += *p == '+') {
        c.ops |= (uint32_t)value_of(ops, p, strcspn(p, "+"));
    }
    (void)snprintf(c.role, sizeof c.role, "%s", a[1]);
    (void)snprintf(c.prefix, sizeof c.prefix, "%s", a[6]);
    *map_control(a[0]) = c;
    return 0;
}

static int count(const char *path)
{
    const fault_control *c = map_control(path);
    printf("%llu %llu\n", (unsigned long long)c->n_calls, (unsigned long long)c->n_failed);
    return 0;
}

/* Over the bytes that the processes have mapped, not in a file of that name anew. */
static int set_clock(const char *path, long long ahead_ms)
{
    int64_t value = ahead_ms;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, &value, sizeof value, 0) != (ssize_t)sizeof value) {
        perror(path);
        return 1;
    }
    return close(fd) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    pn_error err = { 0 };
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "check") == 0 && argc > 2) { return check(argv[2], argv + 3, (size_t)argc - 3, 3); }
    if (strcmp(verb, "look") == 0 && argc > 2) { return check(argv[2], argv + 3, (size_t)argc - 3, 1); }
    if (strcmp(verb, "pages") == 0 && argc == 4) { return fill(argv[2], strtoul(argv[3], NULL, 10)); }
    if (strcmp(verb, "arm") == 0 && argc == 9) { return arm(argv + 2); }
    if (strcmp(verb, "count") == 0 && argc == 3) { return count(argv[2]); }
    if (strcmp(verb, "clock") == 0 && argc == 4) { return set_clock(argv[2], strtoll(argv[3], NULL, 10)); }
    if (pn_dicom_init(&err) != PN_OK) { return 1; }
    if (strcmp(verb, "send") == 0 && argc > 5) {
        return send_files(argv[2], argv[3], argv[4], argv + 5, (size_t)argc - 5);
    }
    if (strcmp(verb, "status") == 0 && argc == 4) { return send_one(argv[2], argv[3]); }
    fputs("usage: fault_tool send|status|check|look|pages|arm|count|clock ...\n", stderr);
    return 2;
}

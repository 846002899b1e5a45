/* The spool: what is committed is whole, what is not is invisible. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/journal.h"
#include "spool/spool.h"

#define EXPLICIT_LE "1.2.840.10008.1.2.1"
#define IMPLICIT_LE "1.2.840.10008.1.2"
#define CT_IMAGE    "1.2.840.10008.5.1.4.1.1.2"

typedef struct fixture {
    char root[64];
    pn_spool spool;
    pn_error err;
} fixture;

static const pn_spool_meta meta = { CT_IMAGE, "1.2.3.4", EXPLICIT_LE, "SENDER" };

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->root, sizeof f->root, "/tmp/pn-spool-XXXXXX");
    if (mkdtemp(f->root) == NULL) { return -1; }
    const pn_spool_opts opts = PN_SPOOL_OPTS_INIT;
    if (pn_spool_open(&f->spool, f->root, &opts, &f->err) != PN_OK) { return -1; }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    pn_spool_close(&f->spool);
    int rc = pn_remove_tree(f->root, &f->err);
    free(f);
    return rc;
}

static size_t count(const fixture *f, const char *folder)
{
    char command[256], line[32] = "";
    (void)snprintf(command, sizeof command, "ls -A %s/%s | wc -l", f->root, folder);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_non_null(fgets(line, sizeof line, p));
    (void)pclose(p);
    return (size_t)atol(line);
}

/* Store n bytes of value `fill` in pieces; the digest of what was stored. */
static int store(fixture *f, const pn_spool_meta *m, size_t n, int fill, char *digest)
{
    pn_spool_writer w;
    int rc = pn_spool_begin(&w, &f->spool, m, &f->err);
    if (rc != PN_OK) { return rc; }
    uint8_t piece[4096];
    memset(piece, fill, sizeof piece);
    for (size_t left = n; left > 0 && rc == PN_OK;) {
        size_t now = left < sizeof piece ? left : sizeof piece;
        rc = pn_spool_write(&w, piece, now, &f->err);
        left -= now;
    }
    /* A caller that does not look at the result of a write must be caught by commit. */
    rc = pn_spool_commit(&w, digest, &f->err);
    return rc;
}

static void test_spool__commit_names_the_file_by_its_content(void **state)
{
    fixture *f = *state;
    char digest[PN_DIGEST_HEX_SIZE] = "", path[PN_PATH_SIZE];
    CHECK_OK(store(f, &meta, 1000, 0x5a, digest), f->err);

    uint8_t hashed[sizeof EXPLICIT_LE + 1000], sum[PN_SHA256_SIZE];
    memcpy(hashed, EXPLICIT_LE, sizeof EXPLICIT_LE);      /* with its NUL */
    memset(hashed + sizeof EXPLICIT_LE, 0x5a, 1000);
    char want[PN_DIGEST_HEX_SIZE];
    CHECK_OK(pn_sha256_of(sum, hashed, sizeof hashed, &f->err), f->err);
    pn_hex(want, sum, sizeof sum);
    assert_string_equal(digest, want);

    CHECK_OK(pn_spool_path(path, &f->spool, digest, &f->err), f->err);
    assert_non_null(strstr(path, "/incoming/"));
    char *bytes = NULL;
    size_t n = 0;
    CHECK_OK(pn_read_file(&bytes, &n, path, 1 << 20, &f->err), f->err);
    static const char zeros[128] = {0};
    assert_memory_equal(bytes, zeros, 128);
    assert_memory_equal(bytes + 128, "DICM", 4);
    size_t group = (size_t)(uint8_t)bytes[140] | (size_t)(uint8_t)bytes[141] << 8;
    assert_int_equal(n, 144 + group + 1000);
    for (size_t i = n - 1000; i < n; i++) { assert_int_equal((uint8_t)bytes[i], 0x5a); }
    free(bytes);

    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(count(f, "tmp"), 0);
}

/* What test_spool__any_cut... stores: bytes that repeat nowhere near a page or a buffer. */
static uint8_t byte_at(size_t i) { return (uint8_t)(i * 2654435761u >> 13); }

static void check_file(fixture *f, const char *digest, const uint8_t *bytes, size_t n)
{
    uint8_t *hashed = malloc(sizeof EXPLICIT_LE + n), sum[PN_SHA256_SIZE];
    char want[PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE], *got = NULL;
    size_t n_got = 0;
    assert_non_null(hashed);
    memcpy(hashed, EXPLICIT_LE, sizeof EXPLICIT_LE);
    memcpy(hashed + sizeof EXPLICIT_LE, bytes, n);
    CHECK_OK(pn_sha256_of(sum, hashed, sizeof EXPLICIT_LE + n, &f->err), f->err);
    pn_hex(want, sum, sizeof sum);
    assert_string_equal(digest, want);
    CHECK_OK(pn_spool_path(path, &f->spool, digest, &f->err), f->err);
    CHECK_OK(pn_read_file(&got, &n_got, path, 4 << 20, &f->err), f->err);
    assert_true(n_got > n);
    assert_memory_equal(got + n_got - n, bytes, n);
    free(got);
    free(hashed);
}

static void test_spool__any_cut_into_pieces_gives_the_same_file(void **state)
{
    fixture *f = *state;
    enum { MOST = (1 << 20) + 4096 };
    static uint8_t bytes[MOST];
    for (size_t i = 0; i < MOST; i++) { bytes[i] = byte_at(i); }
    const size_t sizes[] = { 0, 2, 524288 - 400, 524288 - 358, 524288, 524290, 1 << 20, MOST };
    const size_t pieces[] = { 131066, 4097, 524288, MOST };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            pn_spool_writer w;
            char digest[PN_DIGEST_HEX_SIZE];
            f->spool.ordered = (i + k) % 2 == 0;          /* either order of syncs */
            CHECK_OK(pn_spool_begin(&w, &f->spool, &meta, &f->err), f->err);
            for (size_t at = 0; at < sizes[i]; at += pieces[k]) {
                size_t n = sizes[i] - at < pieces[k] ? sizes[i] - at : pieces[k];
                CHECK_OK(pn_spool_write(&w, bytes + at, n, &f->err), f->err);
            }
            assert_int_equal(w.n_bytes, sizes[i]);
            CHECK_OK(pn_spool_commit(&w, digest, &f->err), f->err);
            check_file(f, digest, bytes, sizes[i]);
        }
    }
    assert_int_equal(count(f, "tmp"), 0);
    assert_int_equal(count(f, "incoming"), sizeof sizes / sizeof sizes[0]);
}

static void test_spool__writers_side_by_side_do_not_mix(void **state)
{
    fixture *f = *state;
    pn_spool_writer a, b;
    uint8_t ones[1000], twos[1000];
    char of_a[PN_DIGEST_HEX_SIZE], of_b[PN_DIGEST_HEX_SIZE];
    memset(ones, 1, sizeof ones);
    memset(twos, 2, sizeof twos);
    for (int round = 0; round < 2; round++) {      /* the second time with used buffers */
        CHECK_OK(pn_spool_begin(&a, &f->spool, &meta, &f->err), f->err);
        CHECK_OK(pn_spool_begin(&b, &f->spool, &meta, &f->err), f->err);
        CHECK_OK(pn_spool_write(&a, ones, sizeof ones, &f->err), f->err);
        CHECK_OK(pn_spool_write(&b, twos, sizeof twos, &f->err), f->err);
        CHECK_OK(pn_spool_commit(&a, of_a, &f->err), f->err);
        CHECK_OK(pn_spool_commit(&b, of_b, &f->err), f->err);
        check_file(f, of_a, ones, sizeof ones);
        check_file(f, of_b, twos, sizeof twos);
    }
}

static void test_spool__one_sync_only_where_the_journal_is_known(void **state)
{
    (void)state;
    char type[32] = "";
    FILE *p = popen("stat -f -c %T /tmp", "r");
    assert_non_null(p);
    assert_non_null(fgets(type, sizeof type, p));
    (void)pclose(p);
    int tmp = open("/tmp", O_RDONLY | O_DIRECTORY), proc = open("/proc", O_RDONLY | O_DIRECTORY);
    assert_true(tmp >= 0 && proc >= 0);
    assert_false(pn_spool_is_ordered(proc));
    if (strncmp(type, "xfs", 3) == 0) { assert_true(pn_spool_is_ordered(tmp)); }
    if (strncmp(type, "ext", 3) != 0 && strncmp(type, "xfs", 3) != 0) {
        assert_false(pn_spool_is_ordered(tmp));
    }
    FILE *mounts = popen("findmnt -n -o FSTYPE -T /tmp", "r");
    if (mounts != NULL && fgets(type, sizeof type, mounts) != NULL) {
        assert_int_equal(pn_spool_is_ordered(tmp), strcmp(type, "ext4\n") == 0 || strcmp(type, "xfs\n") == 0);
    }
    if (mounts != NULL) { (void)pclose(mounts); }
    (void)close(tmp);
    (void)close(proc);
}

static void test_spool__same_content_is_one_file(void **state)
{
    fixture *f = *state;
    char a[PN_DIGEST_HEX_SIZE], b[PN_DIGEST_HEX_SIZE], c[PN_DIGEST_HEX_SIZE];
    CHECK_OK(store(f, &meta, 300000, 1, a), f->err);
    CHECK_OK(store(f, &meta, 300000, 1, b), f->err);
    assert_string_equal(a, b);
    assert_int_equal(count(f, "incoming"), 1);
    pn_spool_meta implicit = meta;
    implicit.transfer_syntax_uid = IMPLICIT_LE;
    CHECK_OK(store(f, &implicit, 300000, 1, c), f->err);
    assert_string_not_equal(a, c);
    assert_int_equal(count(f, "incoming"), 2);
}

static void test_spool__abort_leaves_nothing(void **state)
{
    fixture *f = *state;
    pn_spool_writer w;
    CHECK_OK(pn_spool_begin(&w, &f->spool, &meta, &f->err), f->err);
    uint8_t block[1 << 20] = {0};
    CHECK_OK(pn_spool_write(&w, block, sizeof block, &f->err), f->err);
    assert_int_equal(count(f, "tmp"), 1);
    pn_spool_abort(&w);
    pn_spool_abort(&w);
    assert_int_equal(count(f, "tmp"), 0);
    assert_int_equal(count(f, "incoming"), 0);
    assert_int_equal(pn_spool_write(&w, block, 1, &f->err), PN_EINVAL);
}

static void test_spool__too_large_is_refused_and_stays_refused(void **state)
{
    fixture *f = *state;
    f->spool.opts.max_instance_bytes = 5000;
    char digest[PN_DIGEST_HEX_SIZE] = "untouched";
    assert_int_equal(store(f, &meta, 5002, 0, digest), PN_ELIMIT);
    assert_string_equal(digest, "untouched");
    assert_int_equal(count(f, "incoming") + count(f, "tmp"), 0);
    CHECK_OK(store(f, &meta, 5000, 0, digest), f->err);
}

static void test_spool__reserve_refuses_before_writing(void **state)
{
    fixture *f = *state;
    uint64_t free_bytes = 0;
    CHECK_OK(pn_spool_free_bytes(&free_bytes, &f->spool, &f->err), f->err);
    f->spool.opts.reserve_bytes = free_bytes * 2;
    pn_spool_writer w;
    assert_int_equal(pn_spool_begin(&w, &f->spool, &meta, &f->err), PN_ENOSPC);
    assert_int_equal(f->err.cls, PN_TRANSIENT);
    assert_int_equal(count(f, "tmp"), 0);
}

/* The kernel cuts a write at the file size limit and fails the next one. */
static void test_spool__short_write_is_never_success(void **state)
{
    fixture *f = *state;
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, small = { .rlim_cur = 300001, .rlim_max = 0 };
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    char digest[PN_DIGEST_HEX_SIZE] = "untouched";
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int rc = store(f, &meta, 400000, 7, digest);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(rc, PN_ENOSPC);
    assert_string_equal(digest, "untouched");
    assert_int_equal(count(f, "incoming") + count(f, "tmp"), 0);
    CHECK_OK(store(f, &meta, 400000, 7, digest), f->err);
}

static void test_spool__full_disk_keeps_earlier_copies(void **state)
{
    fixture *f = *state;
    char small_root[96];
    (void)snprintf(small_root, sizeof small_root, "%s/small", f->root);
    assert_int_equal(mkdir(small_root, 0700), 0);
    if (mount("tmpfs", small_root, "tmpfs", 0, "size=2m") != 0) {
        fprintf(stderr, "SKIPPED: cannot mount a small tmpfs: %s\n", strerror(errno));
        skip();
    }
    fixture s = {0};
    (void)snprintf(s.root, sizeof s.root, "%s", small_root);
    const pn_spool_opts opts = PN_SPOOL_OPTS_INIT;
    char first[PN_DIGEST_HEX_SIZE], digest[PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE];
    CHECK_OK(pn_spool_open(&s.spool, s.root, &opts, &s.err), s.err);
    CHECK_OK(store(&s, &meta, 525090, 1, first), s.err);
    CHECK_OK(store(&s, &meta, 525090, 2, digest), s.err);
    CHECK_OK(store(&s, &meta, 525090, 3, digest), s.err);
    assert_int_equal(store(&s, &meta, 525090, 4, digest), PN_ENOSPC);
    assert_int_equal(count(&s, "tmp"), 0);
    assert_int_equal(count(&s, "incoming"), 3);
    /* Over an earlier good copy: it must survive the failed second store. */
    assert_int_equal(store(&s, &meta, 525090, 1, digest), PN_ENOSPC);
    CHECK_OK(pn_spool_path(path, &s.spool, first, &s.err), s.err);
    char *bytes = NULL;
    size_t n = 0;
    CHECK_OK(pn_read_file(&bytes, &n, path, 1 << 20, &s.err), s.err);
    assert_true(n > 525090);
    assert_int_equal((uint8_t)bytes[n - 1], 1);
    free(bytes);
    CHECK_OK(pn_spool_remove(&s.spool, first, &s.err), s.err);
    CHECK_OK(store(&s, &meta, 525090, 4, digest), s.err);
    pn_spool_close(&s.spool);
    assert_int_equal(umount(small_root), 0);
}

static void test_spool__incoming_passes_over_what_is_not_ours(void **state)
{
    fixture *f = *state;
    char digest[PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE], other[PN_PATH_SIZE];
    CHECK_OK(store(f, &meta, 100, 1, digest), f->err);
    static const char *const names[] = {
        "README", ".hidden.dcm", "0123.dcm",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF.dcm",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.txt",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK_OK(pn_path(path, sizeof path, &f->err, "%s/incoming/%s", f->root, names[i]), f->err);
        CHECK_OK(pn_write_file(path, "x", 1, false, &f->err), f->err);
    }
    (void)snprintf(path, sizeof path, "%s/incoming/%.63s%c.dcm", f->root, digest, digest[63] == '0' ? '1' : '0');
    (void)snprintf(other, sizeof other, "%s/incoming/%s.dcm", f->root, digest);
    assert_int_equal(symlink(other, path), 0);
    (void)snprintf(path, sizeof path, "%s/incoming/%.63s%c.dcm", f->root, digest, digest[63] == 'a' ? 'b' : 'a');
    assert_int_equal(mkdir(path, 0700), 0);

    pn_spool_entry found[8];
    size_t n = 0;
    CHECK_OK(pn_spool_incoming(found, 8, &n, &f->spool, &f->err), f->err);
    assert_int_equal(n, 1);
    assert_string_equal(found[0].digest, digest);
    assert_true(found[0].n_bytes > 100);
    CHECK_OK(store(f, &meta, 100, 2, digest), f->err);
    CHECK_OK(pn_spool_incoming(found, 1, &n, &f->spool, &f->err), f->err);
    assert_int_equal(n, 1);
}

static int remember(void *ctx, const pn_spool_entry *entry, pn_error *err)
{
    (void)err;
    (void)snprintf(ctx, PN_DIGEST_HEX_SIZE, "%s", entry->digest);
    return PN_OK;
}

static int stop_walk(void *ctx, const pn_spool_entry *entry, pn_error *err)
{
    (void)ctx;
    return pn_fail(err, PN_EFORMAT, "stop at %s", entry->digest);
}

static void test_spool__adopt_moves_once_and_again(void **state)
{
    fixture *f = *state;
    char digest[PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE], seen[PN_DIGEST_HEX_SIZE] = "";
    CHECK_OK(store(f, &meta, 100, 1, digest), f->err);
    CHECK_OK(pn_spool_adopt(&f->spool, digest, &f->err), f->err);
    CHECK_OK(pn_spool_adopt(&f->spool, digest, &f->err), f->err);
    assert_int_equal(count(f, "incoming"), 0);
    CHECK_OK(pn_spool_path(path, &f->spool, digest, &f->err), f->err);
    assert_non_null(strstr(path, "/instances/"));
    CHECK_OK(pn_spool_each_instance(&f->spool, remember, seen, &f->err), f->err);
    assert_string_equal(seen, digest);
    assert_int_equal(pn_spool_each_instance(&f->spool, stop_walk, NULL, &f->err), PN_EFORMAT);
    /* Sent again after it was adopted. */
    CHECK_OK(store(f, &meta, 100, 1, digest), f->err);
    CHECK_OK(pn_spool_adopt(&f->spool, digest, &f->err), f->err);
    assert_int_equal(count(f, "incoming"), 0);

    static const char absent[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_int_equal(pn_spool_adopt(&f->spool, absent, &f->err), PN_ENOTFOUND);
    assert_int_equal(pn_spool_path(path, &f->spool, absent, &f->err), PN_ENOTFOUND);
    assert_int_equal(pn_spool_path(path, &f->spool, "../../etc/passwd", &f->err), PN_EINVAL);
}

static void test_spool__quarantine_says_why(void **state)
{
    fixture *f = *state;
    char digest[2][PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE];
    for (int i = 0; i < 2; i++) {
        CHECK_OK(store(f, &meta, 100, i, digest[i]), f->err);
        if (i == 1) { CHECK_OK(pn_spool_adopt(&f->spool, digest[i], &f->err), f->err); }
        CHECK_OK(pn_spool_quarantine(&f->spool, digest[i], "nested 20000 deep", &f->err), f->err);
        CHECK_OK(pn_spool_quarantine(&f->spool, digest[i], "again", &f->err), f->err);
        assert_int_equal(pn_spool_path(path, &f->spool, digest[i], &f->err), PN_ENOTFOUND);
        char *text = NULL;
        size_t n = 0;
        (void)snprintf(path, sizeof path, "%s/quarantine/%s.reason", f->root, digest[i]);
        CHECK_OK(pn_read_file(&text, &n, path, 1000, &f->err), f->err);
        assert_string_equal(text, "nested 20000 deep\n");
        free(text);
    }
    assert_int_equal(count(f, "quarantine"), 4);
    CHECK_OK(pn_spool_remove(&f->spool, digest[0], &f->err), f->err);
    CHECK_OK(pn_spool_remove(&f->spool, digest[0], &f->err), f->err);
    assert_int_equal(count(f, "quarantine"), 2);
}

static void test_spool__clean_spares_living_writers(void **state)
{
    fixture *f = *state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pn_spool_writer dead;
        _exit(pn_spool_begin(&dead, &f->spool, &meta, NULL));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 0);
    /* A name with a pid that lives, but no lock: the pid was given to another process. */
    char path[PN_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/tmp/%ld-99.part", f->root, (long)getppid());
    CHECK_OK(pn_write_file(path, "x", 1, false, &f->err), f->err);
    pn_spool_writer living;
    CHECK_OK(pn_spool_begin(&living, &f->spool, &meta, &f->err), f->err);
    assert_int_equal(count(f, "tmp"), 3);

    size_t n_removed = 0;
    CHECK_OK(pn_spool_clean_tmp(&n_removed, &f->spool, &f->err), f->err);
    assert_int_equal(n_removed, 2);
    assert_int_equal(count(f, "tmp"), 1);
    char digest[PN_DIGEST_HEX_SIZE];
    CHECK_OK(pn_spool_write(&living, "ab", 2, &f->err), f->err);
    CHECK_OK(pn_spool_commit(&living, digest, &f->err), f->err);
}

/* Two hosts on one spool: each removes what is its own, and what is a day old. */
static void test_spool__clean_spares_other_hosts(void **state)
{
    fixture *f = *state;
    static const struct { const char *name; bool old; } file[] = {
        { "999999-1@other.part", false }, { "999999-2@other.part", true },
        { "999999-3@this.part", false },  { "999999-4@this.example.part", false },
    };
    pn_spool_opts opts = PN_SPOOL_OPTS_INIT;
    opts.host_name = "this";
    pn_spool shared;
    CHECK_OK(pn_spool_open(&shared, f->root, &opts, &f->err), f->err);
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        char path[PN_PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/tmp/%s", f->root, file[i].name);
        CHECK_OK(pn_write_file(path, "x", 1, false, &f->err), f->err);
        const struct timespec then[2] = { { .tv_sec = time(NULL) - 2 * 86400 },
                                          { .tv_sec = time(NULL) - 2 * 86400 } };
        if (file[i].old) { assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0); }
    }
    size_t n_removed = 0;
    CHECK_OK(pn_spool_clean_tmp(&n_removed, &shared, &f->err), f->err);
    assert_int_equal(n_removed, 2);
    assert_int_equal(count(f, "tmp"), 2);
    pn_spool_writer w;
    CHECK_OK(pn_spool_begin(&w, &shared, &meta, &f->err), f->err);
    assert_non_null(strstr(w.tmp_name, "@this.part"));
    pn_spool_abort(&w);
    pn_spool_close(&shared);
}

static void test_spool__bad_meta_is_refused(void **state)
{
    fixture *f = *state;
    char long_uid[70];
    memset(long_uid, '1', 65);
    long_uid[65] = '\0';
    const pn_spool_meta bad[] = {
        { "", "1.2", EXPLICIT_LE, "A" },
        { CT_IMAGE, long_uid, EXPLICIT_LE, "A" },
        { CT_IMAGE, "1.2", NULL, "A" },
        { CT_IMAGE, "1.2", EXPLICIT_LE, "SEVENTEEN_LETTERS" },
        { CT_IMAGE, "1.2", EXPLICIT_LE, "A\nB" },
        { CT_IMAGE, "1.2", EXPLICIT_LE, "A\\B" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        pn_spool_writer w;
        assert_int_equal(pn_spool_begin(&w, &f->spool, &bad[i], &f->err), PN_EINVAL);
    }
    assert_int_equal(count(f, "tmp"), 0);
    char digest[PN_DIGEST_HEX_SIZE];
    const pn_spool_meta no_title = { CT_IMAGE, "1.2", EXPLICIT_LE, NULL };
    CHECK_OK(store(f, &no_title, 10, 0, digest), f->err);
}

static void test_spool__result_path_takes_no_foreign_path(void **state)
{
    fixture *f = *state;
    char path[PN_PATH_SIZE];
    CHECK_OK(pn_spool_result_path(path, &f->spool, "case-17.2", &f->err), f->err);
    assert_non_null(strstr(path, "/results/case-17.2"));
    static const char *const bad[] = { "", "..", ".x", "a/b", "a b", "a\nb" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(pn_spool_result_path(path, &f->spool, bad[i], &f->err), PN_EINVAL);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_spool__commit_names_the_file_by_its_content),
        TEST(test_spool__any_cut_into_pieces_gives_the_same_file),
        TEST(test_spool__writers_side_by_side_do_not_mix),
        TEST(test_spool__one_sync_only_where_the_journal_is_known),
        TEST(test_spool__same_content_is_one_file),
        TEST(test_spool__abort_leaves_nothing),
        TEST(test_spool__too_large_is_refused_and_stays_refused),
        TEST(test_spool__reserve_refuses_before_writing),
        TEST(test_spool__short_write_is_never_success),
        TEST(test_spool__full_disk_keeps_earlier_copies),
        TEST(test_spool__incoming_passes_over_what_is_not_ours),
        TEST(test_spool__adopt_moves_once_and_again),
        TEST(test_spool__quarantine_says_why),
        TEST(test_spool__clean_spares_living_writers),
        TEST(test_spool__clean_spares_other_hosts),
        TEST(test_spool__bad_meta_is_refused),
        TEST(test_spool__result_path_takes_no_foreign_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

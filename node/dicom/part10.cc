#include "dicom/part10.hh"
#include "dicom/dimse.hh"
#include <cerrno>
#include <cstring>
#include <vector>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t preamble = 132;
static const size_t max_group_bytes = 65536;

static unsigned get16(const uint8_t *p) { return static_cast<unsigned>(p[0] | p[1] << 8); }

static size_t get32(const uint8_t *p)
{
    return static_cast<size_t>(get16(p)) | static_cast<size_t>(get16(p + 2)) << 16;
}

static bool read_all(int fd, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = read(fd, p, n);
        if (got < 0 && errno == EINTR) { continue; }
        if (got == 0) { errno = 0; }               /* the end is no error */
        if (got <= 0) { return false; }
        p += got;
        n -= static_cast<size_t>(got);
    }
    return true;
}

static void copy_uid(char out[PN_UID_SIZE], const uint8_t *p, size_t n)
{
    while (n > 0 && (p[n - 1] == '\0' || p[n - 1] == ' ')) { n--; }
    if (n >= PN_UID_SIZE) { n = 0; }               /* no UID: found by the check */
    std::memcpy(out, p, n);
    out[n] = '\0';
}

/* Explicit little endian (PS3.10 7.1). False: broken. */
static bool parse_group(Part10 &f, const uint8_t *p, size_t n)
{
    while (n > 0) {
        if (n < 8 || get16(p) != 0x0002) { return false; }
        bool is_long = false;
        for (const char *vr : { "OB", "OW", "UN", "UT", "SQ" }) {
            is_long = is_long || std::memcmp(p + 4, vr, 2) == 0;
        }
        size_t head = is_long ? 12 : 8;
        if (n < head) { return false; }
        size_t length = is_long ? get32(p + 8) : get16(p + 6);
        if (length > n - head) { return false; }
        switch (get16(p + 2)) {
        case 0x0002: copy_uid(f.sop_class_uid, p + head, length); break;
        case 0x0003: copy_uid(f.sop_uid, p + head, length); break;
        case 0x0010: copy_uid(f.transfer_syntax_uid, p + head, length); break;
        default: break;
        }
        p += head + length;
        n -= head + length;
    }
    return true;
}

Part10::~Part10() { close(); }

void Part10::close()
{
    if (fd >= 0) { (void)::close(fd); }
    fd = -1;
}

int Part10::open(const char *path, pn_error *err)
{
    fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT) {
            return pn_fail(err, PN_ENOTFOUND, "cannot open %s: %s", path, std::strerror(errno));
        }
        return pn_fail_transient(err, PN_EIO, "cannot open %s: %s", path, std::strerror(errno));
    }
    struct stat st;
    uint8_t head[preamble + 12];
    errno = 0;      /* a disk that does not read is not a broken file */
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !read_all(fd, head, sizeof head) ||
        std::memcmp(head + 128, "DICM", 4) != 0) {
        if (errno != 0) {
            return pn_fail_transient(err, PN_EIO, "cannot read %s: %s", path, std::strerror(errno));
        }
        return pn_fail(err, PN_EFORMAT, "%s is not a DICOM Part 10 file", path);
    }
    static const uint8_t group_length[] = { 2, 0, 0, 0, 'U', 'L', 4, 0 };
    if (std::memcmp(head + preamble, group_length, sizeof group_length) != 0) {
        return pn_fail(err, PN_EFORMAT, "%s does not begin with the length of group 0002", path);
    }
    size_t n = get32(head + preamble + 8);
    size_t begin = sizeof head + n;
    if (n > max_group_bytes || begin > static_cast<size_t>(st.st_size)) {
        return pn_fail(err, PN_EFORMAT, "%s has %zu bytes of group 0002", path, n);
    }
    std::vector<uint8_t> group(n);
    if (!read_all(fd, group.data(), n) || !parse_group(*this, group.data(), n)) {
        return pn_fail(err, PN_EFORMAT, "group 0002 of %s is broken", path);
    }
    if (!is_uid(sop_class_uid) || !is_uid(sop_uid) || !is_uid(transfer_syntax_uid)) {
        return pn_fail(err, PN_EFORMAT, "a UID of group 0002 of %s is missing or broken", path);
    }
    n_bytes = static_cast<uint64_t>(st.st_size) - begin;
    if (n_bytes == 0 || n_bytes % 2 != 0) {
        return pn_fail(err, PN_EFORMAT, "data set of %s has %llu bytes, expected an even number",
                       path, static_cast<unsigned long long>(n_bytes));
    }
    return PN_OK;
}

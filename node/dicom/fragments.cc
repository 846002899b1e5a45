/* dicom/fragments.cc - see fragments.hh. */
#include "dicom/fragments.hh"
#include "dicom/codec.hh"
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace pn {

int read_at(void *to, std::size_t n, int fd, std::uint64_t at, pn_error *err)
{
    std::size_t have = 0;
    while (have < n) {
        ssize_t got = pread(fd, static_cast<std::uint8_t *>(to) + have, n - have, static_cast<off_t>(at + have));
        if (got > 0) {
            have += static_cast<std::size_t>(got);
        } else if (got == 0 || errno != EINTR) {
            return pn_fail_transient(err, PN_EIO, "pixel data: %s",
                                     got == 0 ? "file became shorter while being read" : std::strerror(errno));
        }
    }
    return 0;
}

int Fragments::index(int fd, const PixelFile &file, pn_error *err)
{
    static const std::uint32_t ITEM = 0xE000FFFEu;       /* as a little endian word          */
    std::uint64_t at = file.scan.pixel_offset, end = at + file.scan.pixel_length, base = 0;
    std::vector<std::uint8_t> table;
    spans.clear();
    first.clear();
    for (bool is_table = true;; is_table = false) {
        std::uint8_t head[8];
        if (end - at < sizeof head) { return pn_fail(err, PN_EFORMAT, "compressed pixel data is cut off"); }
        int rc = read_at(head, sizeof head, fd, at, err);
        if (rc != 0) { return rc; }
        at += sizeof head;
        std::uint32_t length = le32(head + 4);
        if (le32(head) != ITEM) { break; }
        if (length > end - at || spans.size() >= PN_MAX_FRAGMENTS) {
            return pn_fail(err, PN_EFORMAT, "compressed pixel data: a fragment of %lu bytes of %llu",
                           static_cast<unsigned long>(length), static_cast<unsigned long long>(end - at));
        }
        if (is_table) {
            if (length != 0 && length != 4 * static_cast<std::uint64_t>(file.frames)) {
                return pn_fail(err, PN_EFORMAT, "Basic Offset Table of %lu bytes for %lu frames",
                               static_cast<unsigned long>(length), static_cast<unsigned long>(file.frames));
            }
            table.resize(length);
            rc = read_at(table.data(), length, fd, at, err);
            if (rc != 0) { return rc; }
            base = at + length;
        } else {
            spans.push_back({at, length});
        }
        at += length;
    }
    if (spans.size() < file.frames) {
        return pn_fail(err, PN_EFORMAT, "%zu fragments for %lu frames", spans.size(), static_cast<unsigned long>(file.frames));
    }
    if (file.frames == 1) {
        first = {0, spans.size()};
        return 0;
    }
    if (spans.size() == file.frames) {
        for (std::size_t i = 0; i <= spans.size(); i++) { first.push_back(i); }
        return 0;
    }
    return use_table(table, base, file.frames, err);
}

int Fragments::use_table(const std::vector<std::uint8_t> &table, std::uint64_t base, std::uint32_t frames, pn_error *err)
{
    if (table.empty()) {
        return pn_fail(err, PN_EUNSUPPORTED, "%lu frames in %zu fragments without a Basic Offset Table",
                       static_cast<unsigned long>(frames), spans.size());
    }
    std::size_t s = 0;
    for (std::uint32_t k = 0; k < frames; k++) {
        std::uint64_t want = base + le32(table.data() + 4 * static_cast<std::size_t>(k)) + 8;
        while (s < spans.size() && spans[s].at < want) { s++; }
        bool begins = s < spans.size() && spans[s].at == want && (k == 0 ? s == 0 : s > first.back());
        if (!begins) { return pn_fail(err, PN_EFORMAT, "Basic Offset Table: frame %lu begins inside a fragment", static_cast<unsigned long>(k) + 1); }
        first.push_back(s);
    }
    first.push_back(spans.size());
    return 0;
}

int Fragments::gather(std::vector<std::uint8_t> &out, int fd, std::uint32_t frame, pn_error *err) const
{
    std::uint64_t n = 0;
    for (std::size_t s = first[frame]; s < first[frame + 1]; s++) { n += spans[s].length; }
    out.resize(n);
    std::size_t at = 0;
    for (std::size_t s = first[frame]; s < first[frame + 1]; s++) {
        int rc = read_at(out.data() + at, spans[s].length, fd, spans[s].at, err);
        if (rc != 0) { return rc; }
        at += spans[s].length;
    }
    return 0;
}

} // namespace pn

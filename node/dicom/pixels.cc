/* dicom/pixels.cc - see pixels.hh. */
#include "dicom/pixels.hh"
#include <cerrno>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace pn {

/* ---- What the header says ---------------------------------------------------------- */

static int check_kind(const PixelFile &f, DcmItem &dataset, Text &text, pn_error *err)
{
    std::uint16_t samples = 1;
    if (dataset.tagExists(DCM_SamplesPerPixel)) {
        int rc = uint16(samples, dataset, DCM_SamplesPerPixel, "Samples per Pixel", err);
        if (rc != 0) { return rc; }
    }
    std::string photometric = text.get(dataset, DCM_PhotometricInterpretation);
    bool grey = photometric.compare(0, 10, "MONOCHROME") == 0 || (f.labels && photometric == "PALETTE COLOR");
    if (samples != 1 || !grey) {
        return pn_fail(err, PN_EUNSUPPORTED, "not a grey-scale image: %u samples, photometric interpretation %s",
                       static_cast<unsigned>(samples), shown(photometric).c_str());
    }
    if (f.scan.encapsulated) {
        return pn_fail(err, PN_EUNSUPPORTED, "compressed pixel data (transfer syntax %s)",
                       f.scan.transfer_syntax_uid);
    }
    if (!f.scan.has_pixels) { return pn_fail(err, PN_EFORMAT, "no pixel data"); }
    return 0;
}

static int check_bits(const PixelFile &f, pn_error *err)
{
    if (f.rows == 0 || f.columns == 0) {
        return pn_fail(err, PN_EFORMAT, "image of %u x %u pixels", static_cast<unsigned>(f.columns),
                       static_cast<unsigned>(f.rows));
    }
    if (f.allocated != 8 && f.allocated != 16 && f.allocated != 32) {
        return pn_fail(err, PN_EUNSUPPORTED, "Bits Allocated is %u, expected 8, 16 or 32",
                       static_cast<unsigned>(f.allocated));
    }
    if (f.stored == 0 || f.stored > f.allocated || f.high >= f.allocated || f.high + 1 < f.stored ||
        f.is_signed > 1) {
        return pn_fail(err, PN_EFORMAT,
                       "Bits Allocated %u, Bits Stored %u, High Bit %u, Pixel Representation %u do not fit together",
                       static_cast<unsigned>(f.allocated), static_cast<unsigned>(f.stored),
                       static_cast<unsigned>(f.high), static_cast<unsigned>(f.is_signed));
    }
    return 0;
}

int describe_pixels(PixelFile &f, DcmItem &dataset, Text &text, pn_error *err)
{
    const struct { std::uint16_t *to; DcmTagKey tag; const char *name; } fields[] = {
        {&f.rows, DCM_Rows, "Rows"},
        {&f.columns, DCM_Columns, "Columns"},
        {&f.allocated, DCM_BitsAllocated, "Bits Allocated"},
        {&f.stored, DCM_BitsStored, "Bits Stored"},
        {&f.high, DCM_HighBit, "High Bit"},
        {&f.is_signed, DCM_PixelRepresentation, "Pixel Representation"},
    };
    int rc = check_kind(f, dataset, text, err);
    for (const auto &field : fields) {
        if (rc == 0) { rc = uint16(*field.to, dataset, field.tag, field.name, err); }
    }
    if (rc == 0) { rc = check_bits(f, err); }
    if (rc != 0) { return rc; }
    std::uint64_t want = static_cast<std::uint64_t>(f.bytes_per_frame()) * f.frames;
    if (f.scan.pixel_length < want || f.scan.pixel_length > want + 1) {
        return pn_fail(err, PN_EFORMAT, "pixel data of %llu bytes, expected %llu",
                       static_cast<unsigned long long>(f.scan.pixel_length),
                       static_cast<unsigned long long>(want));
    }
    return 0;
}

/* ---- Bytes -------------------------------------------------------------------------- */

FrameReader::~FrameReader()
{
    if (fd >= 0) { close(fd); }
}

int FrameReader::open(const PixelFile &f, pn_error *err)
{
    if (fd >= 0) { close(fd); }
    file = &f;
    fd = ::open(f.path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) { return pn_fail_transient(err, PN_EIO, "open: %s", std::strerror(errno)); }
    return 0;
}

int FrameReader::fetch(std::uint32_t frame, pn_error *err)
{
    std::size_t n = 0;
    std::uint64_t from = file->scan.pixel_offset + static_cast<std::uint64_t>(file->bytes_per_frame()) * frame;
    bytes.resize(file->bytes_per_frame());
    while (n < bytes.size()) {
        ssize_t got = pread(fd, bytes.data() + n, bytes.size() - n, static_cast<off_t>(from + n));
        if (got > 0) {
            n += static_cast<std::size_t>(got);
        } else if (got == 0 || errno != EINTR) {
            return pn_fail_transient(err, PN_EIO, "pixel data: %s",
                                     got == 0 ? "file became shorter while being read" : std::strerror(errno));
        }
    }
    /* 8-bit pixels in big endian words stand in pairs, second first. */
    if (file->scan.big_endian && file->allocated == 8 && file->scan.pixel_vr[1] == 'W') {
        for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) { std::swap(bytes[i], bytes[i + 1]); }
    }
    return 0;
}

/* ---- Values ------------------------------------------------------------------------- */

template <unsigned Bytes> static std::uint32_t word(const std::uint8_t *p, bool big)
{
    std::uint32_t v = 0;
    for (unsigned i = 0; i < Bytes; i++) { v |= static_cast<std::uint32_t>(p[big ? Bytes - 1 - i : i]) << 8 * i; }
    return v;
}

/* Exact in T, or not. */
static bool store(std::int16_t &dst, double v)
{
    if (!(v >= INT16_MIN && v <= INT16_MAX)) { return false; }
    dst = static_cast<std::int16_t>(v);
    return static_cast<double>(dst) == v;
}
static bool store(float &dst, double v)
{
    if (!(std::fabs(v) <= static_cast<double>(FLT_MAX))) { return false; }
    dst = static_cast<float>(v);
    return static_cast<double>(dst) == v;
}
static bool store(double &dst, double v)
{
    dst = v;
    return std::isfinite(v);
}

struct Rescale {
    double slope, intercept;
};

template <class T, unsigned Bytes, bool Big>
static bool rescale_words(T *dst, const std::uint8_t *src, const PixelFile &f, Rescale r)
{
    const unsigned shift = f.high + 1u - f.stored;
    const std::uint32_t mask = f.stored == 32 ? UINT32_MAX : (1u << f.stored) - 1;
    const std::int64_t sign = f.is_signed ? std::int64_t{1} << (f.stored - 1) : 0;
    bool exact = true;
    for (std::size_t i = 0; i < f.pixels_per_frame(); i++) {
        std::int64_t v = (word<Bytes>(src + i * Bytes, Big) >> shift) & mask;
        v = (v ^ sign) - sign;               /* two's complement of `stored` bits            */
        exact = store(dst[i], static_cast<double>(v) * r.slope + r.intercept) && exact;
    }
    return exact;
}

template <class T>
int FrameReader::read(T *dst, bool *exact, std::uint32_t frame, double slope, double intercept, pn_error *err)
{
    if (frame >= file->frames) {
        return pn_fail(err, PN_EINVAL, "frame %lu of %lu", static_cast<unsigned long>(frame) + 1,
                       static_cast<unsigned long>(file->frames));
    }
    int rc = fetch(frame, err);
    if (rc != 0) { return rc; }
    const Rescale r = {slope, intercept};
    const std::uint8_t *src = bytes.data();
    bool big = file->scan.big_endian;
    switch (file->allocated) {
    case 8: *exact = rescale_words<T, 1, false>(dst, src, *file, r); break;
    case 16:
        *exact = big ? rescale_words<T, 2, true>(dst, src, *file, r) : rescale_words<T, 2, false>(dst, src, *file, r);
        break;
    default:
        *exact = big ? rescale_words<T, 4, true>(dst, src, *file, r) : rescale_words<T, 4, false>(dst, src, *file, r);
    }
    return 0;
}

template int FrameReader::read(std::int16_t *, bool *, std::uint32_t, double, double, pn_error *);
template int FrameReader::read(float *, bool *, std::uint32_t, double, double, pn_error *);
template int FrameReader::read(double *, bool *, std::uint32_t, double, double, pn_error *);

} // namespace pn

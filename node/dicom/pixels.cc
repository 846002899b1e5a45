/* dicom/pixels.cc - see pixels.hh. */
#include "dicom/pixels.hh"
#include "dicom/codec.hh"
#include "dicom/fragments.hh"
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
    bool grey = photometric == "MONOCHROME1" || photometric == "MONOCHROME2" ||
                (f.labels && photometric == "PALETTE COLOR");
    if (samples != 1 || !grey) {
        return pn_fail(err, PN_EUNSUPPORTED, "not a grey-scale image: %u samples, photometric interpretation %s",
                       static_cast<unsigned>(samples), shown(photometric).c_str());
    }
    if (!f.scan.has_pixels) { return pn_fail(err, PN_EFORMAT, "no pixel data"); }
    return 0;
}

/* ---- Compression ---------------------------------------------------------------------- */

static int choose_codec(PixelFile &f, pn_error *err)
{
    static const struct { const char *uid; Codec codec; bool lossy; } known[] = {
        {UID_RLELosslessTransferSyntax, Codec::RLE, false},
        {UID_JPEGProcess1TransferSyntax, Codec::JPEG, true},
        {UID_JPEGProcess2_4TransferSyntax, Codec::JPEG, true},
        {UID_JPEGProcess14TransferSyntax, Codec::JPEG, false},
        {UID_JPEGProcess14SV1TransferSyntax, Codec::JPEG, false},
        {UID_JPEGLSLosslessTransferSyntax, Codec::JPEG_LS, false},
        {UID_JPEGLSLossyTransferSyntax, Codec::JPEG_LS, true},
        {UID_JPEG2000LosslessOnlyTransferSyntax, Codec::JPEG_2000, false},
        {UID_JPEG2000TransferSyntax, Codec::JPEG_2000, true},
    };
    for (const auto &k : known) {
        if (std::strcmp(f.scan.transfer_syntax_uid, k.uid) == 0) {
            f.codec = k.codec;
            f.lossy = k.lossy;
            return 0;
        }
    }
    return pn_fail(err, PN_EUNSUPPORTED, "compressed pixel data (transfer syntax %s)", f.scan.transfer_syntax_uid);
}

/* Ratios of several steps multiply (PS3.3 C.7.6.1.1.5.2). 0: none stated. */
static double stated_ratio(DcmItem &dataset)
{
    std::string s = raw(dataset, DCM_LossyImageCompressionRatio);
    double all = 1;
    const char *p = s.data(), *end = p + s.size();
    if (p == end) { return 0; }
    for (bool more = true; more;) {
        const char *stop = static_cast<const char *>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
        double one = 0;
        more = stop != nullptr;
        if (!parse_decimal(p, more ? stop : end, one) || !(one > 0 && one < 1e6)) { return 0; }
        all *= one;
        p = more ? stop + 1 : end;
    }
    return all;
}

static void read_loss(PixelFile &f, DcmItem &dataset)
{
    bool stated = raw(dataset, DCM_LossyImageCompression) == "01";
    bool coded = f.lossy;
    f.lossy = stated || coded;
    if (!f.lossy) { return; }
    f.ratio = stated_ratio(dataset);
    if (f.ratio == 0 && coded && f.scan.pixel_length > 0) {
        f.ratio = static_cast<double>(f.bytes_per_frame()) * f.frames / static_cast<double>(f.scan.pixel_length);
    }
}

static int check_size(const PixelFile &f, pn_error *err)
{
    std::uint64_t want = static_cast<std::uint64_t>(f.bytes_per_frame()) * f.frames;
    if (!f.scan.encapsulated) {
        if (f.scan.pixel_length >= want && f.scan.pixel_length <= want + 1) { return 0; }
        return pn_fail(err, PN_EFORMAT, "pixel data of %llu bytes, expected %llu",
                       static_cast<unsigned long long>(f.scan.pixel_length), static_cast<unsigned long long>(want));
    }
    if (!f.scan.pixel_fragments) {
        return pn_fail(err, PN_EFORMAT, "uncompressed pixel data in transfer syntax %s", f.scan.transfer_syntax_uid);
    }
    if (f.codec != Codec::RLE && f.allocated > 16) {
        return pn_fail(err, PN_EUNSUPPORTED, "Bits Allocated is %u in transfer syntax %s, expected 8 or 16",
                       static_cast<unsigned>(f.allocated), f.scan.transfer_syntax_uid);
    }
    if (f.pixels_per_frame() > PN_MAX_FRAME_PIXELS) {
        return pn_fail(err, PN_ELIMIT, "compressed image of %u x %u pixels, at most %llu pixels are allowed",
                       static_cast<unsigned>(f.columns), static_cast<unsigned>(f.rows), PN_MAX_FRAME_PIXELS);
    }
    return 0;
}

/* ---- Layout --------------------------------------------------------------------------- */

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
    if (rc == 0 && f.scan.encapsulated) { rc = choose_codec(f, err); }
    if (rc == 0) { rc = check_size(f, err); }
    if (rc == 0) { read_loss(f, dataset); }
    return rc;
}

/* ---- Bytes -------------------------------------------------------------------------- */

FrameReader::FrameReader() = default;

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
    fragments.reset();
    if (f.codec == Codec::NONE) { return 0; }
    fragments = std::make_unique<Fragments>();
    return fragments->index(fd, f, err);
}

int FrameReader::fetch_plain(std::uint32_t frame, pn_error *err)
{
    std::uint64_t from = static_cast<std::uint64_t>(file->bytes_per_frame()) * frame;
    bool swapped = file->scan.big_endian && file->allocated == 8 && file->scan.pixel_vr[1] == 'W';
    if (swapped && from % 2 != 0) {
        return pn_fail(err, PN_EUNSUPPORTED, "frames of an odd number of bytes in big endian words");
    }
    bytes.resize(file->bytes_per_frame());
    int rc = read_at(bytes.data(), bytes.size(), fd, file->scan.pixel_offset + from, err);
    /* 8-bit pixels in big endian words stand in pairs, second first. */
    for (std::size_t i = 0; swapped && i + 1 < bytes.size(); i += 2) { std::swap(bytes[i], bytes[i + 1]); }
    return rc;
}

int FrameReader::fetch(std::uint32_t frame, pn_error *err)
{
    if (file->codec == Codec::NONE) { return fetch_plain(frame, err); }
    int rc = fragments->gather(code, fd, frame, err);
    if (rc != 0) { return rc; }
    switch (file->codec) {
    case Codec::RLE: return decode_rle(bytes, code, *file, err);
    case Codec::JPEG: return decode_jpeg(bytes, code, *file, err);
    case Codec::JPEG_LS: return decode_jpegls(bytes, code, *file, err);
    default: return decode_jpeg2000(bytes, code, *file, err);
    }
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

/* dicom/codec_jpeg.cc - ISO 10918-1 through DCMTK's three builds of the IJG library.
 *
 * The library fills what it could not decode with grey and mentions it as a warning; here that is
 * the end of the image. */
#include "dicom/codec.hh"
#include "dcmtk/dcmjpeg/djcparam.h"
#include "dcmtk/dcmjpeg/djdijg12.h"
#include "dcmtk/dcmjpeg/djdijg16.h"
#include "dcmtk/dcmjpeg/djdijg8.h"
#include <cstring>

namespace pn {

namespace {

enum : std::uint8_t { SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, DHT = 0xC4, JPG = 0xC8, DAC = 0xCC, TEM = 0x01 };

struct Frame {
    Codestream stream = {};
    std::uint8_t process = 0xFF;             /* n of SOFn                                    */
    std::uint8_t point_transform = 0;
};

bool is_frame(std::uint8_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != DHT && marker != JPG && marker != DAC;
}

int fail_marker(pn_error *err, const char *what) { return pn_fail(err, PN_EFORMAT, "JPEG codestream: %s", what); }

int take_frame(Frame &out, std::uint8_t marker, const std::uint8_t *p, std::size_t n, pn_error *err)
{
    if (out.process != 0xFF) { return fail_marker(err, "two frame headers"); }
    if (n < 6) { return fail_marker(err, "cut off in its frame header"); }
    out.process = static_cast<std::uint8_t>(marker - 0xC0);
    out.stream = {be16(p + 3), be16(p + 1), p[5], p[0], false};
    return 0;
}

/* The segments up to and with the first scan's header. */
int read_headers(Frame &out, const std::vector<std::uint8_t> &code, pn_error *err)
{
    const std::uint8_t *p = code.data(), *end = p + code.size();
    if (code.size() < 4 || p[0] != 0xFF || p[1] != SOI) { return fail_marker(err, "does not begin with a start of image"); }
    p += 2;
    for (;;) {
        while (end - p >= 2 && p[0] == 0xFF && p[1] == 0xFF) { p++; }     /* fill bytes      */
        if (end - p < 4 || p[0] != 0xFF) { return fail_marker(err, "no marker where one should be"); }
        std::uint8_t marker = p[1];
        if (marker == TEM || (marker >= 0xD0 && marker <= EOI)) { return fail_marker(err, "no scan"); }
        std::size_t length = be16(p + 2), left = static_cast<std::size_t>(end - p) - 2;
        if (length < 2 || length > left) { return fail_marker(err, "a segment is longer than the frame"); }
        const std::uint8_t *value = p + 4;
        std::size_t n = length - 2;
        if (is_frame(marker)) {
            int rc = take_frame(out, marker, value, n, err);
            if (rc != 0) { return rc; }
        }
        if (marker == SOS) {
            if (out.process == 0xFF) { return fail_marker(err, "a scan before its frame header"); }
            if (n < 6 || value[0] != 1) { return fail_marker(err, "a scan of other than one component"); }
            out.point_transform = value[5] & 0x0F;
            return 0;
        }
        p += 2 + length;
    }
}

/* SOF0 baseline, SOF1 extended, SOF3 lossless; the transfer syntax says which may come. */
int check_process(const Frame &frame, const PixelFile &f, pn_error *err)
{
    bool baseline = std::strcmp(f.scan.transfer_syntax_uid, UID_JPEGProcess1TransferSyntax) == 0;
    bool extended = std::strcmp(f.scan.transfer_syntax_uid, UID_JPEGProcess2_4TransferSyntax) == 0;
    bool fits = baseline ? frame.process == 0 : extended ? frame.process <= 1 : frame.process == 3;
    if (!fits) {
        return pn_fail(err, PN_EUNSUPPORTED, "JPEG codestream of process SOF%u in transfer syntax %s",
                       static_cast<unsigned>(frame.process), f.scan.transfer_syntax_uid);
    }
    if (frame.process == 3 && frame.point_transform != 0) {
        return pn_fail(err, PN_EUNSUPPORTED, "JPEG codestream without its %u lowest bits in a lossless transfer syntax",
                       static_cast<unsigned>(frame.point_transform));
    }
    std::uint32_t precision = frame.stream.precision;
    if (frame.process == 3 ? precision < 2 || precision > 16 : precision != 8 && (precision != 12 || baseline)) {
        return pn_fail(err, PN_EFORMAT, "JPEG codestream of %lu bits in transfer syntax %s",
                       static_cast<unsigned long>(precision), f.scan.transfer_syntax_uid);
    }
    /* PS3.5 8.2.1: the transform knows no sign; around zero it would mix -1 with the largest. */
    if (frame.process != 3 && f.is_signed) {
        return pn_fail(err, PN_EUNSUPPORTED, "signed pixels in lossy JPEG");
    }
    return 0;
}

template <class Base> class Decoder : public Base {
public:
    using Base::Base;
    void emitMessage(int level) const override
    {
        if (level < 0) { warned = true; }
    }
    mutable bool warned = false;
};

template <class Base, class Sample>
int decode_with(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err)
{
    DJCodecParameter parameters(ECC_lossyYCbCr, EDC_never, EUC_never, EPC_default);
    Decoder<Base> decoder(parameters, OFFalse);
    std::vector<Sample> samples(f.pixels_per_frame());
    OFCondition cond = decoder.init();
    if (cond.good()) {
        cond = decoder.decode(code.data(), static_cast<Uint32>(code.size()),
                              reinterpret_cast<Uint8 *>(samples.data()),
                              static_cast<Uint32>(samples.size() * sizeof(Sample)), f.is_signed ? OFTrue : OFFalse);
    }
    if (cond.bad()) { return pn_fail(err, PN_EFORMAT, "JPEG codestream is cut off or damaged: %.120s", cond.text()); }
    if (decoder.warned) { return fail_marker(err, "damaged"); }
    put_cells(out, samples.data(), f);
    return 0;
}

} // namespace

int decode_jpeg(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err)
{
    Frame frame;
    int rc = read_headers(frame, code, err);
    if (rc == 0) { rc = check_process(frame, f, err); }
    if (rc == 0) {
        frame.stream.is_signed = f.is_signed != 0;       /* it does not say                  */
        rc = check_codestream(frame.stream, f, err);
    }
    if (rc != 0) { return rc; }
    std::uint32_t bits = frame.stream.precision;
    return bits <= 8    ? decode_with<DJDecompressIJG8Bit, std::uint8_t>(out, code, f, err)
           : bits <= 12 ? decode_with<DJDecompressIJG12Bit, std::uint16_t>(out, code, f, err)
                        : decode_with<DJDecompressIJG16Bit, std::uint16_t>(out, code, f, err);
}

} // namespace pn

/* dicom/codec_jpegls.cc - ISO 14495-1 through CharLS 2; DCMTK carries CharLS 1. */
#include "dicom/codec.hh"
#include <charls/charls.h>
#include <cstring>
#include <memory>
#include <new>

namespace pn {

namespace {

struct Destroy {
    void operator()(charls_jpegls_decoder *d) const { charls_jpegls_decoder_destroy(d); }
};

int fail_code(pn_error *err, charls_jpegls_errc code)
{
    return pn_fail(err, PN_EFORMAT, "JPEG-LS codestream is cut off or damaged: %.120s", charls_get_error_message(code));
}

/* CharLS 2.4 never returns from some scans that run to the end of its buffer. */
int check_end(const std::vector<std::uint8_t> &code, pn_error *err)
{
    std::size_t n = code.size();
    while (n > 0 && code[n - 1] == 0) { n--; }
    if (n >= 2 && code[n - 2] == 0xFF && code[n - 1] == 0xD9) { return 0; }
    return pn_fail(err, PN_EFORMAT, "JPEG-LS codestream is cut off: no end of image");
}

int check_near(int near, const PixelFile &f, pn_error *err)
{
    if (near == 0) { return 0; }
    if (std::strcmp(f.scan.transfer_syntax_uid, UID_JPEGLSLosslessTransferSyntax) == 0) {
        return pn_fail(err, PN_EFORMAT, "near-lossless JPEG-LS codestream in a lossless transfer syntax");
    }
    /* The error is bounded in the unsigned code only: the largest value may become the smallest. */
    if (f.is_signed) { return pn_fail(err, PN_EUNSUPPORTED, "signed pixels in near-lossless JPEG-LS"); }
    return 0;
}

template <class Sample>
int decode_with(std::vector<std::uint8_t> &out, charls_jpegls_decoder *decoder, const PixelFile &f, pn_error *err)
{
    std::vector<Sample> samples(f.pixels_per_frame());
    std::size_t bytes = samples.size() * sizeof(Sample), stated = 0;
    charls_jpegls_errc rc = charls_jpegls_decoder_get_destination_size(decoder, 0, &stated);
    if (rc == charls::jpegls_errc::success && stated != bytes) {
        return pn_fail(err, PN_EFORMAT, "JPEG-LS codestream holds %zu bytes, expected %zu", stated, bytes);
    }
    if (rc == charls::jpegls_errc::success) { rc = charls_jpegls_decoder_decode_to_buffer(decoder, samples.data(), bytes, 0); }
    if (rc != charls::jpegls_errc::success) { return fail_code(err, rc); }
    put_cells(out, samples.data(), f);
    return 0;
}

} // namespace

int decode_jpegls(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err)
{
    int bad = check_end(code, err);
    if (bad != 0) { return bad; }
    std::unique_ptr<charls_jpegls_decoder, Destroy> decoder(charls_jpegls_decoder_create());
    if (decoder == nullptr) { throw std::bad_alloc(); }
    charls_frame_info info = {};
    std::int32_t near = 0;
    charls_jpegls_errc rc = charls_jpegls_decoder_set_source_buffer(decoder.get(), code.data(), code.size());
    if (rc == charls::jpegls_errc::success) { rc = charls_jpegls_decoder_read_header(decoder.get()); }
    if (rc == charls::jpegls_errc::success) { rc = charls_jpegls_decoder_get_frame_info(decoder.get(), &info); }
    if (rc == charls::jpegls_errc::success) { rc = charls_jpegls_decoder_get_near_lossless(decoder.get(), 0, &near); }
    if (rc != charls::jpegls_errc::success) { return fail_code(err, rc); }
    Codestream stream = {info.width, info.height, static_cast<std::uint32_t>(info.component_count),
                         static_cast<std::uint32_t>(info.bits_per_sample), f.is_signed != 0};
    bad = check_codestream(stream, f, err);
    if (bad == 0) { bad = check_near(near, f, err); }
    if (bad != 0) { return bad; }
    return stream.precision <= 8 ? decode_with<std::uint8_t>(out, decoder.get(), f, err)
                                 : decode_with<std::uint16_t>(out, decoder.get(), f, err);
}

} // namespace pn

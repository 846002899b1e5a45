/* dicom/codec_rle.cc - PS3.5 annex G.
 *
 * Not DCMTK's decoder: it takes the control byte -128, which stands for nothing, as a run of 129. */
#include "dicom/codec.hh"
#include <cstring>

namespace pn {

static const std::size_t HEADER = 64, MAX_SEGMENTS = 4;      /* of 32 bits           */

/* Exactly n bytes from [p, end); what follows may only be padding. */
static int unpack(std::uint8_t *dst, std::size_t n, const std::uint8_t *p, const std::uint8_t *end,
                  unsigned segment, pn_error *err)
{
    std::size_t have = 0;
    while (have < n && p < end) {
        std::uint8_t control = *p++;
        if (control == 128) { continue; }
        std::size_t run = control < 128 ? control + 1u : 257u - control;
        std::size_t left = static_cast<std::size_t>(end - p), need = control < 128 ? run : 1;
        if (need > left) { break; }
        if (run > n - have) {
            return pn_fail(err, PN_EFORMAT, "RLE segment %u holds more than the %zu bytes of one image", segment, n);
        }
        if (control < 128) {
            std::memcpy(dst + have, p, run);
        } else {
            std::memset(dst + have, *p, run);
        }
        have += run;
        p += need;
    }
    if (have < n) {
        return pn_fail(err, PN_EFORMAT, "RLE segment %u holds %zu bytes, expected %zu", segment, have, n);
    }
    for (; p < end; p++) {
        if (*p != 0 && *p != 128) {
            return pn_fail(err, PN_EFORMAT, "RLE segment %u holds more than the %zu bytes of one image", segment, n);
        }
    }
    return 0;
}

int decode_rle(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err)
{
    std::size_t pixels = f.pixels_per_frame(), width = f.allocated / 8u, ends[MAX_SEGMENTS + 1];
    if (code.size() < HEADER) { return pn_fail(err, PN_EFORMAT, "RLE frame of %zu bytes has no header", code.size()); }
    std::uint32_t segments = le32(code.data());
    if (segments != width) {
        return pn_fail(err, PN_EFORMAT, "RLE frame of %lu segments, expected %zu", static_cast<unsigned long>(segments), width);
    }
    for (std::size_t s = 0; s < segments; s++) { ends[s] = le32(code.data() + 4 * (s + 1)); }
    ends[segments] = code.size();
    for (std::size_t s = 0; s < segments; s++) {
        if (ends[s] < HEADER || ends[s] >= ends[s + 1]) {
            return pn_fail(err, PN_EFORMAT, "RLE segment %zu begins at %zu of %zu bytes", s + 1, ends[s], code.size());
        }
    }
    std::vector<std::uint8_t> plane(pixels);
    out.resize(f.bytes_per_frame());
    for (std::size_t s = 0; s < segments; s++) {
        int rc = unpack(plane.data(), pixels, code.data() + ends[s], code.data() + ends[s + 1],
                        static_cast<unsigned>(s + 1), err);
        if (rc != 0) { return rc; }
        /* The first segment holds the most significant bytes. */
        std::size_t at = width - 1 - s;
        for (std::size_t i = 0; i < pixels; i++) { out[i * width + at] = plane[i]; }
    }
    return 0;
}

} // namespace pn

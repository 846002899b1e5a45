/* dicom/codec.hh - one compressed frame to samples. Private to dicom/.
 *
 * Codecs are where most published defects of DICOM software are, so they run in compute and the
 * offline verbs only, and each of them is told before it starts what has to come out: a frame of
 * exactly rows x columns single samples. What the codestream says of itself is compared with that
 * before the codec allocates anything; a warning of a codec counts as a failure, since a repaired
 * image is not the image that was made. */
#ifndef PN_DICOM_CODEC_HH
#define PN_DICOM_CODEC_HH
#include "dicom/pixels.hh"

namespace pn {

/* Decode `code` into `out`, which is resized to f.bytes_per_frame(): the pixel cells as an
 * uncompressed little endian file would hold them. `code` may be changed by the codec.
 * PN_EFORMAT: damaged, cut off, or of another size, depth or sign than the header states;
 * PN_EUNSUPPORTED: a process that the transfer syntax or we do not have. */
int decode_rle(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err);
int decode_jpeg(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err);
int decode_jpegls(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err);
int decode_jpeg2000(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err);

/* What a codestream states about itself. */
struct Codestream {
    std::uint32_t columns, rows, components, precision;
    bool is_signed;
};
/* It is the frame that the header describes. Precision may exceed High Bit + 1 up to Bits
 * Allocated (some encoders code whole pixel cells), but not fall short of it. */
int check_codestream(const Codestream &c, const PixelFile &f, pn_error *err);

/* Samples in the machine's order as pixel cells of `allocated` bits. */
template <class Sample>
void put_cells(std::vector<std::uint8_t> &out, const Sample *samples, const PixelFile &f)
{
    std::size_t n = f.pixels_per_frame();
    out.resize(f.bytes_per_frame());
    if (f.allocated == 8) {
        for (std::size_t i = 0; i < n; i++) { out[i] = static_cast<std::uint8_t>(samples[i]); }
        return;
    }
    for (std::size_t i = 0; i < n; i++) {
        std::uint32_t v = static_cast<std::uint32_t>(samples[i]);
        out[2 * i] = static_cast<std::uint8_t>(v);
        out[2 * i + 1] = static_cast<std::uint8_t>(v >> 8);
    }
}

inline std::uint32_t be16(const std::uint8_t *p) { return static_cast<std::uint32_t>(p[0]) << 8 | p[1]; }
inline std::uint32_t be32(const std::uint8_t *p) { return be16(p) << 16 | be16(p + 2); }
inline std::uint32_t le32(const std::uint8_t *p)
{
    return p[0] | static_cast<std::uint32_t>(p[1]) << 8 | static_cast<std::uint32_t>(p[2]) << 16 |
           static_cast<std::uint32_t>(p[3]) << 24;
}

} // namespace pn
#endif

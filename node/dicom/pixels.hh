/* dicom/pixels.hh - from one file and the number of a frame to an array of rescaled values.
 *
 * PS3.3 C.7.6.3 (image pixels), C.11.1 (modality LUT). Private to dicom/; runs where pixel data
 * is decoded, which is never the receiver and never the header child. */
#ifndef PN_DICOM_PIXELS_HH
#define PN_DICOM_PIXELS_HH
#include "dicom/dataset.hh"
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pn {

class Fragments;

enum class Codec { NONE, RLE, JPEG, JPEG_LS, JPEG_2000 };

/* How the pixels of one file stand there. */
struct PixelFile {
    const char *path = nullptr;              /* borrowed                                     */
    pn_scan scan = {};
    std::uint32_t frames = 1;
    std::uint16_t rows = 0, columns = 0, allocated = 0, stored = 0, high = 0, is_signed = 0;
    bool labels = false;                     /* set by the caller: values are labels, and may
                                                have a palette                               */

    Codec codec = Codec::NONE;
    /* A lossy transfer syntax, or Lossy Image Compression is 01. */
    bool lossy = false;
    double ratio = 0;                        /* of the lossy steps together, as stated, or of the
                                                sizes in this file                           */

    std::size_t pixels_per_frame() const { return static_cast<std::size_t>(rows) * columns; }
    std::size_t bytes_per_frame() const { return pixels_per_frame() * (allocated / 8u); }
};

/* Fill all but path, scan and frames, which the caller has filled, and check that what is stated
 * fits together and into the file. PN_EUNSUPPORTED: colour, other Bits Allocated than 8, 16 or 32
 * (JPEG, JPEG-LS, JPEG 2000: 8 or 16). PN_EFORMAT: no pixel data, of another length, attributes
 * that contradict. PN_ELIMIT: a compressed frame of more than PN_MAX_FRAME_PIXELS. */
int describe_pixels(PixelFile &f, DcmItem &dataset, Text &text, pn_error *err);

/* One file's frames. T is int16_t, float or double. */
class FrameReader {
public:
    FrameReader();
    FrameReader(const FrameReader &) = delete;
    FrameReader &operator=(const FrameReader &) = delete;
    ~FrameReader();

    /* `file` is borrowed until the next open. Transient PN_EIO; compressed: PN_EFORMAT where its
     * fragments are not frames. */
    int open(const PixelFile &file, pn_error *err);
    /* Decode frame `frame` (from 0); its values as slope * stored value + intercept into pixels_per_frame() of T.
     * `exact` false: T cannot hold one of the values, `dst` is not to be used.
     * MONOCHROME1 is no matter of values and changes none. PN_EFORMAT, PN_EUNSUPPORTED: see
     * codec.hh and fragments.hh. */
    template <class T>
    int read(T *dst, bool *exact, std::uint32_t frame, double slope, double intercept, pn_error *err);

private:
    int fetch(std::uint32_t frame, pn_error *err);
    int fetch_plain(std::uint32_t frame, pn_error *err);
    const PixelFile *file = nullptr;
    int fd = -1;
    std::unique_ptr<Fragments> fragments;    /* compressed: where the frames are             */
    std::vector<std::uint8_t> bytes, code;   /* of one frame, decoded and as it stands       */
};

} // namespace pn
#endif

/* dicom/fragments.hh - which bytes of a file are which compressed frame (PS3.5 A.4).
 * Private to dicom/. */
#ifndef PN_DICOM_FRAGMENTS_HH
#define PN_DICOM_FRAGMENTS_HH
#include "dicom/pixels.hh"

namespace pn {

class Fragments {
public:
    /* Walk the items once. One frame: all fragments are its. As many fragments as frames: one
     * each. Else the Basic Offset Table decides, and PN_EUNSUPPORTED where it is empty.
     * PN_EFORMAT: items that are not those the scan saw, a table that does not fit. */
    int index(int fd, const PixelFile &file, pn_error *err);
    /* The bytes of one frame, its fragments joined. */
    int gather(std::vector<std::uint8_t> &out, int fd, std::uint32_t frame, pn_error *err) const;

private:
    struct Span {
        std::uint64_t at;                    /* of its first byte in the file                */
        std::uint32_t length;
    };
    int use_table(const std::vector<std::uint8_t> &table, std::uint64_t base, std::uint32_t frames, pn_error *err);
    std::vector<Span> spans;
    std::vector<std::size_t> first;          /* span where a frame begins; one more at the end */
};

/* n bytes at `at`. Transient PN_EIO. */
int read_at(void *to, std::size_t n, int fd, std::uint64_t at, pn_error *err);

} // namespace pn
#endif

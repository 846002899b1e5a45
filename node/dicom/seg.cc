/* dicom/seg.cc - a segment of a binary SEG as a mask (mask.h). PS3.3 A.51, C.8.20; bits are
 * packed from the least significant bit up, frames follow one another without padding
 * (PS3.5 8.1.1, 8.2). */
#include "dicom/placement.hh"
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace {

const char *const UID_LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7";

struct Layout {
    std::uint16_t rows = 0, columns = 0;
    std::uint64_t frames = 0;
    std::uint64_t frame_bits() const { return static_cast<std::uint64_t>(rows) * columns; }
};

/* Where a frame's first pixel falls in the volume. */
struct Corner {
    size_t i = 0, j = 0, k = 0;
};

/* ---- The object as a whole -------------------------------------------------------------- */

int check_class(const pn_scan &scan, DcmItem &dataset, pn::Text &text, pn_error *err)
{
    if (std::strcmp(scan.sop_class_uid, UID_LABEL_MAP) == 0) {
        return pn_fail(err, PN_EUNSUPPORTED, "label map segmentation (LABELMAP) is not supported, only BINARY");
    }
    if (std::strcmp(scan.sop_class_uid, UID_SegmentationStorage) != 0) {
        return pn_fail(err, PN_EFORMAT, "not a Segmentation (SOP class %s)", scan.sop_class_uid);
    }
    std::string type = text.get(dataset, DCM_SegmentationType);
    if (type != "BINARY") {
        return pn_fail(err, PN_EUNSUPPORTED, "Segmentation Type %s is not supported, only BINARY",
                       pn::shown(type).c_str());
    }
    if (scan.encapsulated) {
        return pn_fail(err, PN_EUNSUPPORTED, "compressed segmentation (transfer syntax %s)",
                       scan.transfer_syntax_uid);
    }
    if (scan.big_endian && scan.pixel_vr[1] == 'W') {
        return pn_fail(err, PN_EUNSUPPORTED, "packed bits in big endian words");
    }
    return scan.has_pixels ? 0 : pn_fail(err, PN_EFORMAT, "no pixel data");
}

int read_layout(Layout &l, const pn_scan &scan, DcmItem &dataset, size_t frame_items, pn_error *err)
{
    std::uint16_t allocated = 0;
    long frames = 0;
    int rc = pn::uint16(l.rows, dataset, DCM_Rows, "Rows", err);
    if (rc == 0) { rc = pn::uint16(l.columns, dataset, DCM_Columns, "Columns", err); }
    if (rc == 0) { rc = pn::uint16(allocated, dataset, DCM_BitsAllocated, "Bits Allocated", err); }
    if (rc == 0) { rc = pn::integer(frames, dataset, DCM_NumberOfFrames, "Number of Frames", err); }
    if (rc != 0) { return rc; }
    if (allocated != 1 || l.rows == 0 || l.columns == 0 || frames < 1) {
        return pn_fail(err, PN_EFORMAT, "binary segmentation of %ld frames, %u x %u pixels, %u bits allocated",
                       frames, static_cast<unsigned>(l.columns), static_cast<unsigned>(l.rows),
                       static_cast<unsigned>(allocated));
    }
    l.frames = static_cast<std::uint64_t>(frames);
    if (frame_items != l.frames) {
        return pn_fail(err, PN_EFORMAT, "Number of Frames is %ld, but %zu frames are described", frames, frame_items);
    }
    std::uint64_t bytes = (l.frames * l.frame_bits() + 7) / 8;
    if (scan.pixel_length < bytes || scan.pixel_length > bytes + 1) {
        return pn_fail(err, PN_EFORMAT, "pixel data of %llu bytes, expected %llu",
                       static_cast<unsigned long long>(scan.pixel_length), static_cast<unsigned long long>(bytes));
    }
    return 0;
}

bool has_segment(DcmItem &dataset, int number)
{
    for (DcmItem *item : pn::items(dataset, DCM_SegmentSequence)) {
        std::uint16_t n = 0;
        if (pn::uint16(n, *item, DCM_SegmentNumber, "", nullptr) == 0 && n == number) { return true; }
    }
    return false;
}

/* ---- One frame ------------------------------------------------------------------------------ */

/* A functional group of the frame itself, else the one shared by all frames. */
DcmItem *group(DcmItem &frame, DcmItem *shared, const DcmTagKey &tag)
{
    DcmItem *own = pn::first_item(frame, tag);
    return own != nullptr || shared == nullptr ? own : pn::first_item(*shared, tag);
}

bool is_of_segment(DcmItem &frame, DcmItem *shared, int number)
{
    std::uint16_t n = 0;
    DcmItem *id = group(frame, shared, DCM_SegmentIdentificationSequence);
    return id != nullptr && pn::uint16(n, *id, DCM_ReferencedSegmentNumber, "", nullptr) == 0 && n == number;
}

int check_spacing(DcmItem &frame, DcmItem *shared, const rx_grid &g, pn_error *err)
{
    DcmItem *measures = group(frame, shared, DCM_PixelMeasuresSequence);
    double spacing[2];
    if (measures == nullptr) { return pn_fail(err, PN_EGEOMETRY, "no Pixel Measures Sequence"); }
    int rc = pn::decimals(spacing, 2, *measures, DCM_PixelSpacing, "Pixel Spacing", err);
    if (rc != 0) { return rc; }
    for (int axis = 0; axis < 2; axis++) {
        double own = spacing[1 - axis], ours = g.spacing_mm[axis];
        /* A tenth of a pixel at the far edge. */
        if (!(std::fabs(own - ours) * static_cast<double>(g.dim[axis]) <= 0.1 * ours)) {
            return pn_fail(err, PN_EGEOMETRY, "pixel spacing of %.6g mm, the images have %.6g mm", own, ours);
        }
    }
    return 0;
}

int check_orientation(DcmItem &frame, DcmItem *shared, const rx_grid &g, pn_error *err)
{
    DcmItem *plane = group(frame, shared, DCM_PlaneOrientationSequence);
    double cosines[6];
    if (plane == nullptr) { return pn_fail(err, PN_EGEOMETRY, "no Plane Orientation Sequence"); }
    int rc = pn::decimals(cosines, 6, *plane, DCM_ImageOrientationPatient, "Image Orientation (Patient)", err);
    if (rc != 0) { return rc; }
    for (int axis = 0; axis < 2; axis++) {
        for (int r = 0; r < 3; r++) {
            if (!(std::fabs(cosines[3 * axis + r] - g.direction[3 * r + axis]) <= 1e-3)) {
                return pn_fail(err, PN_EGEOMETRY, "other orientation than the images");
            }
        }
    }
    return 0;
}

int place(Corner &corner, DcmItem &frame, DcmItem *shared, const pn::Placement &placement,
          const rx_grid &g, const Layout &l, pn_error *err)
{
    DcmItem *plane = group(frame, shared, DCM_PlanePositionSequence);
    double position[3], i, j, along;
    if (plane == nullptr) { return pn_fail(err, PN_EGEOMETRY, "no Plane Position Sequence"); }
    int rc = pn::decimals(position, 3, *plane, DCM_ImagePositionPatient, "Image Position (Patient)", err);
    if (rc != 0) { return rc; }
    placement.locate(position, i, j, along);
    double off_i = std::fabs(i - std::round(i)) * g.spacing_mm[0];
    double off_j = std::fabs(j - std::round(j)) * g.spacing_mm[1];
    bool on_pixels = off_i <= placement.in_plane_tolerance_mm && off_j <= placement.in_plane_tolerance_mm;
    i = std::round(i);
    j = std::round(j);
    /* A frame may be a cut-out of the image, but not reach beyond it. */
    bool within = i >= 0 && j >= 0 && i + l.columns <= static_cast<double>(g.dim[0]) &&
                  j + l.rows <= static_cast<double>(g.dim[1]);
    if (!on_pixels || !within) {
        return pn_fail(err, PN_EGEOMETRY, "%u x %u pixels at (%.6g, %.6g, %.6g mm) are not on the images' grid",
                       static_cast<unsigned>(l.columns), static_cast<unsigned>(l.rows), position[0],
                       position[1], position[2]);
    }
    corner.k = placement.nearest(along);
    double off = std::fabs(along - placement.position_of(corner.k));
    if (off > placement.plane_tolerance_mm) {
        return pn_fail(err, PN_EGEOMETRY, "lies %.4g mm from the nearest plane, %s", off,
                       placement.name(corner.k).c_str());
    }
    corner.i = static_cast<size_t>(i);
    corner.j = static_cast<size_t>(j);
    return 0;
}

/* ---- Bits -------------------------------------------------------------------------------------- */

class Bits {
public:
    Bits(const char *path, const pn_scan &s) : fd(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)), scan(s) {}
    ~Bits() { if (fd >= 0) { close(fd); } }
    Bits(const Bits &) = delete;
    Bits &operator=(const Bits &) = delete;

    /* n bits from `first` on; bit b of them is bit (b + skip) of `bytes`. */
    int read(std::uint64_t first, std::uint64_t n, pn_error *err)
    {
        std::uint64_t from = first / 8, to = (first + n + 7) / 8;
        skip = static_cast<unsigned>(first % 8);
        bytes.resize(static_cast<size_t>(to - from));
        size_t have = 0;
        while (have < bytes.size()) {
            ssize_t got = pread(fd, bytes.data() + have, bytes.size() - have,
                                static_cast<off_t>(scan.pixel_offset + from + have));
            if (got > 0) {
                have += static_cast<size_t>(got);
            } else if (got == 0 || errno != EINTR) {
                return pn_fail_transient(err, PN_EIO, "pixel data: %s",
                                         got == 0 ? "file became shorter while being read" : std::strerror(errno));
            }
        }
        return 0;
    }
    std::uint8_t at(size_t b) const { return bytes[(b + skip) / 8] >> ((b + skip) % 8) & 1; }

private:
    int fd;
    const pn_scan &scan;
    unsigned skip = 0;
    std::vector<std::uint8_t> bytes;
};

size_t copy_frame(std::uint8_t *voxels, const rx_grid &g, const Corner &c, const Layout &l, const Bits &bits)
{
    size_t count = 0;
    for (size_t row = 0; row < l.rows; row++) {
        std::uint8_t *dst = voxels + (c.k * g.dim[1] + c.j + row) * g.dim[0] + c.i;
        for (size_t column = 0; column < l.columns; column++) {
            dst[column] = bits.at(row * l.columns + column);
            count += dst[column];
        }
    }
    return count;
}

/* ---- The segment -------------------------------------------------------------------------------- */

struct Source {
    const char *path;
    const pn_scan &scan;
    const Layout &layout;
    const std::vector<DcmItem *> &frames;
    DcmItem *shared;
};

int fill(pn_mask &mask, const Source &src, int number, const pn_volume &volume, pn_error *err)
{
    const rx_grid &g = volume.image.grid;
    pn::Placement placement(volume);
    Bits bits(src.path, src.scan);
    std::vector<size_t> taken(g.dim[2], 0);
    for (size_t f = 0; f < src.frames.size(); f++) {
        DcmItem &frame = *src.frames[f];
        if (!is_of_segment(frame, src.shared, number)) { continue; }
        Corner corner;
        int rc = check_spacing(frame, src.shared, g, err);
        if (rc == 0) { rc = check_orientation(frame, src.shared, g, err); }
        if (rc == 0) { rc = place(corner, frame, src.shared, placement, g, src.layout, err); }
        if (rc == 0 && taken[corner.k] != 0) {
            rc = pn_fail(err, PN_EGEOMETRY, "lies on the same slice as frame %zu", taken[corner.k]);
        }
        if (rc == 0) { rc = bits.read(f * src.layout.frame_bits(), src.layout.frame_bits(), err); }
        if (rc != 0) { return pn_wrap(err, "frame %zu", f + 1); }
        taken[corner.k] = f + 1;
        mask.n_voxels += copy_frame(mask.voxels, g, corner, src.layout, bits);
        mask.n_contours++;
    }
    if (mask.n_contours == 0) { return pn_fail(err, PN_EEMPTY, "it has no frame"); }
    if (mask.n_voxels == 0) { return pn_fail(err, PN_EEMPTY, "it marks no voxel"); }
    return 0;
}

bool names_our_image(const std::vector<DcmItem *> &frames, DcmItem &dataset, const pn_volume &volume)
{
    auto ours = [&](DcmItem &parent, const DcmTagKey &sequence) {
        for (DcmItem *image : pn::items(parent, sequence)) {
            char uid[PN_UID_SIZE];
            if (pn::put_uid(uid, *image, DCM_ReferencedSOPInstanceUID, nullptr) == 0 &&
                pn::is_image_of(volume, uid)) {
                return true;
            }
        }
        return false;
    };
    for (DcmItem *series : pn::items(dataset, DCM_ReferencedSeriesSequence)) {
        if (ours(*series, DCM_ReferencedInstanceSequence)) { return true; }
    }
    for (DcmItem *frame : frames) {
        for (DcmItem *derivation : pn::items(*frame, DCM_DerivationImageSequence)) {
            if (ours(*derivation, DCM_SourceImageSequence)) { return true; }
        }
    }
    return false;
}

int make_mask(pn_mask *out, const char *path, int number, const pn_volume &volume, pn_error *err)
{
    DcmFileFormat file;
    pn_scan scan;
    Layout layout;
    int rc = pn::load(file, scan, path, err);
    if (rc != 0) { return rc; }
    DcmItem &dataset = *file.getDataset();
    pn::Text text(dataset);
    rc = check_class(scan, dataset, text, err);
    if (rc == 0) { rc = pn::check_same_patient(volume, dataset, text, scan, err); }
    if (rc != 0) { return rc; }
    std::vector<DcmItem *> frames = pn::items(dataset, DCM_PerFrameFunctionalGroupsSequence);
    char frame_uid[PN_UID_SIZE];
    rc = pn::put_uid(frame_uid, dataset, DCM_FrameOfReferenceUID, err);
    if (rc == 0) {
        rc = pn::check_same_frame(volume, frame_uid, names_our_image(frames, dataset, volume), err);
    }
    if (rc == 0) { rc = read_layout(layout, scan, dataset, frames.size(), err); }
    if (rc != 0) { return rc; }
    if (!has_segment(dataset, number)) { return pn_fail(err, PN_ENOTFOUND, "no segment has the number %d", number); }
    pn::MaskOwner owner(volume);
    Source src = {path, scan, layout, frames, pn::first_item(dataset, DCM_SharedFunctionalGroupsSequence)};
    rc = fill(owner.m, src, number, volume, err);
    if (rc != 0) { return pn_wrap(err, "segment %d", number); }
    owner.release(out);
    return 0;
}

} // namespace

int pn_mask_from_seg(pn_mask *out, const char *path, int segment_number, const pn_volume *volume,
                     pn_error *err)
{
    return guarded(err, [&] {
        if (out == nullptr || path == nullptr || volume == nullptr || volume->n_slices == 0) {
            return pn_fail(err, PN_EINVAL, "pn_mask_from_seg: null argument or empty volume");
        }
        return make_mask(out, path, segment_number, *volume, err);
    });
}

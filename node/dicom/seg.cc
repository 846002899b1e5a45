/* dicom/seg.cc - a segment of a SEG as a mask (mask.h). PS3.3 A.51, A.51.5.1, C.8.20. Bits of a
 * binary segmentation are packed from the least significant bit up, frames follow one another
 * without padding (PS3.5 8.1.1, 8.2); fractional ones and label maps have one value a pixel. */
#include "dicom/classes.hh"
#include "dicom/multiframe.hh"
#include "dicom/pixels.hh"
#include "dicom/placement.hh"
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace {

enum class Kind { BINARY, FRACTIONAL, LABELMAP };

/* One object, and what its frames share. */
struct Seg {
    const char *path = nullptr;
    pn_scan scan = {};
    Kind kind = Kind::BINARY;
    std::string fraction;                      /* PROBABILITY or OCCUPANCY                   */
    std::uint16_t maximum = 0;                 /* fractional: the value that means 1         */
    std::uint16_t rows = 0, columns = 0;
    std::vector<DcmItem *> frames;
    DcmItem *shared = nullptr;

    size_t pixels_per_frame() const { return static_cast<size_t>(rows) * columns; }
};

/* ---- The object as a whole -------------------------------------------------------------- */

int read_fraction(Seg &s, DcmItem &dataset, pn::Text &text, pn_error *err)
{
    s.fraction = text.get(dataset, DCM_SegmentationFractionalType);
    if (s.fraction != "PROBABILITY" && s.fraction != "OCCUPANCY") {
        return pn_fail(err, PN_EUNSUPPORTED, "Segmentation Fractional Type %s, expected PROBABILITY or OCCUPANCY",
                       pn::shown(s.fraction).c_str());
    }
    int rc = pn::uint16(s.maximum, dataset, DCM_MaximumFractionalValue, "Maximum Fractional Value", err);
    if (rc == 0 && s.maximum == 0) { rc = pn_fail(err, PN_EFORMAT, "Maximum Fractional Value is 0"); }
    return rc;
}

int check_class(Seg &s, DcmItem &dataset, pn::Text &text, pn_error *err)
{
    bool label_map = std::strcmp(s.scan.sop_class_uid, PN_UID_LABEL_MAP_SEGMENTATION) == 0;
    if (!label_map && std::strcmp(s.scan.sop_class_uid, UID_SegmentationStorage) != 0) {
        return pn_fail(err, PN_EFORMAT, "not a Segmentation (SOP class %s)", s.scan.sop_class_uid);
    }
    std::string type = text.get(dataset, DCM_SegmentationType);
    if (type == "BINARY" && !label_map) {
        s.kind = Kind::BINARY;
    } else if (type == "FRACTIONAL" && !label_map) {
        s.kind = Kind::FRACTIONAL;
        return read_fraction(s, dataset, text, err);
    } else if (type == "LABELMAP") {
        s.kind = Kind::LABELMAP;
    } else {
        return pn_fail(err, PN_EUNSUPPORTED, "Segmentation Type %s, expected %s", pn::shown(type).c_str(),
                       label_map ? "LABELMAP" : "BINARY, FRACTIONAL or LABELMAP");
    }
    return 0;
}

int read_layout(Seg &s, DcmItem &dataset, pn_error *err)
{
    long frames = 0;
    int rc = pn::uint16(s.rows, dataset, DCM_Rows, "Rows", err);
    if (rc == 0) { rc = pn::uint16(s.columns, dataset, DCM_Columns, "Columns", err); }
    if (rc == 0) { rc = pn::integer(frames, dataset, DCM_NumberOfFrames, "Number of Frames", err); }
    if (rc != 0) { return rc; }
    if (s.rows == 0 || s.columns == 0 || frames < 1) {
        return pn_fail(err, PN_EFORMAT, "segmentation of %ld frames of %u x %u pixels", frames,
                       static_cast<unsigned>(s.columns), static_cast<unsigned>(s.rows));
    }
    if (s.frames.size() != static_cast<size_t>(frames)) {
        return pn_fail(err, PN_EFORMAT, "Number of Frames is %ld, but %zu frames are described", frames,
                       s.frames.size());
    }
    return s.scan.has_pixels ? 0 : pn_fail(err, PN_EFORMAT, "no pixel data");
}

/* The segment is declared, and is not what a label map calls its background. */
int check_segment(const Seg &s, DcmItem &dataset, int number, pn_error *err)
{
    bool found = false;
    for (DcmItem *item : pn::items(dataset, DCM_SegmentSequence)) {
        std::uint16_t n = 0;
        found = found || (pn::uint16(n, *item, DCM_SegmentNumber, "", nullptr) == 0 && n == number);
    }
    if (!found) { return pn_fail(err, PN_ENOTFOUND, "no segment has the number %d", number); }
    std::uint16_t background = 0;
    if (s.kind == Kind::LABELMAP && dataset.tagExists(DCM_PixelPaddingValue)) {
        int rc = pn::uint16(background, dataset, DCM_PixelPaddingValue, "Pixel Padding Value", err);
        if (rc != 0) { return rc; }
    }
    if (s.kind == Kind::LABELMAP && (number == 0 || number == background)) {
        return pn_fail(err, PN_EUNSUPPORTED, "segment %d is the background of the label map", number);
    }
    return 0;
}

/* ---- Where a frame lies --------------------------------------------------------------------- */

DcmItem *group(const Seg &s, DcmItem &frame, const DcmTagKey &tag)
{
    return pn::functional_group(frame, s.shared, tag);
}

bool is_of_segment(const Seg &s, DcmItem &frame, int number)
{
    if (s.kind == Kind::LABELMAP) { return true; }
    std::uint16_t n = 0;
    DcmItem *id = group(s, frame, DCM_SegmentIdentificationSequence);
    return id != nullptr && pn::uint16(n, *id, DCM_ReferencedSegmentNumber, "", nullptr) == 0 && n == number;
}

/* `between`: Spacing Between Slices, 0 where it is not stated. */
int read_plane(pn::Plane &p, double &between, const Seg &s, DcmItem &frame, pn_error *err)
{
    DcmItem *measures = group(s, frame, DCM_PixelMeasuresSequence);
    DcmItem *orientation = group(s, frame, DCM_PlaneOrientationSequence);
    DcmItem *position = group(s, frame, DCM_PlanePositionSequence);
    if (measures == nullptr) { return pn_fail(err, PN_EGEOMETRY, "no Pixel Measures Sequence"); }
    if (orientation == nullptr) { return pn_fail(err, PN_EGEOMETRY, "no Plane Orientation Sequence"); }
    if (position == nullptr) { return pn_fail(err, PN_EGEOMETRY, "no Plane Position Sequence"); }
    p.rows = s.rows;
    p.columns = s.columns;
    between = 0;
    int rc = pn::decimals(p.spacing, 2, *measures, DCM_PixelSpacing, "Pixel Spacing", err);
    if (rc == 0) {
        rc = pn::optional_decimal(between, *measures, DCM_SpacingBetweenSlices, "Spacing Between Slices", err);
    }
    if (rc == 0) {
        rc = pn::decimals(p.cosines, 6, *orientation, DCM_ImageOrientationPatient, "Image Orientation (Patient)",
                          err);
    }
    if (rc == 0) {
        rc = pn::decimals(p.position, 3, *position, DCM_ImagePositionPatient, "Image Position (Patient)", err);
    }
    return rc;
}

/* ---- Pixels ------------------------------------------------------------------------------------ */

/* One frame's pixels as 0 and 1. */
class Pixels {
public:
    explicit Pixels(const Seg &s) : seg(s) {}
    ~Pixels() { if (fd >= 0) { close(fd); } }
    Pixels(const Pixels &) = delete;
    Pixels &operator=(const Pixels &) = delete;

    int open(DcmItem &dataset, pn::Text &text, pn_error *err)
    {
        return seg.kind == Kind::BINARY ? open_bits(dataset, err) : open_values(dataset, text, err);
    }
    int read(std::vector<std::uint8_t> &inside, size_t frame, int number, pn_error *err)
    {
        inside.resize(seg.pixels_per_frame());
        return seg.kind == Kind::BINARY ? read_bits(inside, frame, err) : read_values(inside, frame, number, err);
    }

private:
    int open_bits(DcmItem &dataset, pn_error *err);
    int open_values(DcmItem &dataset, pn::Text &text, pn_error *err);
    int read_bits(std::vector<std::uint8_t> &inside, size_t frame, pn_error *err);
    int read_values(std::vector<std::uint8_t> &inside, size_t frame, int number, pn_error *err);

    const Seg &seg;
    int fd = -1;
    std::vector<std::uint8_t> bytes;
    pn::PixelFile file;
    pn::FrameReader reader;
    std::vector<float> values;
};

int Pixels::open_bits(DcmItem &dataset, pn_error *err)
{
    std::uint16_t allocated = 0;
    int rc = pn::uint16(allocated, dataset, DCM_BitsAllocated, "Bits Allocated", err);
    if (rc != 0) { return rc; }
    if (allocated != 1) {
        return pn_fail(err, PN_EFORMAT, "binary segmentation of %u bits allocated", static_cast<unsigned>(allocated));
    }
    if (seg.scan.encapsulated) {
        return pn_fail(err, PN_EUNSUPPORTED, "compressed binary segmentation (transfer syntax %s)",
                       seg.scan.transfer_syntax_uid);
    }
    if (seg.scan.big_endian && seg.scan.pixel_vr[1] == 'W') {
        return pn_fail(err, PN_EUNSUPPORTED, "packed bits in big endian words");
    }
    std::uint64_t want = (static_cast<std::uint64_t>(seg.frames.size()) * seg.pixels_per_frame() + 7) / 8;
    if (seg.scan.pixel_length < want || seg.scan.pixel_length > want + 1) {
        return pn_fail(err, PN_EFORMAT, "pixel data of %llu bytes, expected %llu",
                       static_cast<unsigned long long>(seg.scan.pixel_length), static_cast<unsigned long long>(want));
    }
    fd = ::open(seg.path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd >= 0 ? 0 : pn_fail_transient(err, PN_EIO, "open: %s", std::strerror(errno));
}

int Pixels::read_bits(std::vector<std::uint8_t> &inside, size_t frame, pn_error *err)
{
    std::uint64_t first = static_cast<std::uint64_t>(frame) * inside.size(), from = first / 8;
    size_t skip = static_cast<size_t>(first % 8), have = 0;
    bytes.resize((skip + inside.size() + 7) / 8);
    while (have < bytes.size()) {
        ssize_t got = pread(fd, bytes.data() + have, bytes.size() - have,
                            static_cast<off_t>(seg.scan.pixel_offset + from + have));
        if (got > 0) {
            have += static_cast<size_t>(got);
        } else if (got == 0 || errno != EINTR) {
            return pn_fail_transient(err, PN_EIO, "pixel data: %s",
                                     got == 0 ? "file became shorter while being read" : std::strerror(errno));
        }
    }
    for (size_t b = 0; b < inside.size(); b++) { inside[b] = bytes[(b + skip) / 8] >> ((b + skip) % 8) & 1; }
    return 0;
}

int Pixels::open_values(DcmItem &dataset, pn::Text &text, pn_error *err)
{
    file.path = seg.path;
    file.scan = seg.scan;
    file.frames = static_cast<std::uint32_t>(seg.frames.size());
    file.labels = seg.kind == Kind::LABELMAP;
    int rc = pn::describe_pixels(file, dataset, text, err);
    if (rc != 0) { return rc; }
    bool deep = seg.kind == Kind::LABELMAP && file.allocated == 16;
    if ((file.allocated != 8 && !deep) || file.is_signed != 0) {
        return pn_fail(err, PN_EFORMAT, "%s segmentation of %u bits allocated, Pixel Representation %u",
                       deep || seg.kind == Kind::LABELMAP ? "label map" : "fractional",
                       static_cast<unsigned>(file.allocated), static_cast<unsigned>(file.is_signed));
    }
    return reader.open(file, err);
}

int Pixels::read_values(std::vector<std::uint8_t> &inside, size_t frame, int number, pn_error *err)
{
    bool exact = true;
    values.resize(inside.size());
    int rc = reader.read(values.data(), &exact, static_cast<std::uint32_t>(frame), 1, 0, err);
    if (rc != 0) { return rc; }
    const float label = static_cast<float>(number), whole = seg.maximum, half = whole / 2;
    for (size_t i = 0; i < inside.size(); i++) {
        if (seg.kind == Kind::FRACTIONAL && values[i] > whole) {
            return pn_fail(err, PN_EFORMAT, "a value of %g, the Maximum Fractional Value is %u",
                           static_cast<double>(values[i]), static_cast<unsigned>(seg.maximum));
        }
        inside[i] = seg.kind == Kind::FRACTIONAL ? values[i] >= half : values[i] >= label && values[i] <= label;
    }
    return 0;
}

/* ---- The segment -------------------------------------------------------------------------------- */

/* Where the frames used lie along their normal; they must not pretend to a finer grid. */
struct Planes {
    double stated_mm = 0;                      /* Spacing Between Slices                     */
    pn::Plane plane;
    int normal = 2;
    std::vector<size_t> taken[3];              /* by axis: frame number at each index        */

    explicit Planes(const rx_grid &g)
    {
        for (int a = 0; a < 3; a++) { taken[a].assign(g.dim[a], 0); }
    }
};

int take_plane(Planes &planes, const pn::Fit &fit, size_t frame, pn_error *err)
{
    size_t &taken = planes.taken[fit.normal][fit.first[fit.normal]];
    if (taken != 0) { return pn_fail(err, PN_EGEOMETRY, "lies on the same slice as frame %zu", taken); }
    taken = frame + 1;
    planes.normal = fit.normal;
    return 0;
}

/* A segment drawn on other slices than these leaves holes in ours, or loses what lies between.
 * A stated distance that the frames themselves contradict is taken for a slip; a single frame
 * cannot contradict, but a SEG that names our images was drawn on them. */
int check_distance(const Planes &planes, const rx_grid &g, bool names_our_image, pn_error *err)
{
    double ours = g.spacing_mm[planes.normal], stated = std::fabs(planes.stated_mm);
    if (stated <= 0 || std::fabs(stated - ours) <= 0.01 * ours) { return 0; }
    const std::vector<size_t> &taken = planes.taken[planes.normal];
    size_t before = taken.size(), frames = 0;
    for (size_t k = 0; k < taken.size(); k++) {
        if (taken[k] == 0) { continue; }
        double steps = before == taken.size() ? 0 : static_cast<double>(k - before) * ours / stated;
        if (std::fabs(steps - std::round(steps)) > 0.1) { return 0; }
        before = k;
        frames++;
    }
    if (frames < 2 && names_our_image) { return 0; }
    return pn_fail(err, PN_EGEOMETRY, "other slices than the images: planes %.5g mm apart, %s", stated,
                   pn::both_grids(planes.plane, g).c_str());
}

size_t copy_frame(std::uint8_t *voxels, const rx_grid &g, const pn::Fit &fit, const Seg &s,
                  const std::vector<std::uint8_t> &inside)
{
    const std::ptrdiff_t start = fit.start(g), across = fit.column_step(g), down = fit.row_step(g);
    size_t count = 0;
    for (size_t row = 0; row < s.rows; row++) {
        const std::ptrdiff_t line = start + static_cast<std::ptrdiff_t>(row) * down;
        for (size_t column = 0; column < s.columns; column++) {
            std::uint8_t &voxel = voxels[line + static_cast<std::ptrdiff_t>(column) * across];
            std::uint8_t in = inside[row * s.columns + column];
            count += in & ~voxel & 1u;
            voxel |= in;
        }
    }
    return count;
}

int fill(pn_mask &mask, const Seg &s, Pixels &pixels, int number, const pn_volume &volume, bool names_our_image,
         pn_error *err)
{
    const rx_grid &g = volume.image.grid;
    pn::Placement placement(volume);
    Planes planes(g);
    std::vector<std::uint8_t> inside;
    for (size_t f = 0; f < s.frames.size(); f++) {
        DcmItem &frame = *s.frames[f];
        if (!is_of_segment(s, frame, number)) { continue; }
        pn::Fit fit;
        int rc = read_plane(planes.plane, planes.stated_mm, s, frame, err);
        if (rc == 0) { rc = pn::fit_plane(fit, planes.plane, placement, g, err); }
        if (rc == 0) { rc = take_plane(planes, fit, f, err); }
        if (rc == 0) { rc = pixels.read(inside, f, number, err); }
        if (rc != 0) { return pn_wrap(err, "frame %zu", f + 1); }
        mask.n_voxels += copy_frame(mask.voxels, g, fit, s, inside);
        mask.n_contours++;
    }
    if (mask.n_contours == 0) { return pn_fail(err, PN_EEMPTY, "it has no frame"); }
    int rc = check_distance(planes, g, names_our_image, err);
    if (rc != 0) { return rc; }
    if (mask.n_voxels == 0) { return pn_fail(err, PN_EEMPTY, "it marks no voxel"); }
    if (s.kind == Kind::FRACTIONAL) {
        std::snprintf(mask.note, sizeof mask.note,
                      "fractional segment (%s): inside where it is at least half of the maximum, %u",
                      s.fraction.c_str(), static_cast<unsigned>(s.maximum));
    }
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
    Seg s;
    s.path = path;
    int rc = pn::load(file, s.scan, path, err);
    if (rc != 0) { return rc; }
    DcmItem &dataset = *file.getDataset();
    pn::Text text(dataset);
    rc = check_class(s, dataset, text, err);
    if (rc == 0) { rc = pn::check_same_patient(volume, dataset, text, s.scan, err); }
    if (rc != 0) { return rc; }
    s.frames = pn::items(dataset, DCM_PerFrameFunctionalGroupsSequence);
    s.shared = pn::first_item(dataset, DCM_SharedFunctionalGroupsSequence);
    const bool ours = names_our_image(s.frames, dataset, volume);
    char frame_uid[PN_UID_SIZE];
    Pixels pixels(s);
    rc = pn::put_uid(frame_uid, dataset, DCM_FrameOfReferenceUID, err);
    if (rc == 0) { rc = pn::check_same_frame(volume, frame_uid, ours, err); }
    if (rc == 0) { rc = read_layout(s, dataset, err); }
    if (rc == 0) { rc = pixels.open(dataset, text, err); }
    if (rc == 0) { rc = check_segment(s, dataset, number, err); }
    if (rc != 0) { return rc; }
    pn::MaskOwner owner(volume);
    rc = fill(owner.m, s, pixels, number, volume, ours, err);
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

/* dicom/seg_write.cc - see seg_write.h. PS3.3 A.51, C.8.20.2, C.7.6.16. */
#include "dicom/seg_write.h"
#include "dicom/derived.hh"
#include <algorithm>
#include <cstring>
#include <map>
#include "base/hash.h"

using pn::Fields;
using pn::decimal;

namespace {

struct Writer {
    const pn_made &made;
    const pn_volume &volume;
    const pn_seg_segment *segments;
    size_t n_segments;

    size_t n_frames() const
    {
        size_t n = 0;
        for (size_t s = 0; s < n_segments; s++) { n += segments[s].mask->n_slices; }
        return n;
    }
};

int check(const Writer &w, pn_error *err)
{
    const rx_grid &g = w.volume.image.grid;
    int rc = pn::check_made(w.made, err);
    if (rc != PN_OK) { return rc; }
    if (w.n_segments == 0 || w.n_segments > 65535) {
        return pn_fail(err, PN_EINVAL, "segmentation of %zu segments, expected 1 to 65535", w.n_segments);
    }
    if (!pn_uid_is_valid(w.volume.study.frame_of_reference_uid)) {
        return pn_fail(err, PN_EINVAL, "the images name no frame of reference, which a segmentation needs");
    }
    if (g.dim[0] > 65535 || g.dim[1] > 65535) {
        return pn_fail(err, PN_EINVAL, "segmentation of %zu x %zu pixels", g.dim[0], g.dim[1]);
    }
    for (size_t s = 0; s < w.n_segments; s++) {
        const pn_packed_mask &m = *w.segments[s].mask;
        if (m.width != g.dim[0] || m.height != g.dim[1] || m.n_slices == 0 ||
            m.slice[m.n_slices - 1] >= w.volume.n_slices) {
            return pn_fail(err, PN_EINVAL, "segment %zu is empty or of another grid than the images", s + 1);
        }
        const pn_code_triple &f = w.segments[s].finding;
        if (f.value[0] == '\0' || f.scheme[0] == '\0' || f.meaning[0] == '\0' ||
            !pn_uid_is_valid(w.segments[s].tracking_uid)) {
            return pn_fail(err, PN_EINVAL, "segment %zu has no finding or no tracking UID", s + 1);
        }
    }
    return PN_OK;
}

/* ---- What was measured ----------------------------------------------------------------------- */

void segment(Fields &d, const pn_seg_segment &s, size_t number)
{
    Fields item = d.item(DCM_SegmentSequence);
    item.put16(DCM_SegmentNumber, static_cast<unsigned>(number))
        .put(DCM_SegmentLabel, pn::one_value(s.label))
        .put(DCM_SegmentAlgorithmType, "SEMIAUTOMATIC")
        .put(DCM_SegmentAlgorithmName, "prognode " PN_VERSION ": contours filled at voxel centres")
        .put(DCM_TrackingID, s.label).put(DCM_TrackingUID, s.tracking_uid)
        .code(DCM_SegmentedPropertyCategoryCodeSequence, "49755003", "SCT",
              "Morphologically Altered Structure")
        .code(DCM_SegmentedPropertyTypeCodeSequence, s.finding.value, s.finding.scheme, s.finding.meaning);
    if (s.site.value[0] != '\0' && s.site.scheme[0] != '\0' && s.site.meaning[0] != '\0') {
        item.code(DCM_AnatomicRegionSequence, s.site.value, s.site.scheme, s.site.meaning);
    }
}

/* ---- Frames ------------------------------------------------------------------------------------ */

int dimensions(Fields &d, const Writer &w, pn_error *err)
{
    char organisation[PN_UID_SIZE];
    const char *const parts[] = {"dimensions", w.made.sop_uid, nullptr};
    int rc = pn_uid_from_parts(organisation, parts, err);
    if (rc == PN_OK) { put_segment_dimensions(d, organisation); }
    return rc;
}

void shared_groups(Fields &d, const Writer &w)
{
    const rx_grid &g = w.volume.image.grid;
    const char *thickness = w.volume.study.slice_thickness_mm;
    Fields shared = d.item(DCM_SharedFunctionalGroupsSequence);
    pn::put_plane(shared, g, thickness[0] != '\0' ? OFString(thickness) : decimal(g.spacing_mm[2]));
}

void frame(Fields &d, const Writer &w, size_t segment_number, size_t k, Uint32 position)
{
    const pn_slice &image = w.volume.slices[k];
    Fields f = d.item(DCM_PerFrameFunctionalGroupsSequence);
    Fields derivation = f.item(DCM_DerivationImageSequence);
    pn::put_source_image(derivation, image);
    derivation.code(DCM_DerivationCodeSequence, "113076", "DCM", "Segmentation");
    f.item(DCM_FrameContentSequence)
        .put32(DCM_DimensionIndexValues, {static_cast<Uint32>(segment_number), position});
    f.item(DCM_PlanePositionSequence).put(DCM_ImagePositionPatient, pn::decimals(image.position_mm, 3));
    f.item(DCM_SegmentIdentificationSequence)
        .put16(DCM_ReferencedSegmentNumber, static_cast<unsigned>(segment_number));
}

/* Among the slices that any segment has: the dimension's index has no holes. */
std::map<size_t, Uint32> positions(const Writer &w)
{
    std::map<size_t, Uint32> index;
    for (size_t s = 0; s < w.n_segments; s++) {
        const pn_packed_mask &m = *w.segments[s].mask;
        for (size_t n = 0; n < m.n_slices; n++) { index[m.slice[n]] = 0; }
    }
    Uint32 next = 0;
    for (auto &entry : index) { entry.second = ++next; }
    return index;
}

void frames(Fields &d, const Writer &w)
{
    const std::map<size_t, Uint32> index = positions(w);
    for (size_t s = 0; s < w.n_segments; s++) {
        const pn_packed_mask &m = *w.segments[s].mask;
        for (size_t n = 0; n < m.n_slices; n++) { frame(d, w, s + 1, m.slice[n], index.at(m.slice[n])); }
    }
}

/* Frames follow one another without padding between them (PS3.5 8.1.1): where a slice is no
 * whole number of bytes, the next one begins inside a byte. */
std::vector<Uint8> pixels(const Writer &w)
{
    const size_t slice_bits = w.volume.image.grid.dim[0] * w.volume.image.grid.dim[1];
    std::vector<Uint8> out((slice_bits * w.n_frames() + 15) / 16 * 2, 0);
    size_t bit = 0;
    for (size_t s = 0; s < w.n_segments; s++) {
        const pn_packed_mask &m = *w.segments[s].mask;
        const size_t bytes = pn_packed_slice_bytes(&m);
        for (size_t n = 0; n < m.n_slices; n++, bit += slice_bits) {
            const uint8_t *from = m.bits + n * bytes;
            const unsigned shift = bit % 8;
            for (size_t b = 0; b < bytes; b++) {
                out[bit / 8 + b] = static_cast<Uint8>(out[bit / 8 + b] | from[b] << shift);
                const unsigned carried = static_cast<unsigned>(from[b]) << shift >> 8;
                if (carried != 0) { out[bit / 8 + b + 1] = static_cast<Uint8>(carried); }
            }
        }
    }
    return out;
}

/* ---- The object ------------------------------------------------------------------------------ */

void image_attributes(Fields &d, const Writer &w)
{
    const rx_grid &g = w.volume.image.grid;
    d.put(DCM_FrameOfReferenceUID, w.volume.study.frame_of_reference_uid)
        .put(DCM_PositionReferenceIndicator, "")
        .put(DCM_ImageType, "DERIVED\\PRIMARY")
        .put(DCM_ContentLabel, "PROGNODE").put(DCM_ContentDescription, "Region that was measured")
        .put(DCM_ContentCreatorName, "")
        .put16(DCM_SamplesPerPixel, 1).put(DCM_PhotometricInterpretation, "MONOCHROME2")
        .put(DCM_NumberOfFrames, std::to_string(w.n_frames()).c_str())
        .put16(DCM_Rows, static_cast<unsigned>(g.dim[1])).put16(DCM_Columns, static_cast<unsigned>(g.dim[0]))
        .put16(DCM_BitsAllocated, 1).put16(DCM_BitsStored, 1).put16(DCM_HighBit, 0)
        .put16(DCM_PixelRepresentation, 0).put(DCM_LossyImageCompression, "00")
        .put(DCM_SegmentationType, "BINARY");
}

int write(const Writer &w, const char *path, pn_error *err)
{
    int rc = check(w, err);
    if (rc != PN_OK) { return rc; }
    DcmFileFormat file;
    Fields d(file.getDataset());
    pn::put_made(d, w.made);
    image_attributes(d, w);
    pn::put_referenced_series(d, w.volume);
    for (size_t s = 0; s < w.n_segments; s++) { segment(d, w.segments[s], s + 1); }
    if ((rc = dimensions(d, w, err)) != PN_OK) { return rc; }
    shared_groups(d, w);
    frames(d, w);
    d.bytes(DCM_PixelData, pixels(w));
    return pn::save_part10(file, path, err);
}

} // namespace

int pn_seg_write(const pn_made *made, const pn_volume *volume, const pn_seg_segment *segments,
                 size_t n_segments, const char *path, pn_error *err)
{
    return guarded(err, [&] { return write({*made, *volume, segments, n_segments}, path, err); });
}

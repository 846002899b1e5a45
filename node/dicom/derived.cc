/* dicom/derived.cc - see derived.hh. PS3.3 C.7.6.16. */
#include "dicom/derived.hh"
#include <cstring>

namespace pn {

static void reference(Fields &item, const pn_slice &image)
{
    item.put(DCM_ReferencedSOPClassUID, image.sop_class_uid).put(DCM_ReferencedSOPInstanceUID, image.sop_uid);
}

void put_referenced_series(Fields &d, const pn_volume &volume)
{
    Fields series = d.item(DCM_ReferencedSeriesSequence);
    series.put(DCM_SeriesInstanceUID, volume.study.series_uid);
    const char *before = "";
    for (std::size_t k = 0; k < volume.n_slices; k++) {
        const pn_slice &image = volume.slices[k];
        if (std::strcmp(before, image.sop_uid) == 0) { continue; }
        Fields item = series.item(DCM_ReferencedInstanceSequence);
        reference(item, image);
        before = image.sop_uid;
    }
}

void put_source_image(Fields &derivation, const pn_slice &image)
{
    Fields source = derivation.item(DCM_SourceImageSequence);
    reference(source, image);
    if (image.frame_number != 0) {
        source.put(DCM_ReferencedFrameNumber, std::to_string(image.frame_number).c_str());
    }
    source.code(DCM_PurposeOfReferenceCodeSequence, "121322", "DCM",
                "Source image for image processing operation");
}

OFString decimals(const double *v, std::size_t n)
{
    OFString text;
    for (std::size_t i = 0; i < n; i++) { text += (i == 0 ? "" : "\\") + decimal(v[i]); }
    return text;
}

void put_plane(Fields &shared, const rx_grid &grid, const OFString &thickness_mm)
{
    const double *d = grid.direction;
    const double cosines[6] = {d[0], d[3], d[6], d[1], d[4], d[7]};
    const double spacing[2] = {grid.spacing_mm[1], grid.spacing_mm[0]};
    shared.item(DCM_PlaneOrientationSequence).put(DCM_ImageOrientationPatient, decimals(cosines, 6));
    shared.item(DCM_PixelMeasuresSequence).put(DCM_SliceThickness, thickness_mm)
        .put(DCM_SpacingBetweenSlices, decimal(grid.spacing_mm[2])).put(DCM_PixelSpacing, decimals(spacing, 2));
}

} // namespace pn

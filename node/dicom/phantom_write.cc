#include "dicom/phantom_write.h"
#include "dicom/made.hh"
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>
#include "base/hash.h"
#include "base/limits.h"

namespace
{

/* Fixed, so that the bytes repeat; no examination took place. */
const char *const phantom_date = "20200101";
const char *const phantom_time = "120000";

using pn::Fields;

/* A Decimal String has room for 16 characters. */
std::string mm(double v)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", v);
    return text;
}

std::string triple(const double v[3])
{
    return mm(v[0]) + "\\" + mm(v[1]) + "\\" + mm(v[2]);
}

std::string digits(unsigned long n, size_t width = 1)
{
    const std::string text = std::to_string(n);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

class Uids
{
public:
    explicit Uids(const pn_phantom_series *s) : identity_(s->identity) {}
    std::string operator()(const char *what, unsigned long index = 0) const
    {
        char uid[PN_UID_SIZE];
        const std::string n = digits(index);
        const char *const parts[] = {"artificial phantom 1", identity_, what, n.c_str(), nullptr};
        pn_error err;
        if (pn_uid_from_parts(uid, parts, &err) != PN_OK) { throw std::runtime_error(err.msg); }
        return uid;
    }

private:
    const char *identity_;
};

struct Writer {
    const pn_phantom_series &s;
    Uids uid;
    explicit Writer(const pn_phantom_series *series) : s(*series), uid(series) {}

    std::string position(size_t k) const
    {
        const double at[3] = {s.grid.origin_mm[0], s.grid.origin_mm[1], z(k)};
        return triple(at);
    }
    double z(size_t k) const { return s.grid.origin_mm[2] + static_cast<double>(k) * s.grid.spacing_mm[2]; }
    std::string spacing() const { return mm(s.grid.spacing_mm[1]) + "\\" + mm(s.grid.spacing_mm[0]); }
    std::string image_uid(size_t k) const { return uid("image", static_cast<unsigned long>(k)); }

    /* Patient, study, series, equipment: what all three kinds of object share. */
    void common(Fields &d, const char *sop_class, const std::string &sop_uid, const char *modality,
                const char *series, const char *series_number, const char *series_text) const
    {
        d.put(DCM_SpecificCharacterSet, "ISO_IR 192")
            .put(DCM_SOPClassUID, sop_class).put(DCM_SOPInstanceUID, sop_uid)
            .put(DCM_InstanceCreationDate, phantom_date).put(DCM_InstanceCreationTime, phantom_time)
            .put(DCM_StudyDate, phantom_date).put(DCM_StudyTime, phantom_time)
            .put(DCM_AccessionNumber, "").put(DCM_Modality, modality)
            .put(DCM_Manufacturer, "Artificial phantom").put(DCM_ManufacturerModelName, "Phantom generator")
            .put(DCM_DeviceSerialNumber, "0").put(DCM_SoftwareVersions, "1")
            .put(DCM_ReferringPhysicianName, "")
            .put(DCM_StudyDescription, "Artificial phantom, no patient")
            .put(DCM_SeriesDescription, series_text)
            .put(DCM_PatientName, "Phantom^" + digits(s.number, 3))
            .put(DCM_PatientID, "PHANTOM-" + digits(s.number, 3))
            .put(DCM_PatientBirthDate, "").put(DCM_PatientSex, "O")
            .put(DCM_StudyInstanceUID, uid("study")).put(DCM_SeriesInstanceUID, uid(series))
            .put(DCM_StudyID, "1").put(DCM_SeriesNumber, series_number)
            .put(DCM_FrameOfReferenceUID, uid("frame")).put(DCM_PositionReferenceIndicator, "");
    }
};

int save(DcmFileFormat &file, const char *dir, const std::string &name, pn_error *err)
{
    const std::string path = std::string(dir) + "/" + name;
    if (path.size() >= PN_PATH_SIZE) { return pn_fail(err, PN_ELIMIT, "path too long: %s", path.c_str()); }
    const OFCondition c = file.saveFile(path.c_str(), EXS_LittleEndianExplicit);
    if (c.bad()) { return fail_condition(err, PN_EIO, c, path.c_str()); }
    return PN_OK;
}

int check_series(const pn_phantom_series *s, const char *dir, pn_error *err)
{
    if (s == nullptr || dir == nullptr || s->hu == nullptr || s->identity == nullptr) {
        return pn_fail(err, PN_EINVAL, "phantom without voxels, identity or folder");
    }
    static const double axial[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    for (int a = 0; a < 9; a++) {
        if (s->grid.direction[a] < axial[a] || s->grid.direction[a] > axial[a]) {
            return pn_fail(err, PN_EINVAL, "a phantom's slices are axial");
        }
    }
    for (int a = 0; a < 3; a++) {
        if (s->grid.dim[a] == 0 || s->grid.dim[a] > 1024) {
            return pn_fail(err, PN_EINVAL, "phantom dim[%d] is %zu, expected 1 to 1024", a, s->grid.dim[a]);
        }
    }
    return PN_OK;
}

/* ---- CT -------------------------------------------------------------------------------- */

void ct_attributes(Fields &d, const Writer &w, size_t k)
{
    const pn_phantom_series &s = w.s;
    d.put(DCM_ImageType, "DERIVED\\PRIMARY\\AXIAL")
        .put(DCM_DerivationDescription, "Computed from a mathematical phantom")
        .put(DCM_ContentDate, phantom_date).put(DCM_ContentTime, phantom_time)
        .put(DCM_ImageComments, "artificial phantom").put(DCM_BodyPartExamined, "ABDOMEN")
        .put(DCM_SliceThickness, mm(s.slice_thickness_mm)).put(DCM_KVP, "120")
        .put(DCM_ConvolutionKernel, "PHANTOM").put(DCM_PatientPosition, "HFS")
        .put(DCM_AcquisitionNumber, "1").put(DCM_InstanceNumber, digits(k + 1))
        .put(DCM_ImagePositionPatient, w.position(k))
        .put(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0").put(DCM_SliceLocation, mm(w.z(k)))
        .put16(DCM_SamplesPerPixel, 1).put(DCM_PhotometricInterpretation, "MONOCHROME2")
        .put16(DCM_Rows, static_cast<unsigned>(s.grid.dim[1]))
        .put16(DCM_Columns, static_cast<unsigned>(s.grid.dim[0]))
        .put(DCM_PixelSpacing, w.spacing())
        .put16(DCM_BitsAllocated, 16).put16(DCM_BitsStored, 12).put16(DCM_HighBit, 11)
        .put16(DCM_PixelRepresentation, 0).put(DCM_BurnedInAnnotation, "NO")
        .put(DCM_WindowCenter, "40").put(DCM_WindowWidth, "400")
        .put(DCM_RescaleIntercept, "-1024").put(DCM_RescaleSlope, "1").put(DCM_RescaleType, "HU");
}

int write_slice(const Writer &w, const char *dir, size_t k, std::vector<Uint16> &pixels, pn_error *err)
{
    const size_t n = w.s.grid.dim[0] * w.s.grid.dim[1];
    for (size_t i = 0; i < n; i++) {
        const int16_t hu = w.s.hu[k * n + i];
        if (hu < -1024 || hu > 3071) {
            return pn_fail(err, PN_EINVAL, "voxel of %d HU, expected -1024 to 3071", hu);
        }
        pixels[i] = static_cast<Uint16>(hu + 1024);
    }
    DcmFileFormat file;
    Fields d(file.getDataset());
    w.common(d, UID_CTImageStorage, w.image_uid(k), "CT", "series ct", "1", "Artificial phantom");
    ct_attributes(d, w, k);
    d.keep(file.getDataset()->putAndInsertUint16Array(DCM_PixelData, pixels.data(),
                                                      static_cast<unsigned long>(n)));
    return save(file, dir, "ct-" + digits(k + 1, 4) + ".dcm", err);
}

/* ---- RTSTRUCT -------------------------------------------------------------------------- */

void referenced_frame(Fields &d, const Writer &w)
{
    Fields frame = d.item(DCM_ReferencedFrameOfReferenceSequence);
    frame.put(DCM_FrameOfReferenceUID, w.uid("frame"));
    Fields study = frame.item(DCM_RTReferencedStudySequence);
    study.put(DCM_ReferencedSOPClassUID, UID_RETIRED_DetachedStudyManagementSOPClass)
        .put(DCM_ReferencedSOPInstanceUID, w.uid("study"));
    Fields series = study.item(DCM_RTReferencedSeriesSequence);
    series.put(DCM_SeriesInstanceUID, w.uid("series ct"));
    for (size_t k = 0; k < w.s.grid.dim[2]; k++) {
        series.item(DCM_ContourImageSequence).put(DCM_ReferencedSOPClassUID, UID_CTImageStorage)
            .put(DCM_ReferencedSOPInstanceUID, w.image_uid(k));
    }
}

void contour(Fields &roi, const Writer &w, const pn_polygon &p, unsigned long contour_number)
{
    Fields c = roi.item(DCM_ContourSequence);
    c.item(DCM_ContourImageSequence).put(DCM_ReferencedSOPClassUID, UID_CTImageStorage)
        .put(DCM_ReferencedSOPInstanceUID, w.image_uid(p.slice));
    std::string points;
    const std::string z = mm(w.z(p.slice));
    for (size_t i = 0; i < p.n; i++) {
        points += (i == 0 ? "" : "\\") + mm(p.xy_mm[2 * i]) + "\\" + mm(p.xy_mm[2 * i + 1]) + "\\" + z;
    }
    c.put(DCM_ContourGeometricType, "CLOSED_PLANAR")
        .put(DCM_NumberOfContourPoints, digits(p.n))
        .put(DCM_ContourNumber, digits(contour_number)).put(DCM_ContourData, points);
}

void structure_set(Fields &d, const Writer &w)
{
    static const char *const colours[] = {"255\\0\\0", "0\\255\\0", "0\\128\\255"};
    d.put(DCM_OperatorsName, "").put(DCM_InstanceNumber, "1")
        .put(DCM_StructureSetLabel, "PHANTOM").put(DCM_StructureSetName, "Artificial phantom")
        .put(DCM_StructureSetDescription, "artificial phantom")
        .put(DCM_StructureSetDate, phantom_date).put(DCM_StructureSetTime, phantom_time)
        .put(DCM_ApprovalStatus, "UNAPPROVED");
    referenced_frame(d, w);
    for (size_t r = 0; r < w.s.n_rois; r++) {
        const pn_drawn_roi &roi = w.s.rois[r];
        const std::string n = digits(r + 1);
        d.item(DCM_StructureSetROISequence).put(DCM_ROINumber, n)
            .put(DCM_ReferencedFrameOfReferenceUID, w.uid("frame")).put(DCM_ROIName, roi.name)
            .put(DCM_ROIGenerationAlgorithm, "AUTOMATIC");
        Fields contours = d.item(DCM_ROIContourSequence);
        contours.put(DCM_ROIDisplayColor, colours[r % 3]).put(DCM_ReferencedROINumber, n);
        for (size_t i = 0; i < roi.n_polygons; i++) {
            contour(contours, w, roi.polygons[i], static_cast<unsigned long>(i + 1));
        }
        d.item(DCM_RTROIObservationsSequence).put(DCM_ObservationNumber, n)
            .put(DCM_ReferencedROINumber, n).put(DCM_RTROIInterpretedType, roi.interpreted_type)
            .put(DCM_ROIInterpreter, "");
    }
}

/* ---- SEG ------------------------------------------------------------------------------- */

std::vector<size_t> slices_with_mask(const Writer &w)
{
    const size_t n = w.s.grid.dim[0] * w.s.grid.dim[1];
    std::vector<size_t> slices;
    for (size_t k = 0; k < w.s.grid.dim[2]; k++) {
        if (std::memchr(w.s.mask + k * n, 1, n) != nullptr) { slices.push_back(k); }
    }
    return slices;
}

/* Bits of the frames one after the other, without padding between frames (PS3.5 8.1.1). */
std::vector<Uint8> packed(const Writer &w, const std::vector<size_t> &slices)
{
    const size_t n = w.s.grid.dim[0] * w.s.grid.dim[1];
    std::vector<Uint8> bytes((n * slices.size() + 15) / 16 * 2, 0);
    size_t bit = 0;
    for (size_t k : slices) {
        for (size_t i = 0; i < n; i++, bit++) {
            if (w.s.mask[k * n + i] != 0) {
                bytes[bit / 8] = static_cast<Uint8>(bytes[bit / 8] | (1u << (bit % 8)));
            }
        }
    }
    return bytes;
}

void seg_frame(Fields &d, const Writer &w, size_t k, Uint32 index)
{
    Fields frame = d.item(DCM_PerFrameFunctionalGroupsSequence);
    Fields derivation = frame.item(DCM_DerivationImageSequence);
    Fields source = derivation.item(DCM_SourceImageSequence);
    source.put(DCM_ReferencedSOPClassUID, UID_CTImageStorage)
        .put(DCM_ReferencedSOPInstanceUID, w.image_uid(k))
        .code(DCM_PurposeOfReferenceCodeSequence, "121322", "DCM",
              "Source image for image processing operation");
    derivation.code(DCM_DerivationCodeSequence, "113076", "DCM", "Segmentation");
    frame.item(DCM_FrameContentSequence).put32(DCM_DimensionIndexValues, {1, index});
    frame.item(DCM_PlanePositionSequence).put(DCM_ImagePositionPatient, w.position(k));
    frame.item(DCM_SegmentIdentificationSequence).put16(DCM_ReferencedSegmentNumber, 1);
}

void segmentation(Fields &d, const Writer &w, const std::vector<size_t> &slices)
{
    const pn_phantom_series &s = w.s;
    d.put(DCM_ImageType, "DERIVED\\PRIMARY").put(DCM_InstanceNumber, "1")
        .put(DCM_ContentDate, phantom_date).put(DCM_ContentTime, phantom_time)
        .put(DCM_ImageComments, "artificial phantom")
        .put(DCM_ContentLabel, "PHANTOM").put(DCM_ContentDescription, "Artificial phantom")
        .put(DCM_ContentCreatorName, "").put(DCM_PatientPosition, "")
        .put16(DCM_SamplesPerPixel, 1).put(DCM_PhotometricInterpretation, "MONOCHROME2")
        .put(DCM_NumberOfFrames, digits(slices.size()))
        .put16(DCM_Rows, static_cast<unsigned>(s.grid.dim[1]))
        .put16(DCM_Columns, static_cast<unsigned>(s.grid.dim[0]))
        .put16(DCM_BitsAllocated, 1).put16(DCM_BitsStored, 1).put16(DCM_HighBit, 0)
        .put16(DCM_PixelRepresentation, 0).put(DCM_LossyImageCompression, "00")
        .put(DCM_SegmentationType, "BINARY");
    Fields series = d.item(DCM_ReferencedSeriesSequence);
    series.put(DCM_SeriesInstanceUID, w.uid("series ct"));
    for (size_t k : slices) {
        series.item(DCM_ReferencedInstanceSequence).put(DCM_ReferencedSOPClassUID, UID_CTImageStorage)
            .put(DCM_ReferencedSOPInstanceUID, w.image_uid(k));
    }
    Fields segment = d.item(DCM_SegmentSequence);
    segment.put16(DCM_SegmentNumber, 1).put(DCM_SegmentLabel, s.rois[0].name)
        .put(DCM_SegmentAlgorithmType, "MANUAL")
        .code(DCM_SegmentedPropertyCategoryCodeSequence, "49755003", "SCT",
              "Morphologically Altered Structure")
        .code(DCM_SegmentedPropertyTypeCodeSequence, "108369006", "SCT", "Neoplasm");
    pn::put_segment_dimensions(d, w.uid("dimensions"));
    Fields shared = d.item(DCM_SharedFunctionalGroupsSequence);
    shared.item(DCM_PlaneOrientationSequence).put(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
    shared.item(DCM_PixelMeasuresSequence).put(DCM_SliceThickness, mm(s.slice_thickness_mm))
        .put(DCM_SpacingBetweenSlices, mm(s.grid.spacing_mm[2])).put(DCM_PixelSpacing, w.spacing());
    Uint32 index = 0;
    for (size_t k : slices) { seg_frame(d, w, k, ++index); }
}

} // namespace

extern "C" int pn_phantom_write_ct(const pn_phantom_series *s, const char *dir, pn_error *err)
{
    return guarded(err, [&] {
        int rc = check_series(s, dir, err);
        if (rc != PN_OK) { return rc; }
        const Writer w(s);
        std::vector<Uint16> pixels(s->grid.dim[0] * s->grid.dim[1]);
        for (size_t k = 0; k < s->grid.dim[2] && rc == PN_OK; k++) {
            rc = write_slice(w, dir, k, pixels, err);
        }
        return rc;
    });
}

extern "C" int pn_phantom_write_rtstruct(const pn_phantom_series *s, const char *dir, pn_error *err)
{
    return guarded(err, [&] {
        const int rc = check_series(s, dir, err);
        if (rc != PN_OK) { return rc; }
        const Writer w(s);
        DcmFileFormat file;
        Fields d(file.getDataset());
        w.common(d, UID_RTStructureSetStorage, w.uid("rtstruct"), "RTSTRUCT", "series rtstruct", "2",
                 "Artificial phantom, contours");
        structure_set(d, w);
        return save(file, dir, "rtstruct.dcm", err);
    });
}

extern "C" int pn_phantom_write_seg(const pn_phantom_series *s, const char *dir, pn_error *err)
{
    return guarded(err, [&] {
        const int rc = check_series(s, dir, err);
        if (rc != PN_OK) { return rc; }
        if (s->mask == nullptr || s->n_rois == 0) {
            return pn_fail(err, PN_EINVAL, "a segmentation needs a mask and a named region");
        }
        const Writer w(s);
        const std::vector<size_t> slices = slices_with_mask(w);
        if (slices.empty()) { return pn_fail(err, PN_EINVAL, "the mask of the phantom is empty"); }
        DcmFileFormat file;
        Fields d(file.getDataset());
        w.common(d, UID_SegmentationStorage, w.uid("seg"), "SEG", "series seg", "3",
                 "Artificial phantom, segmentation");
        segmentation(d, w, slices);
        const std::vector<Uint8> bits = packed(w, slices);
        d.keep(file.getDataset()->putAndInsertUint8Array(DCM_PixelData, bits.data(),
                                                         static_cast<unsigned long>(bits.size())));
        return save(file, dir, "seg.dcm", err);
    });
}

/* dicom/parametric_map.cc - see parametric_map.h. PS3.3 A.75, C.8.32, C.7.6.16, C.7.6.24. */
#include "dicom/parametric_map.h"
#include "dicom/derived.hh"
#include <cfloat>
#include <cmath>
#include <cstring>
#include "base/hash.h"

using pn::Fields;
using pn::decimal;

namespace {

const size_t MOST_BYTES = static_cast<size_t>(1) << 31;

struct Writer {
    const pn_made &made;
    const pn_volume &volume;
    const pn_parametric_map &map;
    std::vector<size_t> slices;            /* of the grid, that have a frame               */
    double lowest, highest;                /* value                                        */

    size_t plane() const { return map.grid->dim[0] * map.grid->dim[1]; }
};

/* ---- Checks ------------------------------------------------------------------------------------ */

bool is_padding(const Writer &w, double v)
{
    return std::isnan(w.map.padding) ? std::isnan(v) : v == w.map.padding;
}

bool is_whole(const pn_code_triple &c)
{
    return c.value[0] != '\0' && c.scheme[0] != '\0' && c.meaning[0] != '\0';
}

int check(const Writer &w, pn_error *err)
{
    const rx_grid &g = *w.map.grid;
    int rc = pn::check_made(w.made, err);
    if (rc != PN_OK) { return rc; }
    if (std::strcmp(w.made.sop_class_uid, PN_UID_PARAMETRIC_MAP) != 0) {
        return pn_fail(err, PN_EINVAL, "parametric map of SOP class '%s'", w.made.sop_class_uid);
    }
    if (!pn_uid_is_valid(w.volume.study.frame_of_reference_uid)) {
        return pn_fail(err, PN_EINVAL, "the images name no frame of reference, which a parametric map needs");
    }
    if (g.dim[0] == 0 || g.dim[1] == 0 || g.dim[2] == 0 || g.dim[0] > 65535 || g.dim[1] > 65535) {
        return pn_fail(err, PN_EINVAL, "parametric map of %zu x %zu x %zu voxels", g.dim[0], g.dim[1], g.dim[2]);
    }
    if (!is_whole(w.map.quantity) || !is_whole(w.map.unit)) {
        return pn_fail(err, PN_EINVAL, "parametric map without a code of what is mapped, or of its unit");
    }
    for (int a = 0; a < 3; a++) {          /* frames are stacked along row x column       */
        const double *d = g.direction;
        const int p = (a + 1) % 3, q = (a + 2) % 3;
        const double normal = d[3 * p] * d[3 * q + 1] - d[3 * q] * d[3 * p + 1];
        if (!(std::fabs(normal - d[3 * a + 2]) < 1e-4)) {
            return pn_fail(err, PN_EINVAL, "parametric map: the grid's third axis is not row x column");
        }
    }
    return PN_OK;
}

/* The slices with a value, and the range of values. */
int look(Writer &w, pn_error *err)
{
    bool any = false;
    for (size_t k = 0; k < w.map.grid->dim[2]; k++) {
        bool here = false;
        for (size_t i = 0; i < w.plane(); i++) {
            const double v = w.map.values[k * w.plane() + i];
            if (is_padding(w, v)) { continue; }
            here = true;
            if (std::isnan(v)) { continue; }
            if (!(std::fabs(v) <= static_cast<double>(FLT_MAX))) {
                return pn_fail(err, PN_EINVAL, "%s: a value of %g does not fit into 32-bit floats", w.map.label, v);
            }
            w.lowest = any ? std::fmin(w.lowest, v) : v;
            w.highest = any ? std::fmax(w.highest, v) : v;
            any = true;
        }
        if (here) { w.slices.push_back(k); }
    }
    if (!any) { return pn_fail(err, PN_EINVAL, "%s: the map has no value", w.map.label); }
    if (w.slices.size() > MOST_BYTES / sizeof(Float32) / w.plane()) {
        return pn_fail(err, PN_ELIMIT, "%s: %zu frames of %zu pixels, more than 2 GiB", w.map.label,
                       w.slices.size(), w.plane());
    }
    return PN_OK;
}

/* ---- What it was made from -------------------------------------------------------------------- */

void position_of(double out[3], const rx_grid &g, size_t k)
{
    for (int a = 0; a < 3; a++) {
        out[a] = g.origin_mm[a] + g.direction[3 * a + 2] * g.spacing_mm[2] * static_cast<double>(k);
    }
}

/* How far an image's plane lies from a point, along the grid's normal. */
double distance(const pn_slice &image, const rx_grid &g, const double point[3])
{
    double d = 0;
    for (int a = 0; a < 3; a++) { d += (image.position_mm[a] - point[a]) * g.direction[3 * a + 2]; }
    return std::fabs(d);
}

/* The image in whose plane the frame lies, or those on both sides of it. */
void derivation(Fields &frame, const Writer &w, const double point[3])
{
    const rx_grid &g = *w.map.grid;
    const double thick = w.volume.image.grid.spacing_mm[2], same = 0.01 * thick;
    double nearest = HUGE_VAL;
    for (size_t k = 0; k < w.volume.n_slices; k++) {
        nearest = std::fmin(nearest, distance(w.volume.slices[k], g, point));
    }
    if (nearest >= thick) { return; }
    const double within = nearest <= same ? same : thick;
    Fields item = frame.item(DCM_DerivationImageSequence);
    for (size_t k = 0; k < w.volume.n_slices; k++) {
        const pn_slice &image = w.volume.slices[k];
        if (distance(image, g, point) > within) { continue; }
        pn::put_source_image(item, image);
    }
    item.code(DCM_DerivationCodeSequence, "PRG-MAP", "99PROGNODE", "Radiomic feature of a moving kernel");
}

/* ---- Frames ------------------------------------------------------------------------------------ */

int dimensions(Fields &d, const Writer &w, pn_error *err)
{
    char organisation[PN_UID_SIZE];
    const char *const parts[] = {"dimensions", w.made.sop_uid, nullptr};
    int rc = pn_uid_from_parts(organisation, parts, err);
    if (rc != PN_OK) { return rc; }
    d.item(DCM_DimensionOrganizationSequence).put(DCM_DimensionOrganizationUID, organisation);
    d.put(DCM_DimensionOrganizationType, "3D");
    d.item(DCM_DimensionIndexSequence).put(DCM_DimensionOrganizationUID, organisation)
        .put(DCM_DimensionDescriptionLabel, "Position")
        .tag(DCM_DimensionIndexPointer, DCM_ImagePositionPatient)
        .tag(DCM_FunctionalGroupPointer, DCM_PlanePositionSequence);
    return PN_OK;
}

void mapping(Fields &shared, const Writer &w)
{
    const pn_parametric_map &m = w.map;
    Fields map = shared.item(DCM_RealWorldValueMappingSequence);
    map.put(DCM_LUTExplanation, pn::one_value(m.description))
        .put(DCM_LUTLabel, pn::one_value(m.quantity.value, 16))
        .real(DCM_DoubleFloatRealWorldValueFirstValueMapped, w.lowest)
        .real(DCM_DoubleFloatRealWorldValueLastValueMapped, w.highest)
        .real(DCM_RealWorldValueIntercept, 0).real(DCM_RealWorldValueSlope, 1)
        .code(DCM_MeasurementUnitsCodeSequence, m.unit.value, m.unit.scheme, m.unit.meaning);
    map.item(DCM_QuantityDefinitionSequence).put(DCM_ValueType, "CODE")
        .code(DCM_ConceptNameCodeSequence, "246205007", "SCT", "Quantity")
        .code(DCM_ConceptCodeSequence, m.quantity.value, m.quantity.scheme, m.quantity.meaning);
}

void shared_groups(Fields &d, const Writer &w)
{
    const rx_grid &g = *w.map.grid;
    Fields shared = d.item(DCM_SharedFunctionalGroupsSequence);
    pn::put_plane(shared, g, decimal(g.spacing_mm[2]));
    shared.item(DCM_PixelValueTransformationSequence).put(DCM_RescaleIntercept, "0")
        .put(DCM_RescaleSlope, "1").put(DCM_RescaleType, "US");
    shared.item(DCM_ParametricMapFrameTypeSequence).put(DCM_FrameType, "DERIVED\\PRIMARY\\VOLUME\\NONE");
    shared.item(DCM_FrameVOILUTSequence)
        .put(DCM_WindowCenter, decimal((w.lowest + w.highest) / 2))
        .put(DCM_WindowWidth, decimal(w.highest > w.lowest ? w.highest - w.lowest : 1))
        .put(DCM_VOILUTFunction, "LINEAR_EXACT");
    mapping(shared, w);
}

void frames(Fields &d, const Writer &w)
{
    for (size_t n = 0; n < w.slices.size(); n++) {
        double point[3];
        position_of(point, *w.map.grid, w.slices[n]);
        Fields f = d.item(DCM_PerFrameFunctionalGroupsSequence);
        derivation(f, w, point);
        f.item(DCM_FrameContentSequence).put32(DCM_DimensionIndexValues, {static_cast<Uint32>(n + 1)});
        f.item(DCM_PlanePositionSequence).put(DCM_ImagePositionPatient, pn::decimals(point, 3));
    }
}

std::vector<Float32> pixels(const Writer &w)
{
    std::vector<Float32> out;
    out.reserve(w.slices.size() * w.plane());
    for (size_t k : w.slices) {
        const double *from = w.map.values + k * w.plane();
        for (size_t i = 0; i < w.plane(); i++) { out.push_back(static_cast<Float32>(from[i])); }
    }
    return out;
}

/* ---- The object ------------------------------------------------------------------------------ */

void image_attributes(Fields &d, const Writer &w)
{
    const rx_grid &g = *w.map.grid;
    d.put(DCM_FrameOfReferenceUID, w.volume.study.frame_of_reference_uid)
        .put(DCM_PositionReferenceIndicator, "").put(DCM_Laterality, "")
        .put(DCM_ImageType, "DERIVED\\PRIMARY\\VOLUME\\NONE")
        .put(DCM_ContentLabel, "RADIOMICS_MAP").put(DCM_ContentDescription, pn::one_value(w.map.description))
        .put(DCM_ContentCreatorName, "").put(DCM_ContentQualification, "RESEARCH")
        .put(DCM_DerivationDescription, pn::one_value(w.map.derivation, 1024))
        .put16(DCM_SamplesPerPixel, 1).put(DCM_PhotometricInterpretation, "MONOCHROME2")
        .put(DCM_PresentationLUTShape, "IDENTITY")
        .put(DCM_NumberOfFrames, std::to_string(w.slices.size()).c_str())
        .put16(DCM_Rows, static_cast<unsigned>(g.dim[1])).put16(DCM_Columns, static_cast<unsigned>(g.dim[0]))
        .put16(DCM_BitsAllocated, 32)
        .put(DCM_BurnedInAnnotation, "NO").put(DCM_RecognizableVisualFeatures, "NO")
        .put(DCM_LossyImageCompression, "00")
        .floats(DCM_FloatPixelPaddingValue, {static_cast<Float32>(w.map.padding)})
        .floats(DCM_FloatPixelPaddingRangeLimit, {static_cast<Float32>(w.map.padding)})
        .nothing(DCM_AcquisitionContextSequence);
}

int write(Writer &w, const char *path, pn_error *err)
{
    int rc = check(w, err);
    if (rc == PN_OK) { rc = look(w, err); }
    if (rc != PN_OK) { return rc; }
    DcmFileFormat file;
    Fields d(file.getDataset());
    pn::put_made(d, w.made);
    image_attributes(d, w);
    pn::put_referenced_series(d, w.volume);
    if ((rc = dimensions(d, w, err)) != PN_OK) { return rc; }
    shared_groups(d, w);
    frames(d, w);
    d.floats(DCM_FloatPixelData, pixels(w));
    return pn::save_part10(file, path, err);
}

} // namespace

int pn_parametric_map_write(const pn_made *made, const pn_volume *volume, const pn_parametric_map *map,
                            const char *path, pn_error *err)
{
    return guarded(err, [&] {
        Writer w{*made, *volume, *map, {}, 0, 0};
        return write(w, path, err);
    });
}

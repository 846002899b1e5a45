/* dicom/mask.cc - what RTSTRUCT and SEG masks share: grid, memory, identity. */
#include "dicom/placement.hh"
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace pn {

/* Component of p - origin along column `axis` of the direction matrix. */
static double component(const rx_grid &g, const double *p, int axis)
{
    double sum = 0;
    for (int r = 0; r < 3; r++) { sum += (p[r] - g.origin_mm[r]) * g.direction[3 * r + axis]; }
    return sum;
}

Placement::Placement(const pn_volume &v) : volume(v)
{
    const rx_grid &g = v.image.grid;
    plane_tolerance_mm = std::max(0.01 * g.spacing_mm[2], 0.05);
    in_plane_tolerance_mm = std::max(0.01 * std::min(g.spacing_mm[0], g.spacing_mm[1]), 0.01);
    for (std::size_t k = 0; k < v.n_slices; k++) {
        positions.push_back(component(g, v.slices[k].position_mm, 2));
    }
}

void Placement::locate(const double *point, double &i, double &j, double &along) const
{
    const rx_grid &g = volume.image.grid;
    i = component(g, point, 0) / g.spacing_mm[0];
    j = component(g, point, 1) / g.spacing_mm[1];
    along = component(g, point, 2);
}

std::size_t Placement::nearest(double along) const
{
    auto after = std::lower_bound(positions.begin(), positions.end(), along);
    if (after == positions.begin()) { return 0; }
    std::size_t k = static_cast<std::size_t>(after - positions.begin());
    return k == positions.size() || along - positions[k - 1] <= positions[k] - along ? k - 1 : k;
}

std::string Placement::name(std::size_t slice) const
{
    char text[96];
    std::snprintf(text, sizeof text, "slice %zu of %zu (z = %.6g mm)", slice + 1, positions.size(),
                  volume.slices[slice].position_mm[2]);
    return text;
}

MaskOwner::MaskOwner(const pn_volume &v) : m{}
{
    const rx_grid &g = v.image.grid;
    m.voxels = static_cast<std::uint8_t *>(std::calloc(g.dim[0] * g.dim[1] * g.dim[2], 1));
    if (m.voxels == nullptr) { throw std::bad_alloc(); }
    m.mask.grid = g;
    m.mask.voxels = m.voxels;
    m.mask.label = 1;
}

void MaskOwner::release(pn_mask *out)
{
    *out = m;
    m = pn_mask{};
}

bool is_image_of(const pn_volume &volume, const char *sop_uid)
{
    for (std::size_t k = 0; k < volume.n_slices; k++) {
        if (std::strcmp(volume.slices[k].sop_uid, sop_uid) == 0) { return true; }
    }
    return false;
}

int check_same_patient(const pn_volume &volume, DcmItem &dataset, Text &text, const pn_scan &scan,
                       pn_error *err)
{
    const pn_study &st = volume.study;
    std::string patient = text.get(dataset, DCM_PatientID), issuer = text.get(dataset, DCM_IssuerOfPatientID);
    if (patient != st.patient_id) {
        return pn_fail(err, PN_EIDENTITY, "Patient ID is \"%.64s\" in the contour object, \"%.64s\" in the images",
                       patient.c_str(), st.patient_id);
    }
    if (!issuer.empty() && st.patient_id_issuer[0] != '\0' && issuer != st.patient_id_issuer) {
        return pn_fail(err, PN_EIDENTITY,
                       "Issuer of Patient ID is \"%.64s\" in the contour object, \"%.64s\" in the images",
                       issuer.c_str(), st.patient_id_issuer);
    }
    if (std::strcmp(scan.study_uid, st.study_uid) != 0) {
        return pn_fail(err, PN_EIDENTITY, "Study Instance UID is %s in the contour object, %s in the images",
                       scan.study_uid, st.study_uid);
    }
    return 0;
}

int check_same_frame(const pn_volume &volume, const char *frame_uid, bool names_our_image, pn_error *err)
{
    const char *ours = volume.study.frame_of_reference_uid;
    if (frame_uid[0] == '\0' || ours[0] == '\0') {
        if (names_our_image) { return 0; }
        return pn_fail(err, PN_EIDENTITY,
                       "no Frame of Reference UID in the %s, and the contours name none of these images",
                       frame_uid[0] == '\0' ? "contour object" : "images");
    }
    if (std::strcmp(frame_uid, ours) != 0) {
        return pn_fail(err, PN_EIDENTITY, "Frame of Reference UID is %s in the contour object, %s in the images",
                       frame_uid, ours);
    }
    return 0;
}

} // namespace pn

void pn_mask_free(pn_mask *m)
{
    if (m == nullptr) { return; }
    std::free(m->voxels);
    *m = pn_mask{};
}

/* dicom/placement.hh - a volume's grid as contours and segments need it; shared by the masks. */
#ifndef PN_DICOM_PLACEMENT_HH
#define PN_DICOM_PLACEMENT_HH
#include "dicom/dataset.hh"
#include "dicom/mask.h"

namespace pn {

class Placement {
public:
    explicit Placement(const pn_volume &volume);

    /* Patient coordinates (mm) to column, row (pixels from the first pixel's centre) and
     * position along the normal (mm). */
    void locate(const double *point, double &i, double &j, double &along) const;
    /* Slice whose plane lies nearest. */
    std::size_t nearest(double along) const;
    double position_of(std::size_t slice) const { return positions[slice]; }
    /* "slice 12 of 60 (z = -31.5 mm)", counted from 1 along the normal. */
    std::string name(std::size_t slice) const;

    /* How far (mm) from a slice's plane something may lie and still be on it. */
    double plane_tolerance_mm;
    double in_plane_tolerance_mm;

private:
    const pn_volume &volume;
    std::vector<double> positions;
};

/* Zeroed mask on the volume's grid; frees itself unless released. */
class MaskOwner {
public:
    explicit MaskOwner(const pn_volume &volume);
    ~MaskOwner() { pn_mask_free(&m); }
    MaskOwner(const MaskOwner &) = delete;
    MaskOwner &operator=(const MaskOwner &) = delete;
    void release(pn_mask *out);
    pn_mask m;
};

/* The contour object is of the volume's patient, study and frame of reference. An issuer that
 * one side does not state is not a conflict. Where one side states no frame of reference,
 * `names_our_image` must say that the object was drawn on the volume's own images. */
int check_same_patient(const pn_volume &volume, DcmItem &dataset, Text &text, const pn_scan &scan,
                       pn_error *err);
int check_same_frame(const pn_volume &volume, const char *frame_uid, bool names_our_image,
                     pn_error *err);
bool is_image_of(const pn_volume &volume, const char *sop_uid);

} // namespace pn
#endif

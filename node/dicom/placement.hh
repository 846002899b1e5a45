/* dicom/placement.hh - a volume's grid as contours and segments need it; shared by the masks. */
#ifndef PN_DICOM_PLACEMENT_HH
#define PN_DICOM_PLACEMENT_HH
#include "dicom/dataset.hh"
#include "dicom/mask.h"
#include <cstddef>

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

/* A plane of pixels of another object: Image Position and Orientation (Patient), Pixel Spacing. */
struct Plane {
    double position[3] = {0, 0, 0}, cosines[6] = {0, 0, 0, 0, 0, 0};
    double spacing[2] = {0, 0};                /* between rows, between columns              */
    std::size_t rows = 0, columns = 0;
};

/* Where a plane's pixels fall in the volume: the first at `first`, columns and rows along one
 * axis of the volume each, forwards or backwards. A plane may stand across the slices. */
struct Fit {
    std::size_t first[3] = {0, 0, 0};
    int along_row = 0, along_column = 1, normal = 2;   /* axes of the volume                 */
    bool row_back = false, column_back = false;

    /* Offset of the first voxel, and from one column or row to the next. */
    std::ptrdiff_t start(const rx_grid &g) const;
    std::ptrdiff_t column_step(const rx_grid &g) const;
    std::ptrdiff_t row_step(const rx_grid &g) const;
};

/* Every pixel's centre must be a voxel's centre: PN_EGEOMETRY with both grids where the planes
 * are turned otherwise than by exchanging or reversing axes or have another pixel spacing, with
 * the distance where they lie beside the grid's points, reach beyond it or lie between slices. */
int fit_plane(Fit &fit, const Plane &plane, const Placement &placement, const rx_grid &g, pn_error *err);
/* "5 x 3 pixels of 1 x 1 mm along (1, 0, 0) and (0, 1, 0); the images have ..." */
std::string both_grids(const Plane &plane, const rx_grid &g);

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

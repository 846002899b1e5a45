/* dicom/derived.hh - what an object on a grid says of the images that it was made from.
 * Private to dicom/: shared by the writers of segmentations and parametric maps. */
#ifndef PN_DICOM_DERIVED_HH
#define PN_DICOM_DERIVED_HH
#include "dicom/made.hh"
#include "dicom/scan.h"

namespace pn {

/* All images of the volume (Referenced Series Sequence): those without a frame were looked at too.
 * A multi-frame image stands for all its frames. */
void put_referenced_series(Fields &d, const pn_volume &volume);
/* A Source Image of a frame. */
void put_source_image(Fields &derivation, const pn_slice &image);
/* Values joined to one attribute. */
OFString decimals(const double *v, std::size_t n);
/* Orientation, slice thickness and spacing of all frames. */
void put_plane(Fields &shared, const rx_grid &grid, const OFString &thickness_mm);

} // namespace pn
#endif

/* dicom/header_digests.hh - what tells two copies of one image apart. */
#ifndef PN_DICOM_HEADER_DIGESTS_HH
#define PN_DICOM_HEADER_DIGESTS_HH
#include "dicom/dataset.hh"
#include "dicom/header.h"

namespace pn {

/* Fills h.pixel_digest and h.identity_digest; `path` is the file that was scanned and loaded. */
int put_digests(pn_header &h, const pn_scan &scan, DcmItem &dataset, Text &text, const char *path,
                pn_error *err);

} // namespace pn
#endif

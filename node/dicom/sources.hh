/* dicom/sources.hh - how our objects name what they are derived from. Private to dicom/. */
#ifndef PN_DICOM_SOURCES_HH
#define PN_DICOM_SOURCES_HH
#include <cstring>
#include "dicom/made.hh"
#include "dicom/sc_write.h"

namespace pn {

inline Fields refer(Fields &d, const DcmTagKey &sequence, const char *sop_class_uid, const char *sop_uid)
{
    Fields item = d.item(sequence);
    item.put(DCM_ReferencedSOPClassUID, sop_class_uid).put(DCM_ReferencedSOPInstanceUID, sop_uid);
    return item;
}

/* Each image once, whatever its number of frames. */
template <class Each> void each_image(const pn_sources &s, Each &&each)
{
    for (std::size_t i = 0; i < s.n_images; i++) {
        const pn_slice &image = s.images[i];
        bool again = i > 0 && std::strcmp(image.sop_uid, s.images[i - 1].sop_uid) == 0;
        if (!again) { each(image); }
    }
}

} // namespace pn
#endif

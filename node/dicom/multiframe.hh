/* dicom/multiframe.hh - the functional groups of multi-frame objects. PS3.3 C.7.6.16.
 *
 * What a single-frame image says at its top stands here in an item of its own for each frame,
 * or once for all of them. Private to dicom/. */
#ifndef PN_DICOM_MULTIFRAME_HH
#define PN_DICOM_MULTIFRAME_HH
#include "dicom/dataset.hh"
#include "dicom/volume.h"

namespace pn {

/* Enhanced CT, MR or PET Image Storage, and those converted from single frames. */
bool is_multiframe_class(const char *sop_class_uid);
/* CT of either kind: its values must be HU. */
bool is_ct_class(const char *sop_class_uid);

/* Number of Frames, or 1 where it is absent. PN_EFORMAT: no number, less than 1; PN_ELIMIT: more
 * than PN_MAX_SLICES. */
int number_of_frames(long &out, DcmItem &dataset, pn_error *err);

/* First item of a functional group: the frame's own, else the one shared by all; or null. */
DcmItem *functional_group(DcmItem &frame, DcmItem *shared, const DcmTagKey &group);

/* Where one image or frame keeps its attributes: all in the data set, or in groups; null where
 * a group is missing. */
struct FrameItems {
    DcmItem *position = nullptr, *orientation = nullptr, *measures = nullptr, *values = nullptr;
};

class FrameGroups {
public:
    /* PN_EFORMAT: no groups, or not as many as frames. PN_EUNSUPPORTED: frames that are no one
     * volume, with the frames' numbers: several stacks, temporal positions, echoes, b-values,
     * phases or frame types; distorted planes; `files` fewer than the parts that the image was
     * cut into. `dataset` is borrowed. */
    int open(DcmItem &dataset, Text &text, long frames, std::size_t files, pn_error *err);
    /* `frame` from 0. PN_EFORMAT: position, orientation or pixel measures are missing. */
    int items_of(FrameItems &out, std::size_t frame, pn_error *err) const;
    /* What the groups say of the acquisition goes into fields of `study` that are still empty. */
    void complete(pn_study &study, Text &text) const;

private:
    int check_one_volume(Text &text, pn_error *err) const;
    DcmItem *top = nullptr, *shared = nullptr;
    std::vector<DcmItem *> frames;
};

} // namespace pn
#endif

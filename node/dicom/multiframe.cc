/* dicom/multiframe.cc - see multiframe.hh. */
#include "dicom/multiframe.hh"
#include <cstring>

namespace pn {

static bool is_one_of(const char *uid, std::initializer_list<const char *> classes)
{
    for (const char *c : classes) {
        if (std::strcmp(uid, c) == 0) { return true; }
    }
    return false;
}

bool is_multiframe_class(const char *uid)
{
    return is_one_of(uid, {UID_EnhancedCTImageStorage, UID_LegacyConvertedEnhancedCTImageStorage,
                           UID_EnhancedMRImageStorage, UID_LegacyConvertedEnhancedMRImageStorage,
                           UID_EnhancedPETImageStorage, UID_LegacyConvertedEnhancedPETImageStorage});
}

bool is_ct_class(const char *uid)
{
    return is_one_of(uid, {UID_CTImageStorage, UID_EnhancedCTImageStorage, UID_LegacyConvertedEnhancedCTImageStorage});
}

int number_of_frames(long &out, DcmItem &dataset, pn_error *err)
{
    out = 1;
    if (raw(dataset, DCM_NumberOfFrames).empty()) { return 0; }
    int rc = integer(out, dataset, DCM_NumberOfFrames, "Number of Frames", err);
    if (rc != 0) { return rc; }
    if (out < 1) { return pn_fail(err, PN_EFORMAT, "Number of Frames is %ld", out); }
    if (out > PN_MAX_SLICES) {
        return pn_fail(err, PN_ELIMIT, "%ld frames are more than the %d allowed", out, PN_MAX_SLICES);
    }
    return 0;
}

DcmItem *functional_group(DcmItem &frame, DcmItem *shared, const DcmTagKey &group)
{
    DcmItem *own = first_item(frame, group);
    return own != nullptr || shared == nullptr ? own : first_item(*shared, group);
}

int FrameGroups::open(DcmItem &dataset, Text &text, long count, std::size_t files, pn_error *err)
{
    top = &dataset;
    shared = first_item(dataset, DCM_SharedFunctionalGroupsSequence);
    frames = items(dataset, DCM_PerFrameFunctionalGroupsSequence);
    if (frames.empty()) {
        return pn_fail(err, PN_EFORMAT, "multi-frame image (%ld frames) without Per-frame Functional Groups Sequence",
                       count);
    }
    if (frames.size() != static_cast<std::size_t>(count)) {
        return pn_fail(err, PN_EFORMAT, "Number of Frames is %ld, but %zu frames are described", count, frames.size());
    }
    std::uint16_t parts = 0;
    if (uint16(parts, dataset, DCM_InConcatenationTotalNumber, "", nullptr) == 0 && parts > files) {
        return pn_fail(err, PN_EUNSUPPORTED, "%zu of the %u parts that the image was cut into (concatenation)", files,
                       static_cast<unsigned>(parts));
    }
    return check_one_volume(text, err);
}

/* ---- One volume, or several --------------------------------------------------------- */

/* Frames of one volume agree in these; where they do not, the volume meant cannot be known. */
static const struct Distinction {
    DcmTagKey group, tag;
    const char *several, *name;
} distinctions[] = {
    {DCM_FrameContentSequence, DCM_StackID, "stacks", "Stack ID"},
    {DCM_FrameContentSequence, DCM_TemporalPositionIndex, "temporal positions", "Temporal Position Index"},
    {DCM_MREchoSequence, DCM_EffectiveEchoTime, "echoes", "Effective Echo Time"},
    {DCM_MRDiffusionSequence, DCM_DiffusionBValue, "diffusion weightings", "Diffusion b-value"},
    {DCM_CardiacSynchronizationSequence, DCM_NominalPercentageOfCardiacPhase, "cardiac phases",
     "Nominal Percentage of Cardiac Phase"},
    {DCM_RespiratorySynchronizationSequence, DCM_NominalPercentageOfRespiratoryPhase, "respiratory phases",
     "Nominal Percentage of Respiratory Phase"},
    {DCM_CTImageFrameTypeSequence, DCM_FrameType, "frame types", "Frame Type"},
    {DCM_MRImageFrameTypeSequence, DCM_FrameType, "frame types", "Frame Type"},
    {DCM_PETFrameTypeSequence, DCM_FrameType, "frame types", "Frame Type"},
    {DCM_MRImageFrameTypeSequence, DCM_ComplexImageComponent, "components", "Complex Image Component"},
};

static std::string value_of(DcmItem &frame, DcmItem *shared, const Distinction &d)
{
    DcmItem *group = functional_group(frame, shared, d.group);
    std::string value = group == nullptr ? "" : characters(*group, d.tag);
    clean(value);
    return value;
}

static bool is_distorted(DcmItem &item, Text &text)
{
    return text.get(item, DCM_VolumetricProperties) == "DISTORTED";
}

int FrameGroups::check_one_volume(Text &text, pn_error *err) const
{
    for (const Distinction &d : distinctions) {
        const std::string first = value_of(*frames[0], shared, d);
        for (std::size_t f = 1; f < frames.size(); f++) {
            const std::string other = value_of(*frames[f], shared, d);
            if (other == first) { continue; }
            return pn_fail(err, PN_EUNSUPPORTED, "several %s in one image: %s is %s in frame 1, %s in frame %zu",
                           d.several, d.name, shown(first).c_str(), shown(other).c_str(), f + 1);
        }
    }
    bool distorted = is_distorted(*top, text);
    for (const DcmTagKey &type : {DCM_CTImageFrameTypeSequence, DCM_MRImageFrameTypeSequence, DCM_PETFrameTypeSequence}) {
        DcmItem *group = functional_group(*frames[0], shared, type);
        distorted = distorted || (group != nullptr && is_distorted(*group, text));
    }
    return distorted ? pn_fail(err, PN_EUNSUPPORTED, "Volumetric Properties is DISTORTED: its planes are curved") : 0;
}

/* ---- One frame ------------------------------------------------------------------------ */

int FrameGroups::items_of(FrameItems &out, std::size_t f, pn_error *err) const
{
    DcmItem &frame = *frames[f];
    out.position = functional_group(frame, shared, DCM_PlanePositionSequence);
    out.orientation = functional_group(frame, shared, DCM_PlaneOrientationSequence);
    out.measures = functional_group(frame, shared, DCM_PixelMeasuresSequence);
    out.values = functional_group(frame, shared, DCM_PixelValueTransformationSequence);
    const char *missing = out.position == nullptr      ? "Plane Position Sequence"
                          : out.orientation == nullptr ? "Plane Orientation Sequence"
                          : out.measures == nullptr    ? "Pixel Measures Sequence"
                                                       : nullptr;
    return missing == nullptr ? 0 : pn_fail(err, PN_EFORMAT, "no %s", missing);
}

static void put_if_empty(char *dst, std::size_t size, DcmItem *item, const DcmTagKey &tag, Text &text)
{
    if (dst[0] == '\0' && item != nullptr) { put(dst, size, text.get(*item, tag)); }
}

void FrameGroups::complete(pn_study &study, Text &text) const
{
    DcmItem &frame = *frames[0];
    put_if_empty(study.slice_thickness_mm, sizeof study.slice_thickness_mm,
                 functional_group(frame, shared, DCM_PixelMeasuresSequence), DCM_SliceThickness, text);
    put_if_empty(study.convolution_kernel, sizeof study.convolution_kernel,
                 functional_group(frame, shared, DCM_CTReconstructionSequence), DCM_ConvolutionKernel, text);
    put_if_empty(study.contrast_agent, sizeof study.contrast_agent,
                 first_item(*top, DCM_ContrastBolusAgentSequence), DCM_CodeMeaning, text);
}

} // namespace pn

/* dicom/sc_write.cc - see sc_write.h. PS3.3 A.8.1. */
#include "dicom/sc_write.h"
#include "dicom/sources.hh"

namespace {

void put_sources(pn::Fields &d, const pn_sources &s)
{
    pn::each_image(s, [&](const pn_slice &image) {
        pn::refer(d, DCM_SourceImageSequence, image.sop_class_uid, image.sop_uid)
            .code(DCM_PurposeOfReferenceCodeSequence, "121322", "DCM",
                  "Source image for image processing operation");
    });
    pn::refer(d, DCM_ReferencedInstanceSequence, s.contour_sop_class_uid, s.contour_sop_uid)
        .code(DCM_PurposeOfReferenceCodeSequence, "130488", "DCM", "Region in Space");
    if (s.report_sop_uid[0] != '\0') {
        pn::refer(d, DCM_ReferencedInstanceSequence, s.report_sop_class_uid, s.report_sop_uid)
            .code(DCM_PurposeOfReferenceCodeSequence, "121326", "DCM", "Alternate SOP Class instance");
    }
}

void put_picture(pn::Fields &d, const pn_sc &sc)
{
    const std::size_t n = static_cast<std::size_t>(sc.rows) * sc.columns * 3;
    std::vector<Uint8> pixels(sc.rgb, sc.rgb + n);
    if (n % 2 != 0) { pixels.push_back(0); }
    d.put16(DCM_SamplesPerPixel, 3).put(DCM_PhotometricInterpretation, "RGB").put16(DCM_PlanarConfiguration, 0)
        .put16(DCM_Rows, sc.rows).put16(DCM_Columns, sc.columns)
        .put16(DCM_BitsAllocated, 8).put16(DCM_BitsStored, 8).put16(DCM_HighBit, 7)
        .put16(DCM_PixelRepresentation, 0).bytes(DCM_PixelData, pixels);
}

} // namespace

int pn_sc_write(const pn_sc *sc, const char *path, pn_error *err)
{
    return guarded(err, [&] {
        pn_made made = sc->made;
        made.sop_class_uid = UID_SecondaryCaptureImageStorage;
        made.modality = "OT";
        int rc = pn::check_made(made, err);
        if (rc != PN_OK) { return rc; }
        if (sc->rows == 0 || sc->rows > 65535 || sc->columns == 0 || sc->columns > 65535) {
            return pn_fail(err, PN_EINVAL, "picture of %u x %u pixels, expected 1 to 65535 each",
                           sc->columns, sc->rows);
        }
        DcmFileFormat file;
        pn::Fields d(file.getDataset());
        pn::put_made(d, made);
        /* Empty where it may be: the page shows no side of a body. */
        d.put(DCM_Laterality, "").put(DCM_PatientOrientation, "")
            .put(DCM_ImageType, "DERIVED\\SECONDARY").put(DCM_ConversionType, "WSD")
            .put(DCM_BurnedInAnnotation, "YES").put(DCM_LossyImageCompression, "00")
            .put(DCM_DerivationDescription, pn::clipped(sc->description, 1024));
        put_sources(d, sc->sources);
        put_picture(d, *sc);
        return pn::save_part10(file, path, err);
    });
}

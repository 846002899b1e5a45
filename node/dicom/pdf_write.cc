/* dicom/pdf_write.cc - see pdf_write.h. PS3.3 A.45.1. */
#include "dicom/pdf_write.h"
#include <climits>
#include "dicom/sources.hh"

namespace {

void put_sources(pn::Fields &d, const pn_sources &s)
{
    pn::each_image(s, [&](const pn_slice &image) {
        (void)pn::refer(d, DCM_SourceInstanceSequence, image.sop_class_uid, image.sop_uid);
    });
    (void)pn::refer(d, DCM_SourceInstanceSequence, s.contour_sop_class_uid, s.contour_sop_uid);
    if (s.report_sop_uid[0] != '\0') {
        (void)pn::refer(d, DCM_SourceInstanceSequence, s.report_sop_class_uid, s.report_sop_uid);
    }
}

void put_document(pn::Fields &d, const pn_pdf &pdf)
{
    const Uint8 *p = static_cast<const Uint8 *>(pdf.bytes);
    std::vector<Uint8> bytes(p, p + pdf.n_bytes);
    /* PS3.5: an even number; a reader of PDF passes over what follows its end. */
    if (bytes.size() % 2 != 0) { bytes.push_back(0); }
    d.put(DCM_MIMETypeOfEncapsulatedDocument, "application/pdf").bytes(DCM_EncapsulatedDocument, bytes);
}

} // namespace

int pn_pdf_write(const pn_pdf *pdf, const char *path, pn_error *err)
{
    return guarded(err, [&] {
        pn_made made = pdf->made;
        made.sop_class_uid = UID_EncapsulatedPDFStorage;
        made.modality = "DOC";
        int rc = pn::check_made(made, err);
        if (rc != PN_OK) { return rc; }
        if (pdf->n_bytes < 5 || std::memcmp(pdf->bytes, "%PDF-", 5) != 0) {
            return pn_fail(err, PN_EINVAL, "document of %zu bytes is no PDF", pdf->n_bytes);
        }
        if (pdf->n_bytes >= INT_MAX) {
            return pn_fail(err, PN_ELIMIT, "document of %zu bytes, expected less than 2 GB", pdf->n_bytes);
        }
        DcmFileFormat file;
        pn::Fields d(file.getDataset());
        pn::put_made(d, made);
        d.put(DCM_AcquisitionDateTime, "").put(DCM_ConversionType, "WSD").put(DCM_BurnedInAnnotation, "YES")
            .put(DCM_DocumentTitle, pn::clipped(pdf->title, 1024))
            .code(DCM_ConceptNameCodeSequence, "126001", "DCM", "Oncology Measurement Report");
        put_sources(d, pdf->sources);
        put_document(d, *pdf);
        return pn::save_part10(file, path, err);
    });
}

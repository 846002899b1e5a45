/* dicom/codec.cc - see codec.hh. */
#include "dicom/codec.hh"

namespace pn {

int check_codestream(const Codestream &c, const PixelFile &f, pn_error *err)
{
    if (c.components != 1) {
        return pn_fail(err, PN_EFORMAT, "codestream of %lu components, expected 1", static_cast<unsigned long>(c.components));
    }
    if (c.columns != f.columns || c.rows != f.rows) {
        return pn_fail(err, PN_EFORMAT, "codestream of %lu x %lu pixels, expected %u x %u",
                       static_cast<unsigned long>(c.columns), static_cast<unsigned long>(c.rows),
                       static_cast<unsigned>(f.columns), static_cast<unsigned>(f.rows));
    }
    if (c.precision <= f.high || c.precision > f.allocated) {
        return pn_fail(err, PN_EFORMAT, "codestream of %lu bits, expected %u to %u",
                       static_cast<unsigned long>(c.precision), f.high + 1u, static_cast<unsigned>(f.allocated));
    }
    if (c.is_signed != (f.is_signed != 0)) {
        return pn_fail(err, PN_EFORMAT, "codestream of %s samples, Pixel Representation is %u",
                       c.is_signed ? "signed" : "unsigned", static_cast<unsigned>(f.is_signed));
    }
    return 0;
}

} // namespace pn

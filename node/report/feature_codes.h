/* report/feature_codes.h - which coded concept and unit stand for a feature in a report.
 *
 * Names are those of rx_features(); the table has its order. Everything is static. */
#ifndef PN_REPORT_FEATURE_CODES_H
#define PN_REPORT_FEATURE_CODES_H
#include <radiomics/extract.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_feature_code {
    const char *feature;        /* "original_shape_Elongation"                       */
    const char *value, *scheme; /* "Q3CK", "IBSI"; 101 IBSI and 6 99PYRADIOMICS       */
    const char *ucum, *unit_meaning; /* of CT; see pn_feature_unit                    */
    const char *meaning;        /* at most 64 characters, ASCII                      */
} pn_feature_code;

typedef struct pn_unit { const char *ucum, *meaning; } pn_unit;

const pn_feature_code *pn_feature_codes(void);                      /* RX_NFEATURES of them */
const pn_feature_code *pn_feature_code_find(const char *feature);   /* NULL: not one of them */
const pn_feature_code *pn_feature_code_of(const char *value, const char *scheme); /* NULL: none */

/* The unit of a feature for images of a modality: grey values of anything but CT are not
 * Hounsfield units, and are given as arbitrary units. */
pn_unit pn_feature_unit(const pn_feature_code *code, const char *modality);

#ifdef __cplusplus
}
#endif
#endif

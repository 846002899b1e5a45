/* tests/node/dicom/j2k_encode.h - JPEG 2000 codestreams for tests; Debian's DCMTK makes none. */
#ifndef PN_TEST_J2K_ENCODE_H
#define PN_TEST_J2K_ENCODE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct j2k_spec {
    unsigned columns, rows, components, precision;
    bool is_signed;
    unsigned tile;               /* edge; 0: one tile                                        */
    double rate;                 /* 0: reversible; else 9/7 at this ratio                    */
} j2k_spec;

/* values: columns * rows, the same for each component. Caller frees. NULL where it fails. */
uint8_t *j2k_encode(size_t *n, const j2k_spec *s, const int32_t *values);

#endif

/* extraction.h - the PyRadiomics mapping as part of another file (the model). */
#ifndef CFG_EXTRACTION_PRIVATE_H
#define CFG_EXTRACTION_PRIVATE_H
#include <config/extraction.h>
#include "fields.h"

enum { CFG_EXTRACTION_MAX_BYTES = 65536 };

/* Needs the "C" locale. map may be NULL: all defaults. */
CFG_CHECKED int cfg_extraction_read(const fd_reader *r, rx_settings *out, const yt_node *map);
/* featureClass: and what is enabled. */
void cfg_extraction_write_classes(txt_buf *b, const rx_settings *s, unsigned indent);

#endif

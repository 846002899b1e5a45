/* pyradiomics.h - PyRadiomics' mapping as part of another file. */
#ifndef CFG_PYRADIOMICS_PRIVATE_H
#define CFG_PYRADIOMICS_PRIVATE_H
#include <config/pyradiomics.h>
#include "fields.h"

/* Needs the "C" locale. map may be NULL: all defaults. */
CFG_CHECKED int cfg_pyradiomics_read(const fd_reader *r, cfg_pyradiomics *out, const yt_node *map);
/* setting, imageType and featureClass, for cfg_pyradiomics_read to give back the same: what is PyRadiomics'
 * own is left out, but for what models have always named. No shape2D, no deprecated features. */
void cfg_pyradiomics_write(txt_buf *b, const rx_pyradiomics *s, unsigned indent);
/* featureClass: (pyradiomics_classes.c). obj: a cfg_pyradiomics. */
CFG_CHECKED int cfg_pyradiomics_classes(const fd_reader *r, cfg_pyradiomics *out, const yt_node *n);

#endif

/* pyradiomics.h - PyRadiomics' mapping as part of another file. */
#ifndef CFG_PYRADIOMICS_PRIVATE_H
#define CFG_PYRADIOMICS_PRIVATE_H
#include <config/pyradiomics.h>
#include "fields.h"

/* Needs the "C" locale. map may be NULL: all defaults. */
CFG_CHECKED int cfg_pyradiomics_read(const fd_reader *r, cfg_pyradiomics *out, const yt_node *map);
/* featureClass: (pyradiomics_classes.c). obj: a cfg_pyradiomics. */
CFG_CHECKED int cfg_pyradiomics_classes(const fd_reader *r, cfg_pyradiomics *out, const yt_node *n);

#endif

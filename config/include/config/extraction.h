/* config/extraction.h - PyRadiomics parameter files (YAML: setting, imageType, featureClass). */
#ifndef CFG_EXTRACTION_H
#define CFG_EXTRACTION_H
#include <stddef.h>
#include <config/error.h>
#include <radiomics/extract.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Settings that exist so far load; a setting, image type or class that PyRadiomics has and we
 * do not is refused by name (never silently ignored), an unknown one with the nearest known. */
CFG_CHECKED int cfg_extraction_load(rx_settings *out, const char *path, cfg_error *err);
CFG_CHECKED int cfg_extraction_parse(rx_settings *out, const char *bytes, size_t n,
                                     const char *name, cfg_error *err);
/* Room that cfg_extraction_text never exceeds, whatever is enabled. */
enum { CFG_EXTRACTION_TEXT_SIZE = 4096 };
/* Canonical one-line text of the settings ("binWidth=25 distances=1 ..."), into buf; the
 * same settings always give the same text. Goes into reports and digests. Cut where size is
 * too small. */
void cfg_extraction_text(char *buf, size_t size, const rx_settings *s);

#ifdef __cplusplus
}
#endif
#endif

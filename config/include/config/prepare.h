/* config/prepare.h - the `prepare:` block of a parameter file of `extract`, and landmark files. */
#ifndef CFG_PREPARE_H
#define CFG_PREPARE_H
#include <stddef.h>
#include <config/error.h>
#include <radiomics/prepare.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CFG_PREPARE_TEXT_SIZE = 2048 };

/* The block of the file at `path`, beside whatever else stands in it; rx_prepare_default where
 * there is none. A landmark file that it names is read too: its path is beside the parameter
 * file's folder. Unknown keys, methods and values out of range are refused with file, line and
 * column. docs/FORMATS.md lists the keys. */
CFG_CHECKED int cfg_prepare_load(rx_prepare *out, const char *path, cfg_error *err);
/* folder: where landmark files lie; NULL: none can be named. */
CFG_CHECKED int cfg_prepare_parse(rx_prepare *out, const char *bytes, size_t n, const char *name,
                                  const char *folder, cfg_error *err);
/* One line that is the same for the same steps and differs for others; "" where nothing is done. */
void cfg_prepare_text(char *buf, size_t size, const rx_prepare *p);

/* Landmarks of histograms (YAML): what rx_landmarks_learn made. */
CFG_CHECKED int cfg_landmarks_load(rx_landmarks *out, const char *path, cfg_error *err);
CFG_CHECKED int cfg_landmarks_save(const rx_landmarks *l, const char *path, cfg_error *err);

#ifdef __cplusplus
}
#endif
#endif

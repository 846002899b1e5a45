/* config/pyradiomics.h - PyRadiomics' parameter files, whole: setting, imageType with settings of
 * its own, featureClass, voxelSetting. */
#ifndef CFG_PYRADIOMICS_H
#define CFG_PYRADIOMICS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <config/error.h>
#include <radiomics/pyradiomics.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the file says; the defaults are PyRadiomics' own. */
typedef struct cfg_pyradiomics {
    rx_pyradiomics settings;
    uint32_t label;              /* label: 1; which value of the mask is the region           */
    unsigned label_channel;      /* label_channel: 0; of masks with several values a voxel    */
    bool additional_info;        /* additionalInfo: true; diagnostics in the output           */
    /* voxelSetting, for maps */
    unsigned kernel_radius;      /* kernelRadius: 1, voxels                                   */
    bool masked_kernel;          /* maskedKernel: true                                        */
    double init_value;           /* initValue: 0; outside of the region; may be NaN           */
} cfg_pyradiomics;

void cfg_pyradiomics_default(cfg_pyradiomics *out);
/* Every setting that PyRadiomics 3.1 knows is known here; one that would change nothing where it
 * stands is refused with the reason, an unknown one with the nearest known. Of a value out of
 * range the message says what is allowed. Limits: 64 KiB. */
CFG_CHECKED int cfg_pyradiomics_load(cfg_pyradiomics *out, const char *path, cfg_error *err);
CFG_CHECKED int cfg_pyradiomics_parse(cfg_pyradiomics *out, const char *bytes, size_t n,
                                      const char *name, cfg_error *err);

/* Room for what reports keep: a dozen image types and more. */
enum { CFG_PYRADIOMICS_TEXT_SIZE = 16384 };
/* One line that is the same for the same settings, for reports and tables, into buf of `size` bytes: cut
 * where that is too small. Returns the length of the whole, as snprintf. */
size_t cfg_pyradiomics_text(char *buf, size_t size, const rx_pyradiomics *s);

/* One image as it came, without preparation: then s->base.features says it all. */
bool cfg_pyradiomics_is_plain(const rx_pyradiomics *s);

#ifdef __cplusplus
}
#endif
#endif

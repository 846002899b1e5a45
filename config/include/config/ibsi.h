/* config/ibsi.h - the settings file of the ibsi profile; docs/FORMATS.md lists its keys. */
#ifndef CFG_IBSI_H
#define CFG_IBSI_H
#include <stddef.h>
#include <stdint.h>
#include <config/error.h>
#include <radiomics/ibsi_response.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CFG_IBSI_MAX_FILTERS = 32, CFG_IBSI_TEXT_SIZE = 8192 };

typedef struct cfg_ibsi {
    rx_ibsi settings;
    uint32_t label;              /* which value of the mask is the region; 1                  */
    unsigned label_channel;      /* of masks with several values a voxel; 0                   */
    /* Features of each of these responses come behind those of the image itself, with
     * rx_response_name behind their own name; see rx_ibsi_responses. */
    rx_response filters[CFG_IBSI_MAX_FILTERS];
    size_t n_filters;
    unsigned filter_families;
    rx_ibsi_bins filter_bins, filter_ivh_bins;
} cfg_ibsi;

/* rx_ibsi_default, label 1, channel 0, no filter, rx_ibsi_responses_default. */
void cfg_ibsi_default(cfg_ibsi *out);
/* Unknown keys and values out of range are refused with file, line and column, the nearest known
 * key, and what was expected. Limit: 64 KiB. */
CFG_CHECKED int cfg_ibsi_load(cfg_ibsi *out, const char *path, cfg_error *err);
CFG_CHECKED int cfg_ibsi_parse(cfg_ibsi *out, const char *bytes, size_t n, const char *name,
                               cfg_error *err);
/* What is to be measured of filters' responses; valid as long as *s. */
rx_ibsi_responses cfg_ibsi_responses(const cfg_ibsi *s);
/* One line that is the same for the same settings and differs for others: goes into tables and
 * digests. Cut where size is too small. */
void cfg_ibsi_text(char *buf, size_t size, const cfg_ibsi *s);

#ifdef __cplusplus
}
#endif
#endif

/* filt_names.c - what PyRadiomics calls its images. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filt.h"

/* Python's str() of a number, the point as a dash: the fewest digits that read back the same,
 * with an exponent below 1e-4 and from 1e16 on. */
static void write_sigma(char *out, size_t size, rx_sigma sigma)
{
    char digits[40];
    int precision = 1;
    while (snprintf(digits, sizeof digits, "%.*g", precision, sigma.mm), strtod(digits, NULL) != sigma.mm) {
        precision++;
    }
    if (sigma.mm >= 1e-4 && sigma.mm < 1e16) {
        const char *point = strchr(digits, 'e');   /* 2e+01: digits are fewer than its places */
        if (point) { snprintf(digits, sizeof digits, "%.0f", sigma.mm); }
        if (!sigma.integer && !strchr(digits, '.')) {
            size_t n = strlen(digits);
            snprintf(digits + n, sizeof digits - n, ".0");
        }
    }
    snprintf(out, size, "%s", digits);
    for (char *p = out; *p; p++) {
        if (*p == '.') { *p = '-'; }
    }
}

static bool log_name(char name[RX_FILTERED_NAME], const rx_filter_settings *s, unsigned n)
{
    char sigma[40];
    if (n >= s->n_sigma) { return false; }
    write_sigma(sigma, sizeof sigma, s->sigma[n]);
    (void)snprintf(name, RX_FILTERED_NAME, "log-sigma-%s-mm-3D", sigma);
    return true;
}

/* LLH, LHL ... HHH of each level, and LLL of the last; the first level has no number. */
static bool wavelet_name(char name[RX_FILTERED_NAME], const rx_filter_settings *s, unsigned n)
{
    unsigned axes = s->force_2d ? 2 : 3, details = (1u << axes) - 1;
    if (s->level < 1 || n > s->level * details) { return false; }
    unsigned level = n < s->level * details ? n / details : s->level - 1;
    unsigned code = n < s->level * details ? n % details + 1 : 0;
    char letters[4] = "", number[12] = "";
    for (unsigned a = 0; a < axes; a++) { letters[a] = code >> (axes - 1 - a) & 1 ? 'H' : 'L'; }
    if (level > 0) { (void)snprintf(number, sizeof number, "%u", level + 1); }
    (void)snprintf(name, RX_FILTERED_NAME, "wavelet%s-%s", number, letters);
    return true;
}

static bool lbp3d_name(char name[RX_FILTERED_NAME], const rx_filter_settings *s, unsigned n)
{
    if (n < s->lbp3d_levels) {
        (void)snprintf(name, RX_FILTERED_NAME, "lbp-3D-m%u", n + 1);
    } else {
        (void)snprintf(name, RX_FILTERED_NAME, "lbp-3D-k");
    }
    return n <= s->lbp3d_levels;
}

bool rx_filter_image_name(char name[RX_FILTERED_NAME], rx_image_type type,
                          const rx_filter_settings *s, unsigned n)
{
    static const char *const single[RX_NIMAGE_TYPES] = {
        [RX_IMAGE_ORIGINAL] = "original",       [RX_IMAGE_SQUARE] = "square",
        [RX_IMAGE_SQUAREROOT] = "squareroot",   [RX_IMAGE_LOGARITHM] = "logarithm",
        [RX_IMAGE_EXPONENTIAL] = "exponential", [RX_IMAGE_GRADIENT] = "gradient",
        [RX_IMAGE_LBP2D] = "lbp-2D",
    };
    switch (type) {
    case RX_IMAGE_LOG: return log_name(name, s, n);
    case RX_IMAGE_WAVELET: return wavelet_name(name, s, n);
    case RX_IMAGE_LBP3D: return lbp3d_name(name, s, n);
    default: break;
    }
    if ((unsigned)type >= RX_NIMAGE_TYPES || n > 0) { return false; }
    (void)snprintf(name, RX_FILTERED_NAME, "%s", single[type]);
    return true;
}

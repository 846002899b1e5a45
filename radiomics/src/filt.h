/* radiomics/src/filt.h - inside of the image types (radiomics/filters.h). */
#ifndef RX_FILT_H
#define RX_FILT_H
#include <stddef.h>
#include <radiomics/filters.h>

typedef struct rx_wavelet_work rx_wavelet_work;
typedef struct rx_lbp3d_work rx_lbp3d_work;

struct rx_filter {
    rx_image_type type;
    rx_filter_settings s;
    rx_image image;             /* borrowed                                                    */
    rx_mask mask;               /* borrowed; voxels NULL: none                                 */
    rx_scalar as;
    rx_box box;
    size_t n[3];                /* voxels of the box along each axis                           */
    size_t voxels;              /* of the box                                                  */
    double highest;             /* max |x| over the image, for what scales by it               */
    unsigned at;                /* images given so far                                         */

    rx_scalar out_type;
    void *out;                  /* [voxels] of out_type                                        */
    float *lines;               /* LoG: the image on its way through the passes                */
    size_t lines_size;
    rx_wavelet_work *wavelet;
    rx_lbp3d_work *lbp3d;
};

/* n elements of the given size, or NULL with err filled; 0 elements are one. */
void *rx_filt_alloc(size_t n, size_t element, rx_error *err);

/* Each writes f->out, or sets out->skipped; *more false past the last. */
RX_CHECKED int rx_filt_point(bool *more, rx_filtered *out, rx_filter *f, rx_error *err);
RX_CHECKED int rx_filt_gradient(bool *more, rx_filter *f, rx_error *err);
RX_CHECKED int rx_filt_log(bool *more, rx_filtered *out, rx_filter *f, rx_error *err);
RX_CHECKED int rx_filt_wavelet(bool *more, rx_filter *f, rx_error *err);
RX_CHECKED int rx_filt_lbp2d(bool *more, rx_filter *f, rx_error *err);
RX_CHECKED int rx_filt_lbp3d(bool *more, rx_filter *f, rx_error *err);

void rx_wavelet_work_free(rx_wavelet_work *w);  /* NULL is fine */
void rx_lbp3d_work_free(rx_lbp3d_work *w);      /* NULL is fine */

/* Sum in numpy's order. */
double rx_filt_sum(const double *v, size_t n);

/* Points of an icosphere around 0; *points is owned by the caller. */
RX_CHECKED int rx_filt_icosphere(double (**points)[3], size_t *n, unsigned subdivisions, double radius,
                                 rx_error *err);

/* Fills in what rx_filtered says of an image that PyRadiomics leaves out. */
void rx_filt_skip(rx_filtered *out, const char *fmt, ...) RX_PRINTF(2, 3);

/* A low-pass filter of one of the families. */
typedef struct rx_wavelet_figures {
    const double *low;          /* the synthesis filter                                        */
    unsigned taps;
} rx_wavelet_figures;

enum { RX_MAX_LBP3D_LEVELS = 16 };

enum { RX_WAVELET_DB = 38, RX_WAVELET_SYM = 20, RX_WAVELET_COIF = 17, RX_WAVELET_DMEY_TAPS = 62 };
rx_wavelet_figures rx_wavelet_db(unsigned order);     /* 1 to 38                               */
rx_wavelet_figures rx_wavelet_sym(unsigned order);    /* 2 to 20                               */
rx_wavelet_figures rx_wavelet_coif(unsigned order);   /* 1 to 17; without the factor sqrt 2    */
rx_wavelet_figures rx_wavelet_dmey(void);

/* As rx_wavelet_filters; single: the taps as PyWavelets has them for float images, where scaling is
 * rounded to float too. */
RX_CHECKED int rx_filt_wavelet_taps(double lo[RX_MAX_WAVELET], double hi[RX_MAX_WAVELET], unsigned *n,
                                    const char *name, bool single, rx_error *err);

#endif

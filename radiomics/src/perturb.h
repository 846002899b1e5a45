/* radiomics/src/perturb.h - the parts of perturbation: chance, noise, regions. */
#ifndef RX_PERTURB_PARTS_H
#define RX_PERTURB_PARTS_H
#include <radiomics/perturb.h>

typedef struct rx_chance { uint64_t state; } rx_chance;

/* Streams of one seed are unrelated: each part of a perturbation has its own, so that switching
 * one off does not change the others. */
typedef enum rx_chance_use { RX_CHANCE_NOISE = 1, RX_CHANCE_VOLUME, RX_CHANCE_CONTOUR } rx_chance_use;

rx_chance rx_chance_new(uint64_t seed, rx_chance_use use);
uint64_t rx_chance_next(rx_chance *c);
double rx_chance_uniform(rx_chance *c);           /* 0 < u < 1                             */
double rx_chance_normal(rx_chance *c);            /* mean 0, standard deviation 1          */

/* cos and sin of an angle in degrees, by series. */
void rx_turn(double *cosine, double *sine, double degrees);

/* Add noise to all voxels. */
void rx_perturb_add_noise(rx_volume *v, double sd, uint64_t seed);
/* Grow or shrink. */
RX_CHECKED int rx_perturb_volume(rx_region *r, double change, uint64_t seed, rx_error *err);
/* Redraw along supervoxels. */
RX_CHECKED int rx_perturb_contour(rx_region *r, const rx_volume *image, uint64_t seed, rx_error *err);

#endif

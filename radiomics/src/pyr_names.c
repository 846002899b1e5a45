/* pyr_names.c - from a column's name to its image and its definition. */
#include <stdio.h>
#include <string.h>
#include "classes.h"
#include "pyr.h"

int rx_pyradiomics_feature(char image[RX_FILTERED_NAME], const char *name)
{
    char full[RX_NAME_SIZE];
    size_t n = strcspn(name, "_");
    if (name[n] == '\0' || n >= RX_FILTERED_NAME) { return -1; }
    int length = snprintf(full, sizeof full, "original%s", name + n);
    if (length < 0 || (size_t)length >= sizeof full) { return -1; }
    int index = rx_feature_index(full);
    if (index >= 0 && image) {
        memcpy(image, name, n);
        image[n] = '\0';
    }
    return index;
}

static bool gives_image(const rx_pyradiomics *s, const char *image)
{
    for (unsigned i = 0; i < s->n_images; i++) {
        const rx_pyr_own *own = &s->images[i].own;
        rx_filter_settings f = own->filter;
        f.force_2d = own->features.force_2d;
        char name[RX_FILTERED_NAME];
        for (unsigned n = 0; rx_filter_image_name(name, s->images[i].type, &f, n); n++) {
            if (strcmp(name, image) == 0) { return true; }
        }
    }
    return false;
}

bool rx_pyradiomics_gives(const rx_pyradiomics *s, const char *name)
{
    char image[RX_FILTERED_NAME];
    int index = rx_pyradiomics_feature(image, name);
    if (index < 0 || !s->base.features.enabled[index]) { return false; }
    if (rx_features()[index].cls == RX_SHAPE) { return strcmp(image, "original") == 0; }
    return gives_image(s, image);
}

/* classes.h - labels as codes. */
#ifndef SV_CLASSES_H
#define SV_CLASSES_H

#include <stddef.h>
#include <stdint.h>

#include <survival/error.h>

/* class_of[n] and label_of[classes], both for the caller to free. Fails, outputs untouched: SV_EDATA
 * (fewer than 2 labels), SV_ELIMIT (more than 1000), SV_ENOMEM. */
SV_CHECKED int sv_classes_of(uint32_t **class_of, int **label_of, size_t *classes, const int *label, size_t n,
                             sv_error *err);

/* That every label is 0 or 1 and either occurs; *ones: how many are 1. Fails: SV_EDATA. */
SV_CHECKED int sv_binary_check(size_t *ones, const int *label, size_t n, sv_error *err);

#endif

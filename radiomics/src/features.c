#include "classes.h"
#include <string.h>

#define RX_DEF(prefix, cls, n) { #n, "original_" prefix "_" #n, cls },
#define RX_D_SHAPE(n)      RX_DEF("shape", RX_SHAPE, n)
#define RX_D_FIRSTORDER(n) RX_DEF("firstorder", RX_FIRSTORDER, n)
#define RX_D_GLCM(n)       RX_DEF("glcm", RX_GLCM, n)
#define RX_D_GLDM(n)       RX_DEF("gldm", RX_GLDM, n)
#define RX_D_GLRLM(n)      RX_DEF("glrlm", RX_GLRLM, n)
#define RX_D_GLSZM(n)      RX_DEF("glszm", RX_GLSZM, n)
#define RX_D_NGTDM(n)      RX_DEF("ngtdm", RX_NGTDM, n)

static const rx_feature_def defs[] = {
    RX_LIST_SHAPE(RX_D_SHAPE)
    RX_LIST_FIRSTORDER(RX_D_FIRSTORDER)
    RX_LIST_GLCM(RX_D_GLCM)
    RX_LIST_GLDM(RX_D_GLDM)
    RX_LIST_GLRLM(RX_D_GLRLM)
    RX_LIST_GLSZM(RX_D_GLSZM)
    RX_LIST_NGTDM(RX_D_NGTDM)
};
_Static_assert(sizeof defs / sizeof *defs == RX_NFEATURES, "the header says 107 features");

static const struct { const char *name; unsigned first, size; } classes[RX_NCLASSES] = {
    { "shape", 0, N_SHAPE },
    { "firstorder", N_SHAPE, N_FIRSTORDER },
    { "glcm", N_SHAPE + N_FIRSTORDER, N_GLCM },
    { "gldm", N_SHAPE + N_FIRSTORDER + N_GLCM, N_GLDM },
    { "glrlm", N_SHAPE + N_FIRSTORDER + N_GLCM + N_GLDM, N_GLRLM },
    { "glszm", N_SHAPE + N_FIRSTORDER + N_GLCM + N_GLDM + N_GLRLM, N_GLSZM },
    { "ngtdm", N_SHAPE + N_FIRSTORDER + N_GLCM + N_GLDM + N_GLRLM + N_GLSZM, N_NGTDM },
};

const rx_feature_def *rx_features(void) { return defs; }

const char *rx_class_name(rx_class cls)
{
    return (unsigned)cls < RX_NCLASSES ? classes[cls].name : "?";
}

unsigned rx_class_first(rx_class cls) { return classes[cls].first; }
unsigned rx_class_size(rx_class cls) { return classes[cls].size; }

int rx_feature_index(const char *full_name)
{
    if (!full_name) { return -1; }
    for (int i = 0; i < RX_NFEATURES; i++) {
        if (strcmp(defs[i].full_name, full_name) == 0) { return i; }
    }
    return -1;
}

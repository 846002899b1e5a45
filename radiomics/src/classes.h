/* radiomics/src/classes.h - the 107 features, in output order, and the class kernels. */
#ifndef RX_CLASSES_H
#define RX_CLASSES_H
#include <radiomics/extract.h>
#include "roi.h"
#include "workspace.h"

#define RX_LIST_SHAPE(X) \
    X(Elongation) X(Flatness) X(LeastAxisLength) X(MajorAxisLength) \
    X(Maximum2DDiameterColumn) X(Maximum2DDiameterRow) X(Maximum2DDiameterSlice) \
    X(Maximum3DDiameter) X(MeshVolume) X(MinorAxisLength) X(Sphericity) X(SurfaceArea) \
    X(SurfaceVolumeRatio) X(VoxelVolume)

#define RX_LIST_FIRSTORDER(X) \
    X(10Percentile) X(90Percentile) X(Energy) X(Entropy) X(InterquartileRange) X(Kurtosis) \
    X(Maximum) X(MeanAbsoluteDeviation) X(Mean) X(Median) X(Minimum) X(Range) \
    X(RobustMeanAbsoluteDeviation) X(RootMeanSquared) X(Skewness) X(TotalEnergy) \
    X(Uniformity) X(Variance)

#define RX_LIST_GLCM(X) \
    X(Autocorrelation) X(ClusterProminence) X(ClusterShade) X(ClusterTendency) X(Contrast) \
    X(Correlation) X(DifferenceAverage) X(DifferenceEntropy) X(DifferenceVariance) X(Id) \
    X(Idm) X(Idmn) X(Idn) X(Imc1) X(Imc2) X(InverseVariance) X(JointAverage) X(JointEnergy) \
    X(JointEntropy) X(MCC) X(MaximumProbability) X(SumAverage) X(SumEntropy) X(SumSquares)

#define RX_LIST_GLDM(X) \
    X(DependenceEntropy) X(DependenceNonUniformity) X(DependenceNonUniformityNormalized) \
    X(DependenceVariance) X(GrayLevelNonUniformity) X(GrayLevelVariance) \
    X(HighGrayLevelEmphasis) X(LargeDependenceEmphasis) \
    X(LargeDependenceHighGrayLevelEmphasis) X(LargeDependenceLowGrayLevelEmphasis) \
    X(LowGrayLevelEmphasis) X(SmallDependenceEmphasis) \
    X(SmallDependenceHighGrayLevelEmphasis) X(SmallDependenceLowGrayLevelEmphasis)

#define RX_LIST_GLRLM(X) \
    X(GrayLevelNonUniformity) X(GrayLevelNonUniformityNormalized) X(GrayLevelVariance) \
    X(HighGrayLevelRunEmphasis) X(LongRunEmphasis) X(LongRunHighGrayLevelEmphasis) \
    X(LongRunLowGrayLevelEmphasis) X(LowGrayLevelRunEmphasis) X(RunEntropy) \
    X(RunLengthNonUniformity) X(RunLengthNonUniformityNormalized) X(RunPercentage) \
    X(RunVariance) X(ShortRunEmphasis) X(ShortRunHighGrayLevelEmphasis) \
    X(ShortRunLowGrayLevelEmphasis)

#define RX_LIST_GLSZM(X) \
    X(GrayLevelNonUniformity) X(GrayLevelNonUniformityNormalized) X(GrayLevelVariance) \
    X(HighGrayLevelZoneEmphasis) X(LargeAreaEmphasis) X(LargeAreaHighGrayLevelEmphasis) \
    X(LargeAreaLowGrayLevelEmphasis) X(LowGrayLevelZoneEmphasis) X(SizeZoneNonUniformity) \
    X(SizeZoneNonUniformityNormalized) X(SmallAreaEmphasis) \
    X(SmallAreaHighGrayLevelEmphasis) X(SmallAreaLowGrayLevelEmphasis) X(ZoneEntropy) \
    X(ZonePercentage) X(ZoneVariance)

#define RX_LIST_NGTDM(X) \
    X(Busyness) X(Coarseness) X(Complexity) X(Contrast) X(Strength)

/* Index within the class: shape_Elongation, glcm_MCC, ... */
#define RX_E(name) shape_##name,
enum { RX_LIST_SHAPE(RX_E) N_SHAPE };
#undef RX_E
#define RX_E(name) firstorder_##name,
enum { RX_LIST_FIRSTORDER(RX_E) N_FIRSTORDER };
#undef RX_E
#define RX_E(name) glcm_##name,
enum { RX_LIST_GLCM(RX_E) N_GLCM };
#undef RX_E
#define RX_E(name) gldm_##name,
enum { RX_LIST_GLDM(RX_E) N_GLDM };
#undef RX_E
#define RX_E(name) glrlm_##name,
enum { RX_LIST_GLRLM(RX_E) N_GLRLM };
#undef RX_E
#define RX_E(name) glszm_##name,
enum { RX_LIST_GLSZM(RX_E) N_GLSZM };
#undef RX_E
#define RX_E(name) ngtdm_##name,
enum { RX_LIST_NGTDM(RX_E) N_NGTDM };
#undef RX_E

/* Index of the class's first feature in rx_features(), and how many it has. */
unsigned rx_class_first(rx_class cls);
unsigned rx_class_size(rx_class cls);

/* The kernels. A value that the formula does not give for this region is NaN. */
RX_CHECKED int rx_shape(double out[N_SHAPE], const rx_roi *roi, rx_workspace *ws, rx_error *err);
RX_CHECKED int rx_firstorder(double out[N_FIRSTORDER], const rx_roi *roi, const rx_levels *l,
                             const rx_settings *s, rx_workspace *ws, rx_error *err);
RX_CHECKED int rx_glcm(double out[N_GLCM], const rx_levels *l, const rx_settings *s,
                       rx_workspace *ws, rx_error *err);
RX_CHECKED int rx_glrlm(double out[N_GLRLM], const rx_levels *l, const rx_settings *s,
                        rx_workspace *ws, rx_error *err);
RX_CHECKED int rx_glszm(double out[N_GLSZM], const rx_levels *l, const rx_settings *s,
                        rx_workspace *ws, rx_error *err);

/* Both from one count of every voxel's neighbourhood. */
struct rx_neighbours;
RX_CHECKED int rx_gldm(double out[N_GLDM], const rx_levels *l, const struct rx_neighbours *nb,
                       rx_workspace *ws, rx_error *err);
RX_CHECKED int rx_ngtdm(double out[N_NGTDM], const rx_levels *l, const struct rx_neighbours *nb,
                        rx_workspace *ws, rx_error *err);

#endif

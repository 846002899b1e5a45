/* report/feature_codes.c - the 107 features as coded concepts.
 *
 * Codes are the IBSI reference manual's identifiers, as PS3.16 CID 218 takes them over. Six
 * features have none: three 2D diameters, total energy, MCC, and kurtosis, from which
 * PyRadiomics does not subtract 3 as IBSI's IPH6 does; for these the private codes that
 * PyRadiomics' own DICOM tool emits are kept, so that the numbers of both can be matched. */
#include "report/feature_codes.h"

#include <string.h>

#define NO_UNITS "1", "no units"
#define MM       "mm", "millimeter"
#define MM2      "mm2", "square millimeter"
#define MM3      "mm3", "cubic millimeter"
#define PER_MM   "/mm", "per millimeter"
#define HU       "[hnsf'U]", "Hounsfield unit"
#define HU2      "[hnsf'U]2", "square Hounsfield unit"
#define MM3_HU2  "mm3.[hnsf'U]2", "cubic millimeter square Hounsfield unit"
#define BIT      "bit", "bit"

/* `units` is a pair, so that a row reads as one line of the coded concept. */
#define IBSI(name, value, units, meaning) {name, value, "IBSI", units, meaning}
#define PRIV(name, value, units, meaning) {name, value, "99PYRADIOMICS", units, meaning}

static const pn_feature_code table[RX_NFEATURES] = {
    IBSI("original_shape_Elongation", "Q3CK", NO_UNITS, "Elongation"),
    IBSI("original_shape_Flatness", "N17B", NO_UNITS, "Flatness"),
    IBSI("original_shape_LeastAxisLength", "7J51", MM, "Least Axis in 3D Length"),
    IBSI("original_shape_MajorAxisLength", "TDIC", MM, "Major Axis in 3D Length"),
    PRIV("original_shape_Maximum2DDiameterColumn", "E2ihFx", MM, "Maximum 2D Diameter Column"),
    PRIV("original_shape_Maximum2DDiameterRow", "fGlyyY", MM, "Maximum 2D Diameter Row"),
    PRIV("original_shape_Maximum2DDiameterSlice", "sr6t3v", MM, "Maximum 2D Diameter Slice"),
    IBSI("original_shape_Maximum3DDiameter", "L0JK", MM, "Maximum 3D Diameter of a Mesh"),
    IBSI("original_shape_MeshVolume", "RNU0", MM3, "Volume of Mesh"),
    IBSI("original_shape_MinorAxisLength", "P9VJ", MM, "Minor Axis in 3D Length"),
    IBSI("original_shape_Sphericity", "QCFX", NO_UNITS, "Sphericity"),
    IBSI("original_shape_SurfaceArea", "C0JK", MM2, "Surface Area of Mesh"),
    IBSI("original_shape_SurfaceVolumeRatio", "2PR5", PER_MM, "Surface to Volume Ratio"),
    IBSI("original_shape_VoxelVolume", "YEKZ", MM3, "Volume from Voxel Summation"),
    IBSI("original_firstorder_10Percentile", "QG58", HU, "10th intensity percentile"),
    IBSI("original_firstorder_90Percentile", "8DWT", HU, "90th intensity percentile"),
    IBSI("original_firstorder_Energy", "N8CA", HU2, "Intensity energy"),
    IBSI("original_firstorder_Entropy", "TLU2", BIT, "Intensity Histogram Entropy"),
    IBSI("original_firstorder_InterquartileRange", "SALO", HU, "Intensity interquartile range"),
    PRIV("original_firstorder_Kurtosis", "IsDeUa", NO_UNITS, "Kurtosis"),
    IBSI("original_firstorder_Maximum", "84IY", HU, "Maximum intensity"),
    IBSI("original_firstorder_MeanAbsoluteDeviation", "4FUA", HU,
         "Intensity mean absolute deviation"),
    IBSI("original_firstorder_Mean", "Q4LE", HU, "Mean intensity"),
    IBSI("original_firstorder_Median", "Y12H", HU, "Median intensity"),
    IBSI("original_firstorder_Minimum", "1GSF", HU, "Minimum intensity"),
    IBSI("original_firstorder_Range", "2OJQ", HU, "Intensity range"),
    IBSI("original_firstorder_RobustMeanAbsoluteDeviation", "1128", HU,
         "Intensity robust mean absolute deviation"),
    IBSI("original_firstorder_RootMeanSquared", "5ZWQ", HU, "Root mean square intensity"),
    IBSI("original_firstorder_Skewness", "KE2A", NO_UNITS, "Intensity skewness"),
    PRIV("original_firstorder_TotalEnergy", "/VaYyp", MM3_HU2, "Total Energy"),
    IBSI("original_firstorder_Uniformity", "BJ5W", NO_UNITS, "Intensity Histogram Uniformity"),
    IBSI("original_firstorder_Variance", "ECT3", HU2, "Intensity variance"),
    IBSI("original_glcm_Autocorrelation", "QWB0", NO_UNITS, "Autocorrelation of GLCM"),
    IBSI("original_glcm_ClusterProminence", "AE86", NO_UNITS, "Cluster Prominence of GLCM"),
    IBSI("original_glcm_ClusterShade", "7NFM", NO_UNITS, "Cluster Shade of GLCM"),
    IBSI("original_glcm_ClusterTendency", "DG8W", NO_UNITS, "Cluster Tendency of GLCM"),
    IBSI("original_glcm_Contrast", "ACUI", NO_UNITS, "Contrast of GLCM"),
    IBSI("original_glcm_Correlation", "NI2N", NO_UNITS, "Correlation of GLCM"),
    IBSI("original_glcm_DifferenceAverage", "TF7R", NO_UNITS, "Difference Average of GLCM"),
    IBSI("original_glcm_DifferenceEntropy", "NTRS", BIT, "Difference Entropy of GLCM"),
    IBSI("original_glcm_DifferenceVariance", "D3YU", NO_UNITS, "Difference Variance of GLCM"),
    IBSI("original_glcm_Id", "IB1Z", NO_UNITS, "Inverse Difference of GLCM"),
    IBSI("original_glcm_Idm", "WF0Z", NO_UNITS, "Inverse Difference Moment of GLCM"),
    IBSI("original_glcm_Idmn", "1QCO", NO_UNITS, "Normalized Inverse Difference Moment of GLCM"),
    IBSI("original_glcm_Idn", "NDRX", NO_UNITS, "Normalized Inverse Difference of GLCM"),
    IBSI("original_glcm_Imc1", "R8DG", NO_UNITS,
         "First Measure of Information Correlation of GLCM"),
    IBSI("original_glcm_Imc2", "JN9H", NO_UNITS,
         "Second Measure of Information Correlation of GLCM"),
    IBSI("original_glcm_InverseVariance", "E8JP", NO_UNITS, "Inverse Variance of GLCM"),
    IBSI("original_glcm_JointAverage", "60VM", NO_UNITS, "Joint Average of GLCM"),
    IBSI("original_glcm_JointEnergy", "8ZQL", NO_UNITS, "Angular Second Moment of GLCM"),
    IBSI("original_glcm_JointEntropy", "TU9B", BIT, "Joint Entropy of GLCM"),
    PRIV("original_glcm_MCC", "/L4Nj2", NO_UNITS, "MCC"),
    IBSI("original_glcm_MaximumProbability", "GYBY", NO_UNITS, "Joint Maximum of GLCM"),
    IBSI("original_glcm_SumAverage", "ZGXS", NO_UNITS, "Sum Average of GLCM"),
    IBSI("original_glcm_SumEntropy", "P6QZ", BIT, "Sum Entropy of GLCM"),
    IBSI("original_glcm_SumSquares", "UR99", NO_UNITS, "Joint Variance of GLCM"),
    IBSI("original_gldm_DependenceEntropy", "FCBV", BIT, "Dependence count entropy"),
    IBSI("original_gldm_DependenceNonUniformity", "Z87G", NO_UNITS,
         "Dependence count non-uniformity"),
    IBSI("original_gldm_DependenceNonUniformityNormalized", "OKJI", NO_UNITS,
         "Dependence count non-uniformity normalized"),
    IBSI("original_gldm_DependenceVariance", "DNX2", NO_UNITS, "Dependence count variance"),
    IBSI("original_gldm_GrayLevelNonUniformity", "FP8K", NO_UNITS,
         "Grey level non-uniformity of NGLDM"),
    IBSI("original_gldm_GrayLevelVariance", "1PFV", NO_UNITS, "Grey level variance of NGLDM"),
    IBSI("original_gldm_HighGrayLevelEmphasis", "OAE7", NO_UNITS, "High grey level count emphasis"),
    IBSI("original_gldm_LargeDependenceEmphasis", "IMOQ", NO_UNITS, "High dependence emphasis"),
    IBSI("original_gldm_LargeDependenceHighGrayLevelEmphasis", "9QMG", NO_UNITS,
         "High dependence high grey level emphasis"),
    IBSI("original_gldm_LargeDependenceLowGrayLevelEmphasis", "NBZI", NO_UNITS,
         "High dependence low grey level emphasis"),
    IBSI("original_gldm_LowGrayLevelEmphasis", "TL9H", NO_UNITS, "Low grey level count emphasis"),
    IBSI("original_gldm_SmallDependenceEmphasis", "SODN", NO_UNITS, "Low dependence emphasis"),
    IBSI("original_gldm_SmallDependenceHighGrayLevelEmphasis", "JA6D", NO_UNITS,
         "Low dependence high grey level emphasis"),
    IBSI("original_gldm_SmallDependenceLowGrayLevelEmphasis", "EQ3F", NO_UNITS,
         "Low dependence low grey level emphasis"),
    IBSI("original_glrlm_GrayLevelNonUniformity", "R5YN", NO_UNITS,
         "Gray Level Nonuniformity in Runs"),
    IBSI("original_glrlm_GrayLevelNonUniformityNormalized", "OVBL", NO_UNITS,
         "Normalized Gray Level Nonuniformity in Runs"),
    IBSI("original_glrlm_GrayLevelVariance", "8CE5", NO_UNITS, "Gray Level Variance in Runs"),
    IBSI("original_glrlm_HighGrayLevelRunEmphasis", "G3QZ", NO_UNITS,
         "High Gray Level Run Emphasis"),
    IBSI("original_glrlm_LongRunEmphasis", "W4KF", NO_UNITS, "Long Runs Emphasis"),
    IBSI("original_glrlm_LongRunHighGrayLevelEmphasis", "3KUM", NO_UNITS,
         "Long Run High Gray Level Emphasis"),
    IBSI("original_glrlm_LongRunLowGrayLevelEmphasis", "IVPO", NO_UNITS,
         "Long Run Low Gray Level Emphasis"),
    IBSI("original_glrlm_LowGrayLevelRunEmphasis", "V3SW", NO_UNITS, "Low Gray Level Run Emphasis"),
    IBSI("original_glrlm_RunEntropy", "HJ9O", BIT, "Run Entropy"),
    IBSI("original_glrlm_RunLengthNonUniformity", "W92Y", NO_UNITS, "Run Length Nonuniformity"),
    IBSI("original_glrlm_RunLengthNonUniformityNormalized", "IC23", NO_UNITS,
         "Normalized Run Length Nonuniformity"),
    IBSI("original_glrlm_RunPercentage", "9ZK5", NO_UNITS, "Run Percentage"),
    IBSI("original_glrlm_RunVariance", "SXLW", NO_UNITS, "Run Length Variance"),
    IBSI("original_glrlm_ShortRunEmphasis", "22OV", NO_UNITS, "Short Runs Emphasis"),
    IBSI("original_glrlm_ShortRunHighGrayLevelEmphasis", "GD3A", NO_UNITS,
         "Short Run High Gray Level Emphasis"),
    IBSI("original_glrlm_ShortRunLowGrayLevelEmphasis", "HTZT", NO_UNITS,
         "Short Run Low Gray Level Emphasis"),
    IBSI("original_glszm_GrayLevelNonUniformity", "JNSA", NO_UNITS,
         "Gray Level Nonuniformity of Size Zone Counts"),
    IBSI("original_glszm_GrayLevelNonUniformityNormalized", "Y1RO", NO_UNITS,
         "Normalized Gray Level Nonuniformity of Size Zone Counts"),
    IBSI("original_glszm_GrayLevelVariance", "BYLV", NO_UNITS, "Gray Level Variance in Size Zones"),
    IBSI("original_glszm_HighGrayLevelZoneEmphasis", "5GN9", NO_UNITS,
         "High Gray Level Zone Emphasis"),
    IBSI("original_glszm_LargeAreaEmphasis", "48P8", NO_UNITS, "Large Zone Emphasis"),
    IBSI("original_glszm_LargeAreaHighGrayLevelEmphasis", "J17V", NO_UNITS,
         "Large Zone High Gray Level Emphasis"),
    IBSI("original_glszm_LargeAreaLowGrayLevelEmphasis", "YH51", NO_UNITS,
         "Large Zone Low Gray Level Emphasis"),
    IBSI("original_glszm_LowGrayLevelZoneEmphasis", "XMSY", NO_UNITS,
         "Low Gray Level Zone Emphasis"),
    IBSI("original_glszm_SizeZoneNonUniformity", "4JP3", NO_UNITS, "Zone Size Nonuniformity"),
    IBSI("original_glszm_SizeZoneNonUniformityNormalized", "VB3A", NO_UNITS,
         "Normalized Zone Size Nonuniformity"),
    IBSI("original_glszm_SmallAreaEmphasis", "5QRC", NO_UNITS, "Small Zone Emphasis"),
    IBSI("original_glszm_SmallAreaHighGrayLevelEmphasis", "HW1V", NO_UNITS,
         "Small Zone High Gray Level Emphasis"),
    IBSI("original_glszm_SmallAreaLowGrayLevelEmphasis", "5RAI", NO_UNITS,
         "Small Zone Low Gray Level Emphasis"),
    IBSI("original_glszm_ZoneEntropy", "GU8N", BIT, "Zone Size Entropy"),
    IBSI("original_glszm_ZonePercentage", "P30P", NO_UNITS, "Size Zone Percentage"),
    IBSI("original_glszm_ZoneVariance", "3NSA", NO_UNITS, "Zone Size Variance"),
    IBSI("original_ngtdm_Busyness", "NQ30", NO_UNITS, "Busyness of NGTDM"),
    IBSI("original_ngtdm_Coarseness", "QCDE", NO_UNITS, "Coarseness of NGTDM"),
    IBSI("original_ngtdm_Complexity", "HDEZ", NO_UNITS, "Complexity of NGTDM"),
    IBSI("original_ngtdm_Contrast", "65HE", NO_UNITS, "Contrast of NGTDM"),
    IBSI("original_ngtdm_Strength", "1X9X", NO_UNITS, "Strength of NGTDM"),
};

const pn_feature_code *pn_feature_codes(void) { return table; }

const pn_feature_code *pn_feature_code_find(const char *feature)
{
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        if (strcmp(table[i].feature, feature) == 0) { return &table[i]; }
    }
    return NULL;
}

const pn_feature_code *pn_feature_code_of(const char *value, const char *scheme)
{
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        if (strcmp(table[i].value, value) == 0 && strcmp(table[i].scheme, scheme) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

pn_unit pn_feature_unit(const pn_feature_code *code, const char *modality)
{
    pn_unit unit = {code->ucum, code->unit_meaning};
    if (strcmp(modality, "CT") == 0 || strstr(unit.ucum, "hnsf") == NULL) { return unit; }
    if (strncmp(unit.ucum, "mm3", 3) == 0) {
        unit = (pn_unit){"mm3.[arb'U]2", "cubic millimeter square arbitrary unit"};
    } else if (strchr(unit.ucum, '2') != NULL) {
        unit = (pn_unit){"[arb'U]2", "square arbitrary unit"};
    } else {
        unit = (pn_unit){"[arb'U]", "arbitrary unit"};
    }
    return unit;
}

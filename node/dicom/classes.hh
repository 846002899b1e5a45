/* dicom/classes.hh - SOP classes that DCMTK's dictionary of this version does not name. */
#ifndef PN_DICOM_CLASSES_HH
#define PN_DICOM_CLASSES_HH

/* PS3.6 table A-1. */
#define PN_UID_LABEL_MAP_SEGMENTATION "1.2.840.10008.5.1.4.1.1.66.7"

#endif

/* base/limits.h - every limit on outside input that the node enforces, in one place. */
#ifndef PN_LIMITS_H
#define PN_LIMITS_H

#define PN_UID_SIZE            65         /* 64 characters and the end (PS3.5, VR UI)      */
#define PN_AE_SIZE             17         /* VR AE                                          */
#define PN_LO_SIZE             257        /* 64 characters of up to 4 bytes                 */
#define PN_DIGEST_HEX_SIZE     65         /* SHA-256 in hexadecimal                         */
#define PN_PATH_SIZE           1024
#define PN_SUBJECT_SIZE        512        /* of a certificate                               */

#define PN_MAX_INSTANCE_BYTES  (2147483648ULL) /* one stored object                         */
#define PN_MAX_COMMAND_BYTES   65536      /* DIMSE command set                              */
#define PN_MAX_QUERY_BYTES     (1u << 20) /* one answer of a peer to a query or commitment */
#define PN_MAX_QUERY_SERIES    64         /* series of a study that are asked for           */
#define PN_MAX_COMMITMENTS     10000      /* objects that one answer of an archive is about      */
#define PN_MAX_SQ_DEPTH        64         /* nesting of sequences in a data set             */
#define PN_MAX_ELEMENTS        20000000   /* data elements of one object                    */
#define PN_MAX_ROIS            1024       /* regions or segments of one contour object      */
#define PN_MAX_LABEL_IMAGES    1000000    /* images times segments of one label map            */
#define PN_MAX_CONTOURS        100000     /* contours of one region                         */
#define PN_MAX_CONTOUR_POINTS  5000000    /* points of one region                           */
#define PN_MAX_SLICES          20000      /* images of one volume                           */
#define PN_MAX_VOXELS          (4ULL << 30)    /* voxels of one volume                      */
#define PN_MAX_FRAME_PIXELS    (1ULL << 26)    /* pixels of one compressed frame             */
#define PN_MAX_FRAGMENTS       1000000    /* fragments of compressed pixel data             */
#define PN_MAX_TILES           16384      /* tiles of one JPEG 2000 codestream              */
#define PN_MAX_COORDINATE_MM   1e5        /* |x| of any position in patient space           */
#define PN_MAX_FOLDER_FILES    1000000    /* files under the paths given to extract            */
#define PN_MAX_FOLDER_DEPTH    64
#define PN_MAX_CSV_BYTES       (1ULL << 30)
#define PN_WHY_SIZE            200        /* text: why a value is not there             */
#define PN_MAX_CLINICAL_BYTES  (32u << 20)     /* the clinical table, read for each case       */
#define PN_MAX_CSV_COLUMNS     20000
#define PN_MAX_CSV_ROWS        5000000
#define PN_MAX_GMT_BYTES       (256ULL << 20)
#define PN_MAX_GENE_SETS       200000     /* of one GMT file                                */
#define PN_MAX_CSV_NUMBER      1e100      /* so that squares and their sums stay finite     */
#define PN_MAX_FOLLOW_UP_YEARS 150        /* of a patient                                   */
#define PN_MAX_JSON_BYTES      (64ULL << 20)
#define PN_MAX_TLS_FILE_BYTES  (16u << 20)     /* certificate, key, CA or CRL file          */
#define PN_MAX_KEY_FILE_BYTES  65536      /* key that signs models, or is trusted           */
#define PN_MAX_SIGNATURE_BYTES 4096       /* signature of a model file                      */
#define PN_MAX_TLS_CHAIN       8          /* certificates between a peer's and its root     */

#endif

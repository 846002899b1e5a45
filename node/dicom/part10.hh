/* dicom/part10.hh - the head of a Part 10 file, read for sending its data set as it is.
 * Private to dicom/. */
#ifndef PN_PART10_HH
#define PN_PART10_HH
#include <cstdint>
#include "base/error.h"
#include "base/limits.h"

struct Part10 {
    int fd = -1;                    /* at the first byte of the data set                     */
    uint64_t n_bytes = 0;           /* of the data set                                       */
    char sop_class_uid[PN_UID_SIZE] = "", sop_uid[PN_UID_SIZE] = "";
    char transfer_syntax_uid[PN_UID_SIZE] = "";

    Part10() = default;
    Part10(const Part10 &) = delete;
    Part10 &operator=(const Part10 &) = delete;
    ~Part10();
    /* PN_EFORMAT: no DICM, group 0002 broken or longer than 64 KB, a UID is missing or is none,
     * an odd number of bytes. PN_EIO, PN_ENOTFOUND. */
    PN_CHECKED int open(const char *path, pn_error *err);
    void close();
};

#endif

#include "spool/journal.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* By mountinfo and not by statfs, which calls ext2 and ext4 the same. */
bool pn_spool_is_ordered(int fd)
{
    struct stat st;
    char line[4096], device[32], type[16];
    bool ordered = false;
    FILE *in = fopen("/proc/self/mountinfo", "re");
    if (in == NULL) { return false; }
    if (fstat(fd, &st) == 0) {
        (void)snprintf(device, sizeof device, " %u:%u ", major(st.st_dev), minor(st.st_dev));
        while (fgets(line, sizeof line, in) != NULL) {
            const char *at = strstr(line, device), *mark = at != NULL ? strstr(at, " - ") : NULL;
            if (mark == NULL || sscanf(mark, " - %15s", type) != 1) { continue; }
            ordered = strcmp(type, "ext4") == 0 || strcmp(type, "xfs") == 0;
            break;
        }
    }
    (void)fclose(in);
    return ordered;
}

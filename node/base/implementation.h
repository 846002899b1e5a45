/* base/implementation.h - how prognode names itself in associations and files (PS3.7 D.3.3.2). */
#ifndef PN_IMPLEMENTATION_H
#define PN_IMPLEMENTATION_H

#define PN_IMPLEMENTATION_CLASS_UID "2.25.78582813683771182513114394873139826806"
#define PN_IMPLEMENTATION_VERSION   "PROGNODE_" PN_VERSION    /* SH, 16 characters at most */

#endif

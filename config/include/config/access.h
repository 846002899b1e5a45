/* config/access.h - who may connect: address ranges and certificates, as they are written. */
#ifndef CFG_ACCESS_H
#define CFG_ACCESS_H
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "10.1.2.3", "10.1.0.0/16", "fd00::/8". An IPv4 range covers the same addresses mapped into
 * IPv6, and the other way round. */
bool cfg_is_address_range(const char *text);
/* address: IPv6, or IPv4 mapped into it (::ffff:10.1.2.3). False also for what is no range. */
bool cfg_address_in(const char *range, const uint8_t address[16]);

/* A SHA-256 fingerprint: 64 hexadecimal digits, with or without colons between the bytes, and
 * with or without "sha256:" before them. */
enum { CFG_FINGERPRINT_DIGITS = 64 };
bool cfg_is_fingerprint(const char *text);
/* The digits alone, in lower case; out may be text. False, and out untouched: it is none. */
bool cfg_fingerprint_read(char out[CFG_FINGERPRINT_DIGITS + 1], const char *text);
/* hex: 64 lower-case digits. */
bool cfg_fingerprint_is(const char *text, const char *hex);
/* A fingerprint, or a subject such as "CN=ct1,O=Hospital". */
bool cfg_is_certificate_name(const char *text);

#ifdef __cplusplus
}
#endif
#endif

#include <config/access.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { IPV4_BITS = 32, IPV6_BITS = 128, MAPPED_BITS = 96 };

/* ---- Addresses ----------------------------------------------------------- */

/* The range as its first address and how many bits of it count. */
static bool parse_range(uint8_t net[16], unsigned *bits, const char *text)
{
    char host[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n >= sizeof host) { return false; }
    memcpy(host, text, n);
    host[n] = '\0';
    memset(net, 0, 16);
    net[10] = net[11] = 0xff;
    bool v4 = inet_pton(AF_INET, host, net + 12) == 1;
    if (!v4 && inet_pton(AF_INET6, host, net) != 1) { return false; }
    unsigned most = v4 ? IPV4_BITS : IPV6_BITS;
    *bits = most;
    if (slash) {
        size_t digits = strspn(slash + 1, "0123456789");
        if (digits == 0 || digits > 3 || slash[1 + digits] != '\0') { return false; }
        *bits = (unsigned)strtoul(slash + 1, NULL, 10);
    }
    if (*bits > most) { return false; }
    if (v4) { *bits += MAPPED_BITS; }
    return true;
}

bool cfg_is_address_range(const char *text)
{
    uint8_t net[16];
    unsigned bits;
    return parse_range(net, &bits, text);
}

bool cfg_address_in(const char *range, const uint8_t address[16])
{
    uint8_t net[16];
    unsigned bits;
    if (!parse_range(net, &bits, range)) { return false; }
    size_t whole = bits / 8;
    if (memcmp(net, address, whole) != 0) { return false; }
    unsigned rest = bits % 8;
    return rest == 0 || (net[whole] ^ address[whole]) >> (8 - rest) == 0;
}

/* ---- Certificates -------------------------------------------------------- */

bool cfg_fingerprint_read(char out[CFG_FINGERPRINT_DIGITS + 1], const char *text)
{
    char hex[CFG_FINGERPRINT_DIGITS + 1];
    size_t n = 0;
    if (strncmp(text, "sha256:", 7) == 0) { text += 7; }
    for (; *text; text++) {
        if (*text == ':' && n > 0 && n % 2 == 0 && text[-1] != ':' && text[1] != '\0') { continue; }
        const char *digit = strchr("0123456789abcdef0123456789ABCDEF", *text);
        if (!digit || n == CFG_FINGERPRINT_DIGITS) { return false; }
        hex[n++] = *text >= 'A' && *text <= 'F' ? (char)(*text - 'A' + 'a') : *text;
    }
    hex[n] = '\0';
    if (n != CFG_FINGERPRINT_DIGITS) { return false; }
    memcpy(out, hex, sizeof hex);
    return true;
}

bool cfg_is_fingerprint(const char *text)
{
    char hex[CFG_FINGERPRINT_DIGITS + 1];
    return cfg_fingerprint_read(hex, text);
}

bool cfg_fingerprint_is(const char *text, const char *hex)
{
    char own[CFG_FINGERPRINT_DIGITS + 1];
    return cfg_fingerprint_read(own, text) && strcmp(own, hex) == 0;
}

bool cfg_is_certificate_name(const char *text)
{
    const char *equals = strchr(text, '=');
    return cfg_is_fingerprint(text) || (equals && equals > text && equals[1] != '\0');
}

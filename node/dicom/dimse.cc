#include "dicom/dimse.hh"
#include <algorithm>
#include <cstring>

/* ---- Command sets (PS3.7 6.3) ------------------------------------------------------------- */

static uint32_t get32(const uint8_t *p)
{
    return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 |
           static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24;
}

static uint16_t get16(const uint8_t *p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }

/* Text without its padding; true if it was longer than the place for it. */
static bool get_text(char *out, size_t size, const uint8_t *p, size_t n)
{
    while (n > 0 && (p[n - 1] == '\0' || p[n - 1] == ' ')) { n--; }
    size_t kept = std::min(n, size - 1);
    std::memcpy(out, p, kept);
    out[kept] = '\0';
    return n > kept;
}

int parse_command(Command &out, const uint8_t *bytes, size_t n, pn_error *err)
{
    bool has_field = false;
    size_t at = 0;
    while (at < n) {
        if (n - at < 8) { return pn_fail(err, PN_EFORMAT, "command set ends inside an element"); }
        uint16_t group = get16(bytes + at), element = get16(bytes + at + 2);
        uint32_t length = get32(bytes + at + 4);
        at += 8;
        if (group != 0x0000) {
            return pn_fail(err, PN_EFORMAT, "command set with an element of group %04x", group);
        }
        if (length > n - at) {
            return pn_fail(err, PN_EFORMAT, "element (0000,%04x) of %lu bytes, %zu are left",
                           element, static_cast<unsigned long>(length), n - at);
        }
        const uint8_t *p = bytes + at;
        at += length;
        bool number = length == 2;
        switch (element) {
        case 0x0002: (void)get_text(out.sop_class_uid, sizeof out.sop_class_uid, p, length); break;
        case 0x0003: (void)get_text(out.requested_class_uid, sizeof out.requested_class_uid, p, length); break;
        case 0x0100: if (number) { out.field = get16(p); has_field = true; } break;
        case 0x0110: if (number) { out.message_id = get16(p); } break;
        case 0x0120: if (number) { out.message_id = get16(p); } break;
        case 0x0700: if (number) { out.priority = get16(p); } break;
        case 0x0800: if (number) { out.data_set = get16(p); } break;
        case 0x0900: if (number) { out.status = get16(p); } break;
        case 0x0902: (void)get_text(out.comment, sizeof out.comment, p, length); break;
        case 0x1021: if (number) { out.n_completed = get16(p); } break;
        case 0x1022: if (number) { out.n_failed = get16(p); } break;
        case 0x1023: if (number) { out.n_warning = get16(p); } break;
        case 0x1000:
            out.sop_uid_too_long = get_text(out.sop_uid, sizeof out.sop_uid, p, length);
            break;
        case 0x1001: (void)get_text(out.requested_uid, sizeof out.requested_uid, p, length); break;
        case 0x1002: if (number) { out.event_type = get16(p); } break;
        case 0x1008: if (number) { out.action_type = get16(p); } break;
        default: break;     /* group length, move originator, offending elements */
        }
    }
    if (!has_field) { return pn_fail(err, PN_EFORMAT, "command set without a command field"); }
    return PN_OK;
}

namespace {
struct Writer {
    uint8_t *p;
    void put16(unsigned v)
    {
        *p++ = static_cast<uint8_t>(v & 0xff);
        *p++ = static_cast<uint8_t>(v >> 8 & 0xff);
    }
    void element(unsigned number, size_t length)
    {
        put16(0);
        put16(number);
        put16(static_cast<unsigned>(length));
        put16(0);
    }
    void number(unsigned element_number, unsigned v)
    {
        element(element_number, 2);
        put16(v);
    }
    void text(unsigned element_number, const char *s, char pad)
    {
        if (s[0] == '\0') { return; }
        size_t n = std::strlen(s), padded = n + (n & 1);
        element(element_number, padded);
        std::memcpy(p, s, n);
        if (padded > n) { p[n] = static_cast<uint8_t>(pad); }
        p += padded;
    }
};
}

size_t format_command(uint8_t out[512], const Command &c)
{
    bool response = (c.field & 0x8000) != 0;
    Writer w = { out + 12 };
    w.text(0x0002, c.sop_class_uid, '\0');
    w.text(0x0003, c.requested_class_uid, '\0');
    w.number(0x0100, c.field);
    w.number(response ? 0x0120 : 0x0110, c.message_id);
    w.text(0x0600, c.move_destination, ' ');
    bool composite = c.field < N_EVENT_REPORT_RQ;      /* N- services have no priority */
    if (!response && composite && c.data_set != NO_DATA_SET) { w.number(0x0700, c.priority); }
    w.number(0x0800, c.data_set);
    if (response) {
        w.number(0x0900, c.status);
        w.text(0x0902, c.comment, ' ');
    }
    w.text(0x1000, c.sop_uid, '\0');
    w.text(0x1001, c.requested_uid, '\0');
    if (c.event_type != 0) { w.number(0x1002, c.event_type); }
    if (c.action_type != 0) { w.number(0x1008, c.action_type); }
    size_t n = static_cast<size_t>(w.p - out);
    Writer group = { out };
    group.element(0x0000, 4);
    group.put16(static_cast<unsigned>(n - 12));
    group.put16(0);
    return n;
}

bool is_uid(const char *s)
{
    size_t n = strnlen(s, PN_UID_SIZE);
    if (n == 0 || n >= PN_UID_SIZE) { return false; }
    bool starts = true;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '.') {
            if (starts) { return false; }
            starts = true;
            continue;
        }
        if (s[i] < '0' || s[i] > '9') { return false; }
        if (starts && s[i] == '0' && s[i + 1] >= '0' && s[i + 1] <= '9') { return false; }
        starts = false;
    }
    return !starts;
}

/* ---- Fragments ---------------------------------------------------------------------------- */

Incoming Dimse::next_fragment(DUL_PDV &pdv, unsigned idle_s, pn_error *err)
{
    if (DUL_NextPDV(&assoc->DULassociation, &pdv).bad()) {
        timing.within_s(idle_s);
        /* Not blocking, so that after a time-out the state machine can still send an A-ABORT. */
        OFCondition cond = DUL_ReadPDVs(&assoc->DULassociation, nullptr, DUL_NOBLOCK,
                                        static_cast<int>(idle_s));
        if (cond == DUL_PEERREQUESTEDRELEASE) { return PEER_RELEASED; }
        if (timing.expired) { return TIMED_OUT; }
        /* DUL calls both an abort. */
        if (timing.closed || cond == DUL_NETWORKCLOSED) { return PEER_CLOSED; }
        if (cond == DUL_PEERABORTEDASSOCIATION) { return PEER_ABORTED; }
        /* Good is not enough: a PDU out of turn is answered by DUL itself, which calls that
         * a success and leaves no fragment. */
        if (cond != DUL_PDATAPDUARRIVED || DUL_NextPDV(&assoc->DULassociation, &pdv).bad()) {
            (void)pn_fail(err, PN_EFORMAT, "broken PDU: %s",
                          cond.good() ? "out of turn" : cond.text());
            return VIOLATION;
        }
    }
    if (pdv.fragmentLength % 2 != 0) {
        (void)pn_fail(err, PN_EFORMAT, "fragment of %lu bytes, expected an even number",
                      pdv.fragmentLength);
        return VIOLATION;
    }
    return GOT_MESSAGE;
}

Incoming Dimse::read_command(Command &out, unsigned idle_s, pn_error *err)
{
    size_t n = 0;
    bool first = true;
    out = Command();
    for (;;) {
        DUL_PDV pdv = {};
        Incoming got = next_fragment(pdv, idle_s, err);
        if (got != GOT_MESSAGE) { return got; }
        if (pdv.pdvType != DUL_COMMANDPDV) {
            (void)pn_fail(err, PN_EFORMAT, "fragment of a data set, expected a command");
            return VIOLATION;
        }
        if (!first && pdv.presentationContextID != out.context_id) {
            (void)pn_fail(err, PN_EFORMAT, "presentation context changes inside a command");
            return VIOLATION;
        }
        if (pdv.fragmentLength > sizeof command - n) {
            (void)pn_fail(err, PN_ELIMIT, "command set of more than %zu bytes", sizeof command);
            return VIOLATION;
        }
        out.context_id = pdv.presentationContextID;
        first = false;
        std::memcpy(command + n, pdv.data, pdv.fragmentLength);
        n += pdv.fragmentLength;
        if (pdv.lastPDV) { break; }
    }
    return parse_command(out, command, n, err) == PN_OK ? GOT_MESSAGE : VIOLATION;
}

Incoming Dimse::read_data_set(uint8_t context_id, uint64_t max_bytes, take_bytes *take, void *ctx,
                              unsigned idle_s, pn_error *err)
{
    uint64_t left = max_bytes;
    for (;;) {
        DUL_PDV pdv = {};
        Incoming got = next_fragment(pdv, idle_s, err);
        if (got != GOT_MESSAGE) { return got; }
        if (pdv.pdvType != DUL_DATASETPDV || pdv.presentationContextID != context_id) {
            (void)pn_fail(err, PN_EFORMAT, "data set interrupted by another message");
            return VIOLATION;
        }
        if (pdv.fragmentLength > left) {
            (void)pn_fail(err, PN_ELIMIT, "data set of more than %llu bytes",
                          static_cast<unsigned long long>(max_bytes));
            return VIOLATION;
        }
        left -= pdv.fragmentLength;
        take(ctx, pdv.data, pdv.fragmentLength);
        if (pdv.lastPDV) { return GOT_MESSAGE; }
    }
}

static bool write_fragment(T_ASC_Association *assoc, uint8_t context_id, DUL_DATAPDV type,
                           const void *bytes, size_t n, bool last)
{
    DUL_PDV pdv;
    std::memset(&pdv, 0, sizeof pdv);
    pdv.fragmentLength = n;
    pdv.presentationContextID = context_id;
    pdv.pdvType = type;
    pdv.lastPDV = last;
    pdv.data = const_cast<void *>(bytes);      /* DUL only reads it */
    DUL_PDVLIST list;
    std::memset(&list, 0, sizeof list);
    list.count = 1;
    list.pdv = &pdv;
    return DUL_WritePDVs(&assoc->DULassociation, &list).good();
}

bool Dimse::write_command(const Command &c, unsigned within_s)
{
    uint8_t bytes[512];
    size_t n = format_command(bytes, c);
    timing.within_s(within_s);
    return write_fragment(assoc, c.context_id, DUL_COMMANDPDV, bytes, n, true);
}

bool Dimse::write_data(uint8_t context_id, const void *bytes, size_t n, bool last,
                       unsigned within_s)
{
    timing.within_s(within_s);
    return write_fragment(assoc, context_id, DUL_DATASETPDV, bytes, n, last);
}

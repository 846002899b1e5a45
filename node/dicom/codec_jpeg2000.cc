/* dicom/codec_jpeg2000.cc - ISO 15444-1 through OpenJPEG, from memory. */
#include "dicom/codec.hh"
#include <algorithm>
#include <cstring>
#include <new>
#include <openjpeg.h>

namespace pn {

namespace {

enum : std::size_t { SIZ_AT = 4, SIZ_END = 45, STREAM_BUFFER = 65536 };     /* one component */
enum : std::uint32_t { SOC_SIZ = 0xFF4FFF51u, NOT_PART_1 = 0xC000 };

/* ---- The codestream's own header, before OpenJPEG sees it ------------------------------ */

/* Tiles cost memory each, whatever is in them. */
int check_tiles(const std::uint8_t *siz, pn_error *err)
{
    std::uint64_t tx = be32(siz + 20), ty = be32(siz + 24), x = be32(siz + 4), y = be32(siz + 8);
    if (tx == 0 || ty == 0 || be32(siz + 28) != 0 || be32(siz + 32) != 0) {
        return pn_fail(err, PN_EFORMAT, "JPEG 2000 codestream: tiles of no size, or that begin elsewhere");
    }
    std::uint64_t tiles = ((x + tx - 1) / tx) * ((y + ty - 1) / ty);
    if (tiles > PN_MAX_TILES) {
        return pn_fail(err, PN_ELIMIT, "JPEG 2000 codestream of %llu tiles, at most %d are allowed",
                       static_cast<unsigned long long>(tiles), PN_MAX_TILES);
    }
    return 0;
}

int check_header(const std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err)
{
    if (code.size() < SIZ_END || be32(code.data()) != SOC_SIZ) {
        return pn_fail(err, PN_EFORMAT, "JPEG 2000 codestream does not begin with its size");
    }
    const std::uint8_t *siz = code.data() + SIZ_AT;
    std::uint32_t components = be16(siz + 36);
    if (be16(siz + 2) & NOT_PART_1) {
        return pn_fail(err, PN_EUNSUPPORTED, "JPEG 2000 codestream that needs more than part 1 of the standard");
    }
    if (be32(siz + 12) != 0 || be32(siz + 16) != 0 || (components == 1 && (siz[39] != 1 || siz[40] != 1))) {
        return pn_fail(err, PN_EUNSUPPORTED, "JPEG 2000 codestream with an offset or with subsampling");
    }
    Codestream stream = {be32(siz + 4), be32(siz + 8), components, (siz[38] & 0x7Fu) + 1, (siz[38] & 0x80) != 0};
    int rc = check_codestream(stream, f, err);
    return rc == 0 ? check_tiles(siz, err) : rc;
}

/* ---- A stream over memory ------------------------------------------------------------- */

struct Memory {
    const std::uint8_t *data;
    std::size_t n, at;
};

OPJ_SIZE_T read_memory(void *to, OPJ_SIZE_T n, void *user)
{
    Memory &m = *static_cast<Memory *>(user);
    std::size_t take = std::min<std::size_t>(n, m.n - m.at);
    if (take == 0) { return static_cast<OPJ_SIZE_T>(-1); }
    std::memcpy(to, m.data + m.at, take);
    m.at += take;
    return take;
}

/* Short at the end, as the library expects. */
OPJ_OFF_T skip_memory(OPJ_OFF_T n, void *user)
{
    Memory &m = *static_cast<Memory *>(user);
    if (n < 0) { return -1; }
    std::uint64_t take = std::min<std::uint64_t>(static_cast<std::uint64_t>(n), m.n - m.at);
    if (take == 0 && n > 0) { return -1; }
    m.at += static_cast<std::size_t>(take);
    return static_cast<OPJ_OFF_T>(take);
}

OPJ_BOOL seek_memory(OPJ_OFF_T to, void *user)
{
    Memory &m = *static_cast<Memory *>(user);
    if (to < 0 || static_cast<std::uint64_t>(to) > m.n) { return OPJ_FALSE; }
    m.at = static_cast<std::size_t>(to);
    return OPJ_TRUE;
}

/* ---- Decoding ---------------------------------------------------------------------------- */

struct Decoder {
    opj_stream_t *stream = opj_stream_create(STREAM_BUFFER, OPJ_TRUE);
    opj_codec_t *codec = opj_create_decompress(OPJ_CODEC_J2K);
    opj_image_t *image = nullptr;
    Decoder() = default;
    Decoder(const Decoder &) = delete;
    Decoder &operator=(const Decoder &) = delete;
    ~Decoder()
    {
        if (image != nullptr) { opj_image_destroy(image); }
        if (codec != nullptr) { opj_destroy_codec(codec); }
        if (stream != nullptr) { opj_stream_destroy(stream); }
    }
};

/* The first thing that the library complained of. */
struct Complaint {
    char text[100] = "";
};

void complain(const char *message, void *user)
{
    Complaint &c = *static_cast<Complaint *>(user);
    if (c.text[0] != '\0') { return; }
    std::size_t n = std::min(std::strcspn(message, "\n"), sizeof c.text - 1);
    std::memcpy(c.text, message, n);
    c.text[n] = '\0';
}

void ignore(const char *, void *) {}

int fail_decoding(pn_error *err, const Complaint &c)
{
    return pn_fail(err, PN_EFORMAT, "JPEG 2000 codestream is cut off or damaged%s%s", c.text[0] != '\0' ? ": " : "", c.text);
}

bool is_reversible(opj_codec_t *codec)
{
    opj_codestream_info_v2_t *info = opj_get_cstr_info(codec);
    bool yes = info != nullptr && info->m_default_tile_info.tccp_info != nullptr &&
               info->m_default_tile_info.tccp_info[0].qmfbid == 1;
    opj_destroy_cstr_info(&info);
    return yes;
}

int check_image(const opj_image_t &image, const PixelFile &f, pn_error *err)
{
    const opj_image_comp_t *c = image.comps;
    if (image.numcomps != 1 || c == nullptr || c->data == nullptr) {
        return pn_fail(err, PN_EFORMAT, "JPEG 2000 codestream decoded to nothing");
    }
    return check_codestream({c->w, c->h, image.numcomps, c->prec, c->sgnd != 0}, f, err);
}

} // namespace

int decode_jpeg2000(std::vector<std::uint8_t> &out, std::vector<std::uint8_t> &code, const PixelFile &f, pn_error *err)
{
    int rc = check_header(code, f, err);
    if (rc != 0) { return rc; }
    Memory memory = {code.data(), code.size(), 0};
    Complaint complaint;
    Decoder d;
    if (d.stream == nullptr || d.codec == nullptr) { throw std::bad_alloc(); }
    opj_stream_set_read_function(d.stream, read_memory);
    opj_stream_set_skip_function(d.stream, skip_memory);
    opj_stream_set_seek_function(d.stream, seek_memory);
    opj_stream_set_user_data(d.stream, &memory, nullptr);
    opj_stream_set_user_data_length(d.stream, code.size());
    opj_set_info_handler(d.codec, ignore, nullptr);
    opj_set_warning_handler(d.codec, complain, &complaint);
    opj_set_error_handler(d.codec, complain, &complaint);

    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    bool good = opj_setup_decoder(d.codec, &parameters) && opj_decoder_set_strict_mode(d.codec, OPJ_TRUE) &&
                opj_codec_set_threads(d.codec, 0) && opj_read_header(d.stream, d.codec, &d.image);
    if (!good || d.image == nullptr) { return fail_decoding(err, complaint); }
    if (std::strcmp(f.scan.transfer_syntax_uid, UID_JPEG2000LosslessOnlyTransferSyntax) == 0 && !is_reversible(d.codec)) {
        return pn_fail(err, PN_EFORMAT, "irreversible JPEG 2000 codestream in a lossless transfer syntax");
    }
    good = opj_decode(d.codec, d.stream, d.image) && opj_end_decompress(d.codec, d.stream);
    if (!good || complaint.text[0] != '\0') { return fail_decoding(err, complaint); }
    rc = check_image(*d.image, f, err);
    if (rc == 0) { put_cells(out, d.image->comps[0].data, f); }
    return rc;
}

} // namespace pn

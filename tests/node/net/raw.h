/* raw.h - a small DICOM peer made of bytes, so that tests can also say what no toolkit says. */
#ifndef PN_TEST_RAW_H
#define PN_TEST_RAW_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define EXPLICIT_LE "1.2.840.10008.1.2.1"
#define IMPLICIT_LE "1.2.840.10008.1.2"
#define DEFLATED_LE "1.2.840.10008.1.2.1.99"
#define JPEG_BASELINE "1.2.840.10008.1.2.4.50"
#define JPEG_2000   "1.2.840.10008.1.2.4.90"
#define RLE_LOSSLESS "1.2.840.10008.1.2.5"
#define CT_IMAGE    "1.2.840.10008.5.1.4.1.1.2"
#define US_IMAGE    "1.2.840.10008.5.1.4.1.1.6.1"
#define COMMITMENT  "1.2.840.10008.1.20.1"
#define COMMITMENT_INSTANCE "1.2.840.10008.1.20.1.1"
#define VERIFICATION "1.2.840.10008.1.1"
#define APPLICATION_CONTEXT "1.2.840.10008.3.1.1.1"

enum { PDU_RQ = 1, PDU_AC, PDU_RJ, PDU_DATA, PDU_RELEASE_RQ, PDU_RELEASE_RP, PDU_ABORT };
enum { RAW_CLOSED = -1, RAW_TIMED_OUT = -2 };

typedef struct raw_pdu { uint8_t body[200000]; size_t n; } raw_pdu;

/* ---- Sockets and PDUs ---- */
int raw_listen(uint16_t *port);                       /* 127.0.0.1, any port                 */
uint16_t raw_free_port(void);
int raw_connect(uint16_t port);                       /* from 127.0.0.1                      */
bool raw_send(int fd, const void *bytes, size_t n);   /* false: the peer has gone            */
/* Its type, or RAW_CLOSED, RAW_TIMED_OUT. */
int raw_read_pdu(raw_pdu *out, int fd, int timeout_ms);
bool raw_send_pdu(int fd, int type, const void *body, size_t n);

/* ---- As requestor ---- */
typedef struct raw_request {
    const char *called, *calling, *application_context, *abstract_syntax;
    const char *transfer_syntaxes[4];
} raw_request;
#define RAW_REQUEST { "PROGNODE", "RAW", APPLICATION_CONTEXT, CT_IMAGE, { EXPLICIT_LE } }
bool raw_request_association(int fd, const raw_request *rq);
/* Request with RAW_REQUEST and wait for A-ASSOCIATE-AC; -1 if anything else comes. */
int raw_associate(uint16_t port);
/* Result of context 1 in an A-ASSOCIATE-AC: 0 accepted, 3, 4 refused; -1 none. */
int raw_context_result(const raw_pdu *ac);
/* Its transfer syntax; "" where there is none. Valid until the next call. */
const char *raw_context_syntax(const raw_pdu *ac);
/* One P-DATA-TF with one fragment of context 1. */
bool raw_fragment(int fd, bool command, bool last, const void *bytes, size_t n);
/* Command set of a C-STORE-RQ; its length. */
size_t raw_store_command(uint8_t *out, const char *sop_class, const char *sop_uid, unsigned id);
/* Command set of an N-EVENT-REPORT-RQ of event type 1; its length. */
size_t raw_event_command(uint8_t *out, const char *sop_class, const char *sop_uid, unsigned id);
/* Status of the C-STORE-RSP that comes next; RAW_CLOSED if anything else does. */
int raw_status(int fd, int timeout_ms);
/* A whole C-STORE; its status, or RAW_CLOSED. */
int raw_store(int fd, const char *sop_class, const char *sop_uid, const void *data, size_t n);

/* ---- As acceptor ---- */
/* Accept one association and its context 1 (explicit little endian where that is proposed, else
 * implicit); the socket, or -1. */
int raw_accept(int listen_fd);
/* A response without a data set to the command. */
bool raw_answer(int fd, const raw_pdu *command, int status, const char *comment);
/* Accept one association on listen_fd and context 1; answer every message with the status;
 * status RAW_CLOSED: close instead of answering, RAW_TIMED_OUT: say nothing for 5 s. */
void raw_serve(int listen_fd, int status, const char *comment);

/* ---- Instances ---- */
/* An explicit little endian CT data set of about n pixel bytes; the same index gives the same. */
uint8_t *raw_ct(size_t *n, unsigned index, size_t pixel_bytes);
void raw_ct_uid(char uid[65], unsigned index);
/* The same as a Part 10 file. */
int raw_write_ct(const char *path, unsigned index, size_t pixel_bytes);
/* What the spool calls it. */
void raw_digest(char hex[65], const char *transfer_syntax, const void *data, size_t n);

/* ---- Processes ---- */
/* printf and run by the shell; exit code, or 128 + signal. */
int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
size_t count_files(const char *folder, const char *sub);
long long now_ms(void);
#endif

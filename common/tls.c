// TLS 1.3 over two memory BIOs. The session moves bytes between its socket and
// us: tls_feed, tls_read, tls_write, tls_drain. Lives in the loop's thread; one
// connection is used by one thread at a time. What all connections of a side share
// is in tls_context.c.
//
//   handshake --done--> ready --tls_close--> closing
//       |                 |                     |
//       +---- a fault ----+---------------------+---> dead: only drain and free
#include "common/tls.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/error.h"
#include "common/tls_context.h"
#include "common/tls_fault.h"

#define TLS_PART             ((size_t)16 << 10) // one record's worth of plain bytes
#define TLS_BIO_KEPT         ((size_t)2 << 10)  // an empty BIO keeps no more than this
#define TLS_RECORD_HEAD      5                  // bytes; the last two are the length of what follows
#define TLS_RECORD_ALERT     0x15
#define TLS_RECORD_HANDSHAKE 0x16

struct tls {
    SSL *ssl;
    BIO *in, *out; // ciphertext; owned by ssl
    char *host;
    enum tls_side side;
    bool ready, closing, dead;
    bool without_alpn; // a client that does not name our protocol
    uint8_t looked;    // bytes of the first record's head that were looked at
    uint64_t records;  // that have begun to arrive
    uint8_t head;      // bytes of the newest one's head, while that is not whole
    uint16_t length;   // … of which these are the last two
    size_t lacks;      // bytes of its body that are still to come
};

// The one way to the SSL: a stale error of another connection must never count as this one's.
static SSL *tls_ssl(const struct tls *tls)
{
    ERR_clear_error();
    return tls->ssl;
}

// --- connection --------------------------------------------------------------

// An address is looked for among the certificate's addresses, a name among its
// names; only names may be told in the clear (SNI).
static bool tls_expect_host(struct tls *tls, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
    tls->host = strdup(host);
    if (!tls->host)
        return false;
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 && SSL_set_tlsext_host_name(tls->ssl, host) == 1;
}

static bool tls_make_bios(struct tls *tls)
{
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (!tls->in || !tls->out) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        return false;
    }
    BIO_set_mem_eof_return(tls->in, -1); // empty means: later
    BIO_set_mem_eof_return(tls->out, -1);
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    return true;
}

struct tls *tls_new(struct tls_context *context, const char *host)
{
    if (context->side == TLS_CLIENT && (!host || !*host))
        return NULL;
    ERR_clear_error();
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return NULL;
    tls->side = context->side;
    tls->ssl = SSL_new(context->ctx);
    if (!tls->ssl || !tls_make_bios(tls) || SSL_set_app_data(tls->ssl, &tls->without_alpn) != 1 ||
        (tls->side == TLS_CLIENT && !tls_expect_host(tls, host))) {
        tls_free(tls);
        return NULL;
    }
    if (tls->side == TLS_SERVER)
        SSL_set_accept_state(tls->ssl);
    else
        SSL_set_connect_state(tls->ssl);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    ERR_clear_error();
    SSL_free(tls->ssl);
    free(tls->host);
    free(tls);
}

bool tls_ready(const struct tls *tls)
{
    return tls->ready && !tls->dead;
}

// Says why, from OpenSSL's queue, and ends it.
static int tls_fail(struct tls *tls, struct problem *problem)
{
    struct tls_fault fault = {
        .side = tls->side,
        .host = tls->host,
        .reason = ERR_GET_REASON(ERR_peek_error()),
        .words = ERR_reason_error_string(ERR_peek_error()),
        .verified = SSL_get_verify_result(tls->ssl),
        .without_alpn = tls->without_alpn,
    };
    tls->dead = true;
    tls_fault_tell(&fault, problem);
    ERR_clear_error();
    return ERR_TLS;
}

static int tls_is_over(struct problem *problem)
{
    return problem_set(problem, ERR_TLS, "The secure connection is over.");
}

// 0 when OpenSSL only waits for more bytes. SYSCALL with nothing in the queue
// says of a memory BIO that it is empty.
static int tls_result(struct tls *tls, int result, struct problem *problem)
{
    int kind = SSL_get_error(tls->ssl, result);
    if (kind == SSL_ERROR_NONE || kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE || kind == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (kind == SSL_ERROR_SYSCALL && ERR_peek_error() == 0)
        return 0;
    return tls_fail(tls, problem);
}

// A server without ALPN goes through OpenSSL's handshake; here it does not.
static bool tls_speaks_sendco(const struct tls *tls)
{
    const unsigned char *protocol;
    unsigned size;
    SSL_get0_alpn_selected(tls->ssl, &protocol, &size);
    return size == TLS_ALPN_SIZE - 1 && memcmp(protocol, tls_alpn + 1, size) == 0;
}

static int tls_handshake(struct tls *tls, struct problem *problem)
{
    int result = SSL_do_handshake(tls_ssl(tls));
    if (result != 1)
        return tls_result(tls, result, problem);
    if (!tls_speaks_sendco(tls)) {
        tls->without_alpn = true;
        return tls_fail(tls, problem);
    }
    tls->ready = true;
    return 0;
}

int tls_start(struct tls *tls, struct problem *problem)
{
    if (tls->dead)
        return tls_is_over(problem);
    return tls->ready ? 0 : tls_handshake(tls, problem);
}

// Every TLS conversation begins with a record of these two bytes.
static bool tls_looks_right(struct tls *tls, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && tls->looked < 2; i++, tls->looked++) {
        bool good = tls->looked == 1 ? data[i] == 0x03
                                     : data[i] == TLS_RECORD_HANDSHAKE || (tls->side == TLS_CLIENT && data[i] == TLS_RECORD_ALERT);
        if (!good)
            return false;
    }
    return true;
}

// Where records begin and end: OpenSSL does not say whether it waits for the rest of one.
static void tls_follow(struct tls *tls, const uint8_t *data, size_t size)
{
    for (size_t part; size > 0; data += part, size -= part) {
        part = tls->lacks == 0 ? 1 : tls->lacks < size ? tls->lacks : size;
        if (tls->lacks > 0) {
            tls->lacks -= part;
            continue;
        }
        if (tls->head++ == 0)
            tls->records++;
        tls->length = (uint16_t)(tls->length << 8 | *data);
        if (tls->head == TLS_RECORD_HEAD) {
            tls->lacks = tls->length;
            tls->head = 0;
        }
    }
}

uint64_t tls_partial(const struct tls *tls)
{
    return tls->head > 0 || tls->lacks > 0 ? tls->records : 0;
}

int tls_feed(struct tls *tls, const uint8_t *data, size_t size, struct problem *problem)
{
    if (tls->dead)
        return tls_is_over(problem);
    if (!tls_looks_right(tls, data, size)) {
        tls->dead = true;
        tls_fault_tell(&(struct tls_fault){.side = tls->side, .not_tls = true}, problem);
        return ERR_TLS;
    }
    tls_follow(tls, data, size);
    while (size > 0) {
        int part = size > INT_MAX ? INT_MAX : (int)size;
        if (BIO_write(tls->in, data, part) != part) {
            tls->dead = true;
            return problem_set(problem, ERR_TLS, "There is not enough memory for the secure connection.");
        }
        data += part;
        size -= (size_t)part;
    }
    return tls->ready ? 0 : tls_handshake(tls, problem);
}

// An idle connection does not keep the room that its largest answer took.
static void tls_shrink(BIO *bio)
{
    BUF_MEM *memory = NULL;
    if (BIO_ctrl_pending(bio) > 0 || BIO_get_mem_ptr(bio, &memory) != 1 || memory->max <= TLS_BIO_KEPT)
        return;
    BUF_MEM *fresh = BUF_MEM_new();
    if (fresh && BIO_set_mem_buf(bio, fresh, BIO_CLOSE) != 1)
        BUF_MEM_free(fresh);
}

int tls_read(struct tls *tls, struct buffer *plain, bool *closed, struct problem *problem)
{
    uint8_t part[TLS_PART];
    size_t size;
    int result = 1;
    *closed = false;
    if (tls->dead)
        return tls_is_over(problem);
    if (!tls->ready)
        return 0;
    while ((result = SSL_read_ex(tls_ssl(tls), part, sizeof part, &size)) == 1) {
        if (buffer_append(plain, part, size) != 0) {
            tls->dead = true;
            return problem_set(problem, ERR_TLS, "There is not enough memory for what arrived.");
        }
    }
    *closed = SSL_get_error(tls->ssl, result) == SSL_ERROR_ZERO_RETURN;
    int error = tls_result(tls, result, problem);
    if (!error)
        tls_shrink(tls->in);
    return error;
}

int tls_write(struct tls *tls, const uint8_t *data, size_t size, struct problem *problem)
{
    size_t written;
    if (!tls->ready || tls->closing || tls->dead)
        return tls_is_over(problem);
    if (size == 0)
        return 0;
    // The BIO takes everything, so that there is no half of a write to come back to.
    if (SSL_write_ex(tls_ssl(tls), data, size, &written) == 1 && written == size)
        return 0;
    return tls_fail(tls, problem);
}

void tls_close(struct tls *tls)
{
    if (!tls->ready || tls->closing || tls->dead)
        return;
    tls->closing = true;
    SSL_shutdown(tls_ssl(tls));
    ERR_clear_error();
}

int tls_drain(struct tls *tls, struct buffer *out)
{
    size_t pending;
    while ((pending = tls_pending(tls)) > 0) {
        int part = pending > INT_MAX ? INT_MAX : (int)pending;
        uint8_t *room = buffer_reserve(out, (size_t)part);
        if (!room)
            return ERR_NOMEM;
        int got = BIO_read(tls->out, room, part);
        if (got <= 0)
            break;
        buffer_grow(out, (size_t)got);
    }
    tls_shrink(tls->out);
    return 0;
}

size_t tls_pending(const struct tls *tls)
{
    return BIO_ctrl_pending(tls->out);
}

int tls_peer(const struct tls *tls, uint8_t fingerprint[TLS_FINGERPRINT])
{
    unsigned size = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    if (!tls->ready || !certificate)
        return ERR_TLS;
    bool good = X509_digest(certificate, EVP_sha256(), digest, &size) == 1 && size == TLS_FINGERPRINT;
    ERR_clear_error();
    if (!good)
        return ERR_NOMEM; // nothing else is in the way
    memcpy(fingerprint, digest, TLS_FINGERPRINT);
    return 0;
}

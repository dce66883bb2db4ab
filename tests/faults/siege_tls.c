// What an attacker has of its own: certificates, keys, tickets, and a TLS that does what
// common/tls refuses to do: OpenSSL itself over two memory BIOs. Loop thread.
#include "tests/faults/siege.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <openssl/err.h>

#define TLS_CONTEXTS 64

static const unsigned char alpn[] = "\x08sendco/1";

static struct {
    const struct sort *sort;
    SSL_CTX *ctx;
} contexts[TLS_CONTEXTS];

static const char *directory;

void tls_begin(const char *where)
{
    directory = where;
}

size_t siege_read(const char *who, const char *name, void *data, size_t size)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s/%s", directory, who, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, data, size);
    if (n < 0)
        siege_fail("cannot read %s", path);
    close(fd);
    return (size_t)n;
}

// --- what all connections of a sort share ---

// A session that no server gave, so that the client offers a PSK, and early data under it.
static int made_up_session(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_size, SSL_SESSION **session)
{
    static const unsigned char name[] = "a ticket of another day", key[32] = {1, 2, 3};
    (void)md;
    SSL_SESSION *made = SSL_SESSION_new();
    const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, (const unsigned char[]){0x13, 0x01});
    if (!made || !cipher || !SSL_SESSION_set1_master_key(made, key, sizeof key) || !SSL_SESSION_set_cipher(made, cipher) ||
        !SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION) || !SSL_SESSION_set_max_early_data(made, 16384))
        siege_fail("a session cannot be made up");
    SSL_SESSION_set1_alpn_selected(made, alpn + 1, sizeof alpn - 2);
    *id = name;
    *id_size = sizeof name - 1;
    *session = made;
    return 1;
}

static void context_own(SSL_CTX *ctx, const char *who)
{
    char certificate[600], key[600];
    snprintf(certificate, sizeof certificate, "%s/%s/cert.pem", directory, who);
    snprintf(key, sizeof key, "%s/%s/key.pem", directory, who);
    if (SSL_CTX_use_certificate_file(ctx, certificate, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        siege_fail("%s: no certificate and key", who);
}

static SSL_CTX *context_new(const struct sort *sort)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int version = sort->version ? sort->version : TLS1_3_VERSION;
    if (!ctx || SSL_CTX_set_min_proto_version(ctx, version) != 1 || SSL_CTX_set_max_proto_version(ctx, version) != 1)
        siege_fail("TLS cannot be set up");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL); // who attacks asks for no name
    if (sort->version && SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0") != 1)
        siege_fail("there are no old ciphers");
    if (!sort->no_certificate)
        context_own(ctx, sort->who ? sort->who : "inside");
    if (!sort->no_alpn)
        SSL_CTX_set_alpn_protos(ctx, alpn, sizeof alpn - 1);
    if (sort->early)
        SSL_CTX_set_psk_use_session_callback(ctx, made_up_session);
    return ctx;
}

static SSL_CTX *context_of(const struct sort *sort)
{
    size_t i = 0;
    while (i < TLS_CONTEXTS && contexts[i].sort && contexts[i].sort != sort)
        i++;
    if (i == TLS_CONTEXTS)
        siege_fail("there are more sorts than contexts");
    if (!contexts[i].sort) {
        contexts[i].ctx = context_new(sort);
        contexts[i].sort = sort;
    }
    return contexts[i].ctx;
}

// --- one connection's ---

static void actor_early(struct actor *actor)
{
    static const uint8_t hello[] = {0, 0, 0, 8, 0x0a, 0x06, 0x08, 0x01, 0x12, 0x02, 0x08, 0x01};
    size_t written;
    if (SSL_write_early_data(actor->ssl, hello, sizeof hello, &written) != 1)
        siege_fail("early data cannot be sent");
}

void actor_tls(struct actor *actor)
{
    actor->ssl = SSL_new(context_of(actor->sort));
    actor->in = BIO_new(BIO_s_mem());
    actor->out = BIO_new(BIO_s_mem());
    if (!actor->ssl || !actor->in || !actor->out)
        siege_fail("out of memory");
    BIO_set_mem_eof_return(actor->in, -1);
    BIO_set_mem_eof_return(actor->out, -1);
    SSL_set_bio(actor->ssl, actor->in, actor->out);
    SSL_set_connect_state(actor->ssl);
    if (actor->sort->early)
        actor_early(actor);
}

size_t actor_client_hello(struct actor *actor, uint8_t *data, size_t size)
{
    SSL *ssl = SSL_new(context_of(actor->sort));
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    SSL_do_handshake(ssl);
    int n = BIO_read(out, data, (int)size);
    SSL_free(ssl);
    ERR_clear_error();
    return n > 0 ? (size_t)n : 0;
}

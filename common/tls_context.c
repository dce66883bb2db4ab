// What all TLS connections of one side share: the school's authority, our own
// certificate and key, what is spoken and what is refused. Lives in the thread that
// makes it; used by its connections (tls.c) after that.
#include "common/tls_context.h"

#include <stdlib.h>

#include <openssl/err.h>

#include "common/error.h"
#include "common/pem.h"

#define TLS_CHAIN_MAX ((long)16 << 10) // of certificates from a stranger

const unsigned char tls_alpn[TLS_ALPN_SIZE + 1] = "\x08sendco/1";

// --- what is spoken ---

// Servers take the client's protocol only when it is ours.
static int tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *size, const unsigned char *in, unsigned in_size, void *data)
{
    (void)ssl;
    (void)data;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, size, tls_alpn, TLS_ALPN_SIZE, in, in_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

// tls_on_alpn is not asked when a client names no protocol at all: refuse that
// here. One without TLS 1.3 goes on, to fail for that reason.
static int tls_on_hello(SSL *ssl, int *alert, void *data)
{
    (void)data;
    const unsigned char *bytes;
    size_t size;
    bool *without_alpn = SSL_get_app_data(ssl);
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &bytes, &size) ||
        !SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &bytes, &size))
        return SSL_CLIENT_HELLO_SUCCESS;
    *without_alpn = true;
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
}

// The store holds the school's own authority and nothing else: no system store.
static bool tls_use_ca(SSL_CTX *ctx, const char *path, struct problem *problem)
{
    STACK_OF(X509) *all = pem_read_certificates(path, problem);
    bool good = all != NULL;
    for (int i = 0; good && i < sk_X509_num(all); i++) {
        X509 *ca = sk_X509_value(all, i);
        good = X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca) == 1 && SSL_CTX_add_client_CA(ctx, ca) == 1;
        if (!good)
            problem_set(problem, ERR_CONFIG, "The authority in %s cannot be used.", path);
    }
    pem_certificates_free(all);
    return good;
}

static bool tls_use_own(SSL_CTX *ctx, const char *certificate, const char *key, struct problem *problem)
{
    STACK_OF(X509) *all = pem_read_certificates(certificate, problem);
    EVP_PKEY *secret = all ? pem_read_key(key, problem) : NULL;
    bool good = secret && X509_check_private_key(sk_X509_value(all, 0), secret) == 1;
    if (secret && !good)
        problem_set(problem, ERR_CONFIG, "The key in %s is not the one of the certificate in %s.", key, certificate);
    else if (good && (SSL_CTX_use_certificate(ctx, sk_X509_value(all, 0)) != 1 || SSL_CTX_use_PrivateKey(ctx, secret) != 1)) {
        problem_set(problem, ERR_CONFIG, "The certificate in %s is too weak or of a sort that cannot be used.", certificate);
        good = false;
    }
    EVP_PKEY_free(secret);
    pem_certificates_free(all);
    ERR_clear_error();
    return good;
}

static bool tls_configure(SSL_CTX *ctx, enum tls_side side)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    // A resumed session would pass by the check of the certificate.
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(ctx, 1);
    SSL_CTX_set_max_cert_list(ctx, TLS_CHAIN_MAX);
    if (side == TLS_SERVER) {
        SSL_CTX_set_alpn_select_cb(ctx, tls_on_alpn, NULL);
        SSL_CTX_set_client_hello_cb(ctx, tls_on_hello, NULL);
    } else if (SSL_CTX_set_alpn_protos(ctx, tls_alpn, TLS_ALPN_SIZE) != 0) { // 0 is its good
        return false;
    }
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 && SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 0) == 1 && SSL_CTX_set1_groups_list(ctx, "X25519:P-256") == 1;
}

struct tls_context *tls_context_new(enum tls_side side, const char *ca, const char *certificate, const char *key, struct problem *problem)
{
    pem_init();
    ERR_clear_error();
    struct tls_context *context = calloc(1, sizeof *context);
    SSL_CTX *ctx = context ? SSL_CTX_new(side == TLS_SERVER ? TLS_server_method() : TLS_client_method()) : NULL;
    if (!ctx || !tls_configure(ctx, side)) {
        problem_set(problem, ERR_NOMEM, "TLS 1.3 cannot be set up: there is not enough memory, or OpenSSL lacks it.");
    } else if (tls_use_ca(ctx, ca, problem) && tls_use_own(ctx, certificate, key, problem)) {
        context->ctx = ctx;
        context->side = side;
        return context;
    }
    SSL_CTX_free(ctx);
    free(context);
    return NULL;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ctx);
    free(context);
}

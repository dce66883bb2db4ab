// Between the files of common/tls: what a context holds, and what both ends must speak.
#ifndef COMMON_TLS_CONTEXT_H
#define COMMON_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "common/tls.h"

#define TLS_ALPN_SIZE ((size_t)9)

extern const unsigned char tls_alpn[TLS_ALPN_SIZE + 1]; // one name, its length before it

// Each SSL made of it has as its app data a bool, which becomes true when a client names no protocol at all.
struct tls_context {
    SSL_CTX *ctx;
    enum tls_side side;
};

#endif

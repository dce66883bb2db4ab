// Why a secure connection failed, in words for people. For common/tls only.
#ifndef COMMON_TLS_FAULT_H
#define COMMON_TLS_FAULT_H

#include <stdbool.h>

#include "common/tls.h"

struct tls_fault {
    enum tls_side side; // ours
    const char *host;   // a client's
    int reason;         // OpenSSL's SSL_R_…
    const char *words;  // OpenSSL's own for it; may be NULL
    long verified;      // X509_V_…
    bool without_alpn;  // the other side does not name sendco's protocol
    bool not_tls;       // what arrived is something else
};

// ERR_TLS with sentence and next step. `problem` may be NULL.
void tls_fault_tell(const struct tls_fault *fault, struct problem *problem);

#endif

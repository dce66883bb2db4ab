// TLS 1.3 over two memory BIOs: bytes in, bytes out, no sockets. Only tls.c and
// tls_context.c touch SSL. ERR_clear_error() comes before every SSL call.
#ifndef COMMON_TLS_H
#define COMMON_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

struct problem;
struct tls_context;
struct tls;

#define TLS_FINGERPRINT 32 // SHA-256 of a certificate's DER

enum tls_side { TLS_SERVER, TLS_CLIENT };

// Certificate, key and the CA that the other side must have, as PEM files. Key
// files readable by others are refused with the chmod to run. TLS 1.3 only, mTLS
// both ways, ALPN "sendco/1", no tickets, no system store, buffers released when
// idle. NULL: see problem.
struct tls_context *tls_context_new(enum tls_side side, const char *ca, const char *certificate, const char *key, struct problem *problem);
void tls_context_free(struct tls_context *context);

// `host`: for a client, the name or address the server's certificate must carry;
// NULL for a server. The context must outlive it. NULL: out of memory, or a client
// without a host.
struct tls *tls_new(struct tls_context *context, const char *host);
void tls_free(struct tls *tls);

// Ciphertext that arrived. Goes on with the handshake. 0, or ERR_TLS (final;
// pending bytes, such as the alert, may still be drained).
int tls_feed(struct tls *tls, const uint8_t *data, size_t size, struct problem *problem);
// The record of which a part was fed and the rest was not, by its number, from 1; 0: what was fed ends with a whole one.
uint64_t tls_partial(const struct tls *tls);
// A client's first flight; a server needs no start.
int tls_start(struct tls *tls, struct problem *problem);
bool tls_ready(const struct tls *tls);
// Decrypted bytes, appended to `plain`. 0; ERR_TLS; *closed when the other side
// closed cleanly.
int tls_read(struct tls *tls, struct buffer *plain, bool *closed, struct problem *problem);
// Encrypts; never waits. Only when ready.
int tls_write(struct tls *tls, const uint8_t *data, size_t size, struct problem *problem);
// Says goodbye (close_notify); then drain.
void tls_close(struct tls *tls);
// Moves all pending ciphertext to the end of `out`. 0 or ERR_NOMEM.
int tls_drain(struct tls *tls, struct buffer *out);
size_t tls_pending(const struct tls *tls);
// SHA-256 of the other side's certificate. ERR_TLS when there is none, ERR_NOMEM.
int tls_peer(const struct tls *tls, uint8_t fingerprint[TLS_FINGERPRINT]);

#endif

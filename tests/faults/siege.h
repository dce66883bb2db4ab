// What the files of siege share: an actor, which is one hostile connection after another, and a
// sort, which says what such a connection does. Everything belongs to the one loop's thread.
#ifndef FAULTS_SIEGE_H
#define FAULTS_SIEGE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>
#include <uv.h>

#include "common/buffer.h"
#include "protocol.pb-c.h"

struct actor;

// How far a connection goes before its sort begins with it.
enum stage {
    STAGE_RAW,   // TCP is there
    STAGE_TLS,   // the handshake is done
    STAGE_HELLO, // Hello was answered
    STAGE_IN     // logged in by ticket
};

struct sort {
    const char *name;
    unsigned share;   // of 1,000
    enum stage stage; // at which `begin` is called
    const char *who;  // directory with certificate, key and ticket; NULL: "inside"
    unsigned pause;   // ms until the actor comes again; 0: SIEGE_PAUSE
    unsigned every;   // ms between ticks; 0: no ticks
    int version;      // of TLS, when it is not 1.3
    bool no_alpn, no_certificate;
    bool small;                                                     // receives little: what it does not read is the server's
    bool early;                                                     // its first bytes are early data, under a made-up PSK
    void (*begin)(struct actor *actor);                             // may be NULL
    void (*tick)(struct actor *actor);                              // may be NULL
    void (*reply)(struct actor *actor, const Sendco__Reply *reply); // from `begin` on; may be NULL
};

struct actor {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    const struct sort *sort;
    unsigned index;   // among all
    enum stage stage; // reached
    SSL *ssl;         // NULL while the sort speaks no TLS
    BIO *in, *out;
    struct buffer plain, last; // decrypted; what the sort keeps
    uint64_t began, due;       // ms: connecting; next tick or next coming
    uint64_t id;               // of the newest request
    unsigned step;             // the sort's own count
    int alert;                 // of TLS, received; 0: none
    size_t received;           // bytes of any sort
    char said[96];             // the newest refusal
    bool open, leaving, deaf, shaken;
};

#define SIEGE_PAUSE 1000

extern const struct sort siege_door[], siege_inside[], siege_greedy[];
extern const size_t siege_n_door, siege_n_inside, siege_n_greedy;

// --- siege_wire.c ---

void wire_begin(uv_loop_t *loop, const char *server);                 // once
void actor_open(struct actor *actor);                                 // connects, from an address of its own
void actor_raw(struct actor *actor, const void *data, size_t size);   // on the socket
void actor_plain(struct actor *actor, const void *data, size_t size); // through TLS
void actor_ask(struct actor *actor, Sendco__Request *request);        // gives it the next id
void actor_deaf(struct actor *actor);                                 // reads no more
void actor_flush(struct actor *actor);                                // what TLS has to send
// Our own end of it; the words are how it ended.
void actor_leave(struct actor *actor, const char *words);
size_t actor_unsent(const struct actor *actor);

// --- siege_tls.c ---

void tls_begin(const char *directory); // once: where everybody's certificate, key and ticket are
size_t siege_read(const char *who, const char *name, void *data, size_t size);
void actor_tls(struct actor *actor);                                        // new, with nothing said but early data
size_t actor_client_hello(struct actor *actor, uint8_t *data, size_t size); // of a good client

// --- siege_inside.c ---

uint32_t siege_target(void); // the number of the kind Target
// A reply: it leaves; any but a refusal is a fault of the daemon's.
void siege_once(struct actor *actor, const Sendco__Reply *reply);

// --- siege.c ---

// The connection is over; counted under these words.
void siege_ended(struct actor *actor, const char *words);
uint64_t siege_now(void); // ms
__attribute__((format(printf, 1, 2), noreturn)) void siege_fail(const char *format, ...);
extern uint64_t siege_frames; // sent by whoever sends many

#endif

// The sorts that nobody has let in: those that speak no TLS or the wrong one, those whose
// certificate is not good, and those that have a good one and never log in. Loop thread.
#include "tests/faults/siege.h"

#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

#include "common/frame.h"

#define N_SORTS(table) (sizeof(table) / sizeof *(table))

// --- before TLS is up ---

static void begin_slow_hello(struct actor *actor)
{
    uint8_t hello[4096];
    size_t size = actor_client_hello(actor, hello, sizeof hello);
    if (buffer_append(&actor->last, hello, size) != 0)
        siege_fail("out of memory");
}

// A byte a second.
static void tick_drip(struct actor *actor)
{
    if (buffer_size(&actor->last) == 0)
        return;
    actor_raw(actor, buffer_head(&actor->last), 1);
    buffer_consume(&actor->last, 1);
}

static void begin_half_hello(struct actor *actor)
{
    uint8_t hello[4096];
    size_t size = actor_client_hello(actor, hello, sizeof hello);
    actor_raw(actor, hello, size / 2);
}

static void begin_flood(struct actor *actor)
{
    actor_leave(actor, "left at once");
}

static void begin_garbage(struct actor *actor)
{
    uint8_t data[5000];
    RAND_bytes(data, sizeof data);
    data[0] = 0xa5; // never by chance how TLS begins
    actor_raw(actor, data, sizeof data);
}

// It looks like TLS, and is not.
static void begin_bad_record(struct actor *actor)
{
    uint8_t data[600];
    RAND_bytes(data, sizeof data);
    memcpy(data, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9);
    actor_raw(actor, data, sizeof data);
}

static void begin_http(struct actor *actor)
{
    static const char text[] = "GET /pupils HTTP/1.1\r\nHost: school\r\nAccept: */*\r\n\r\n";
    actor_raw(actor, text, sizeof text - 1);
}

// --- in TLS, before Hello ---

// TLS 1.3 has no renegotiation: another hello, in the clear, on a connection that is up.
static void begin_renegotiate(struct actor *actor)
{
    uint8_t hello[4096];
    size_t size = actor_client_hello(actor, hello, sizeof hello);
    actor_raw(actor, hello, size);
}

static void tick_key_updates(struct actor *actor)
{
    for (int i = 0; i < 20 && !actor->leaving && actor_unsent(actor) < 65536; i++) {
        if (SSL_key_update(actor->ssl, SSL_KEY_UPDATE_REQUESTED) != 1)
            return;
        SSL_do_handshake(actor->ssl);
        siege_frames++;
    }
    actor_flush(actor);
}

static void tick_early(struct actor *actor)
{
    if (SSL_session_reused(actor->ssl))
        actor_leave(actor, "THE MADE-UP SESSION WAS TAKEN");
    else if (SSL_get_early_data_status(actor->ssl) == SSL_EARLY_DATA_ACCEPTED)
        actor_leave(actor, "EARLY DATA WAS TAKEN");
    else
        actor_leave(actor, "whole handshake, early data thrown away");
}

static void reply_early(struct actor *actor, const Sendco__Reply *reply)
{
    (void)reply;
    actor_leave(actor, "EARLY DATA WAS ANSWERED");
}

static void reply_ticket(struct actor *actor, const Sendco__Reply *reply)
{
    (void)reply; // a ticket of TLS would have come before it
    SSL_SESSION *session = SSL_get1_session(actor->ssl);
    bool given = session && (SSL_SESSION_has_ticket(session) || SSL_SESSION_is_resumable(session));
    SSL_SESSION_free(session);
    actor_leave(actor, given ? "A TICKET WAS GIVEN" : "no ticket of TLS given");
}

static void ask_hello(struct actor *actor, uint32_t protocol)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Hello hello = SENDCO__HELLO__INIT;
    hello.has_protocol = 1;
    hello.protocol = protocol;
    hello.client = "siege 1";
    request.body_case = SENDCO__REQUEST__BODY_HELLO;
    request.hello = &hello;
    actor_ask(actor, &request);
}

static void begin_hello(struct actor *actor)
{
    ask_hello(actor, PROTOCOL_VERSION);
}

static void begin_newer(struct actor *actor)
{
    ask_hello(actor, PROTOCOL_VERSION + 1);
}

static void begin_older(struct actor *actor)
{
    ask_hello(actor, 0);
}

// A refused Hello leaves time for another; it is seen, and that is all.
static void reply_refused(struct actor *actor, const Sendco__Reply *reply)
{
    char words[sizeof actor->said];
    memcpy(words, actor->said, sizeof words);
    actor_leave(actor, reply->outcome == SENDCO__OUTCOME__OK ? "LET IN" : words);
}

static void ask_list(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    list.has_kind = 1;
    list.kind = 1;
    request.body_case = SENDCO__REQUEST__BODY_LIST;
    request.list = &list;
    actor_ask(actor, &request);
}

static void begin_oversize_early(struct actor *actor)
{
    static const uint8_t head[] = {0, 0, (FRAME_MAX_BEFORE_LOGIN + 1) >> 8, (FRAME_MAX_BEFORE_LOGIN + 1) & 0xff, 'x', 'x'};
    actor_plain(actor, head, sizeof head);
}

// --- after Hello ---

static void ask_login(struct actor *actor, const char *password)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Login login = SENDCO__LOGIN__INIT;
    login.password = (char *)(uintptr_t)password;
    request.body_case = SENDCO__REQUEST__BODY_LOGIN;
    request.login = &login;
    actor_ask(actor, &request);
}

static void tick_password(struct actor *actor)
{
    char password[64];
    snprintf(password, sizeof password, "wrong %u-%u", actor->index, actor->step++);
    ask_login(actor, password);
}

static void reply_password(struct actor *actor, const Sendco__Reply *reply)
{
    if (reply->outcome == SENDCO__OUTCOME__OK)
        actor_leave(actor, "LET IN");
}

// The password of one person under the certificate of another.
static void begin_others_login(struct actor *actor)
{
    char password[256];
    size_t size = siege_read("inside", "password", password, sizeof password - 1);
    password[size] = '\0';
    password[strcspn(password, "\r\n")] = '\0';
    ask_login(actor, password);
}

static void begin_others_ticket(struct actor *actor)
{
    uint8_t ticket[64];
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Resume resume = SENDCO__RESUME__INIT;
    resume.has_ticket = 1;
    resume.ticket.len = siege_read("inside", "ticket", ticket, sizeof ticket);
    resume.ticket.data = ticket;
    request.body_case = SENDCO__REQUEST__BODY_RESUME;
    request.resume = &resume;
    actor_ask(actor, &request);
}

static void begin_made_up_ticket(struct actor *actor)
{
    uint8_t ticket[32];
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Resume resume = SENDCO__RESUME__INIT;
    RAND_bytes(ticket, sizeof ticket);
    resume.has_ticket = 1;
    resume.ticket = (ProtobufCBinaryData){.len = sizeof ticket, .data = ticket};
    request.body_case = SENDCO__REQUEST__BODY_RESUME;
    request.resume = &resume;
    actor_ask(actor, &request);
}

const struct sort siege_door[] = {
    {.name = "silent after connecting", .share = 150, .stage = STAGE_RAW},
    {.name = "hello at a byte a second", .share = 60, .stage = STAGE_RAW, .every = 1000, .begin = begin_slow_hello, .tick = tick_drip},
    {.name = "half a hello", .share = 60, .stage = STAGE_RAW, .begin = begin_half_hello},
    {.name = "connect and go", .share = 20, .stage = STAGE_RAW, .pause = 50, .begin = begin_flood},
    {.name = "garbage", .share = 30, .stage = STAGE_RAW, .begin = begin_garbage},
    {.name = "garbage in a TLS record", .share = 30, .stage = STAGE_RAW, .begin = begin_bad_record},
    {.name = "HTTP", .share = 30, .stage = STAGE_RAW, .begin = begin_http},
    {.name = "TLS 1.0", .share = 10, .stage = STAGE_TLS, .version = TLS1_VERSION},
    {.name = "TLS 1.1", .share = 10, .stage = STAGE_TLS, .version = TLS1_1_VERSION},
    {.name = "TLS 1.2, to renegotiate", .share = 20, .stage = STAGE_TLS, .version = TLS1_2_VERSION},
    {.name = "no protocol named", .share = 10, .stage = STAGE_TLS, .no_alpn = true},
    {.name = "no certificate", .share = 10, .stage = STAGE_TLS, .no_certificate = true},
    {.name = "certificate of another CA", .share = 20, .stage = STAGE_TLS, .who = "other-ca"},
    {.name = "expired certificate", .share = 20, .stage = STAGE_TLS, .who = "expired"},
    {.name = "the server's certificate", .share = 10, .stage = STAGE_TLS, .who = "server"},
    {.name = "certificate nobody knows", .share = 10, .stage = STAGE_TLS, .who = "unknown", .begin = begin_hello, .reply = reply_refused},
    {.name = "renegotiation in the clear", .share = 10, .stage = STAGE_TLS, .begin = begin_renegotiate},
    {.name = "key updates without end", .share = 10, .stage = STAGE_TLS, .every = 100, .tick = tick_key_updates},
    {.name = "0-RTT under a made-up PSK",
     .share = 10,
     .stage = STAGE_TLS,
     .every = 300,
     .early = true,
     .tick = tick_early,
     .reply = reply_early},
    {.name = "a ticket of TLS, to replay", .share = 10, .stage = STAGE_TLS, .begin = begin_hello, .reply = reply_ticket},
    {.name = "silent after the handshake", .share = 20, .stage = STAGE_TLS},
    {.name = "silent after Hello", .share = 20, .stage = STAGE_HELLO},
    {.name = "a request before Hello", .share = 10, .stage = STAGE_TLS, .begin = ask_list},
    {.name = "a request before login", .share = 10, .stage = STAGE_HELLO, .begin = ask_list},
    {.name = "too long before login", .share = 10, .stage = STAGE_TLS, .begin = begin_oversize_early},
    {.name = "a newer version", .share = 5, .stage = STAGE_TLS, .begin = begin_newer, .reply = reply_refused},
    {.name = "an older version", .share = 5, .stage = STAGE_TLS, .begin = begin_older, .reply = reply_refused},
    {.name = "wrong passwords",
     .share = 20,
     .stage = STAGE_HELLO,
     .who = "guessed",
     .every = 1000,
     .tick = tick_password,
     .reply = reply_password},
    {.name = "another's password", .share = 5, .stage = STAGE_HELLO, .who = "guessed", .begin = begin_others_login, .reply = reply_refused},
    {.name = "another's ticket", .share = 5, .stage = STAGE_HELLO, .who = "guessed", .begin = begin_others_ticket, .reply = reply_refused},
    {.name = "a made-up ticket", .share = 5, .stage = STAGE_HELLO, .begin = begin_made_up_ticket, .reply = reply_refused},
};
const size_t siege_n_door = N_SORTS(siege_door);

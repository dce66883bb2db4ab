// TLS and the certificates it stands on: client and server in one process, with
// plain buffers for a wire that can be cut, chopped, bent and closed anywhere.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/ca.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/tls.h"

#define DAY   ((int64_t)86400)
#define NAMES "localhost,127.0.0.1,::1,school-server"

static char home[] = "/tmp/sendco-tls-XXXXXX";
static uint8_t device[TLS_FINGERPRINT];

static const char *in_home(const char *path)
{
    static char text[64][512];
    static unsigned turn;
    char *here = text[turn++ % 64];
    snprintf(here, sizeof text[0], "%s/%s", home, path);
    return here;
}

static const char *in_home2(const char *directory, const char *path)
{
    char both[256];
    snprintf(both, sizeof both, "%s/%s", directory, path);
    return in_home(both);
}

// --- a pair and the wire between them ------------------------------------------

struct pair {
    struct tls *client, *server;
    struct buffer up, down;               // ciphertext on its way
    struct buffer client_got, server_got; // plain
    struct problem client_problem, server_problem;
    int client_error, server_error;
    bool client_closed, server_closed;
    size_t step;     // bytes moved at once; 0: all
    size_t up_limit; // the wire is cut after so many bytes; SIZE_MAX: never
    size_t up_moved, down_moved;
};

static struct tls_context *server_context, *client_context;

static struct tls_context *context_of(enum tls_side side, const char *directory)
{
    struct problem problem;
    problem_init(&problem, NULL);
    struct tls_context *context =
        tls_context_new(side, in_home2(directory, "ca.pem"), in_home2(directory, "cert.pem"), in_home2(directory, "key.pem"), &problem);
    if (!context)
        fail_msg("%s", problem.message);
    return context;
}

static void pair_open(struct pair *pair, struct tls_context *client, struct tls_context *server, const char *host)
{
    *pair = (struct pair){.up_limit = SIZE_MAX};
    problem_init(&pair->client_problem, NULL);
    problem_init(&pair->server_problem, NULL);
    buffer_init(&pair->up);
    buffer_init(&pair->down);
    buffer_init(&pair->client_got);
    buffer_init(&pair->server_got);
    pair->client = tls_new(client, host);
    pair->server = tls_new(server, NULL);
    assert_non_null(pair->client);
    assert_non_null(pair->server);
    assert_int_equal(tls_start(pair->client, &pair->client_problem), 0);
}

static void pair_shut(struct pair *pair)
{
    tls_free(pair->client);
    tls_free(pair->server);
    buffer_deinit(&pair->up);
    buffer_deinit(&pair->down);
    buffer_deinit(&pair->client_got);
    buffer_deinit(&pair->server_got);
}

static void end_take(struct tls *tls, const uint8_t *data, size_t size, struct buffer *got, int *error, bool *closed,
                     struct problem *problem)
{
    bool now_closed = false;
    if (*error)
        return;
    *error = tls_feed(tls, data, size, problem);
    if (!*error)
        *error = tls_read(tls, got, &now_closed, problem);
    *closed = *closed || now_closed;
}

static size_t pair_part(const struct pair *pair, const struct buffer *wire)
{
    size_t size = buffer_size(wire);
    return pair->step && size > pair->step ? pair->step : size;
}

// One turn of both directions; false when nothing moved.
static bool pair_turn(struct pair *pair)
{
    assert_int_equal(tls_drain(pair->client, &pair->up), 0);
    assert_int_equal(tls_drain(pair->server, &pair->down), 0);
    assert_int_equal(tls_pending(pair->client) + tls_pending(pair->server), 0);
    size_t up = pair_part(pair, &pair->up), down = pair_part(pair, &pair->down);
    if (up > pair->up_limit - pair->up_moved)
        up = pair->up_limit - pair->up_moved;
    if (up > 0)
        end_take(pair->server, buffer_head(&pair->up), up, &pair->server_got, &pair->server_error, &pair->server_closed,
                 &pair->server_problem);
    if (down > 0)
        end_take(pair->client, buffer_head(&pair->down), down, &pair->client_got, &pair->client_error, &pair->client_closed,
                 &pair->client_problem);
    buffer_consume(&pair->up, up);
    buffer_consume(&pair->down, down);
    pair->up_moved += up;
    pair->down_moved += down;
    return up + down > 0;
}

static void pair_run(struct pair *pair)
{
    while (pair_turn(pair))
        ;
}

static void pair_connect(struct pair *pair)
{
    pair_run(pair);
    if (pair->client_error || pair->server_error)
        fail_msg("client: %s; server: %s", pair->client_problem.message, pair->server_problem.message);
    assert_true(tls_ready(pair->client) && tls_ready(pair->server));
}

static void assert_says(const struct problem *problem, const char *words)
{
    assert_int_equal(problem->error, ERR_TLS);
    if (!strstr(problem->message, words))
        fail_msg("\"%s\" does not say \"%s\"", problem->message, words);
}

// --- what must work ---------------------------------------------------------------

static void handshake_and_peer(void **state)
{
    (void)state;
    static const char *const hosts[] = {"localhost", "127.0.0.1", "::1", "school-server", "LOCALHOST"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct pair pair;
        uint8_t seen[TLS_FINGERPRINT];
        pair_open(&pair, client_context, server_context, hosts[i]);
        assert_int_equal(tls_peer(pair.server, seen), ERR_TLS);
        assert_int_equal(tls_write(pair.server, (const uint8_t *)"early", 5, &pair.server_problem), ERR_TLS);
        pair_connect(&pair);
        assert_int_equal(tls_peer(pair.server, seen), 0);
        assert_memory_equal(seen, device, sizeof seen);
        assert_int_equal(tls_write(pair.client, (const uint8_t *)"hello", 5, NULL), 0);
        assert_int_equal(tls_write(pair.client, NULL, 0, NULL), 0);
        pair_run(&pair);
        assert_int_equal(buffer_size(&pair.server_got), 5);
        assert_memory_equal(buffer_head(&pair.server_got), "hello", 5);
        pair_shut(&pair);
    }
}

static void any_fragments(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 7, 100, 1000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct pair pair;
        pair_open(&pair, client_context, server_context, "localhost");
        pair.step = steps[i];
        pair_connect(&pair);
        assert_int_equal(tls_write(pair.client, (const uint8_t *)"question", 8, NULL), 0);
        assert_int_equal(tls_write(pair.server, (const uint8_t *)"answer", 6, NULL), 0);
        pair_run(&pair);
        assert_memory_equal(buffer_head(&pair.server_got), "question", 8);
        assert_memory_equal(buffer_head(&pair.client_got), "answer", 6);
        tls_close(pair.client);
        pair_run(&pair);
        assert_true(pair.server_closed);
        assert_int_equal(pair.server_error, 0);
        pair_shut(&pair);
    }
}

// Whether a record has begun and is not whole is known after every byte, and which one it is.
static void half_a_record(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, client_context, server_context, "localhost");
    assert_int_equal(tls_partial(pair.server), 0);
    pair_connect(&pair);
    assert_int_equal(tls_partial(pair.server) | tls_partial(pair.client), 0);
    uint64_t before = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tls_write(pair.client, (const uint8_t *)"question", 8, NULL), 0);
        assert_int_equal(tls_drain(pair.client, &pair.up), 0);
        uint64_t number = 0;
        for (pair.step = 1; buffer_size(&pair.up) > 1; number = tls_partial(pair.server)) {
            assert_true(pair_turn(&pair));
            assert_int_not_equal(tls_partial(pair.server), 0);
            assert_true(number == 0 || tls_partial(pair.server) == number);
        }
        assert_true(number > before);
        assert_int_equal(buffer_size(&pair.server_got), i * 8);
        pair_run(&pair);
        assert_int_equal(tls_partial(pair.server), 0);
        assert_int_equal(buffer_size(&pair.server_got), (i + 1) * 8);
        before = number;
    }
    // Two of them, cut behind the first byte of the second: another one has begun.
    assert_int_equal(tls_write(pair.client, (const uint8_t *)"question", 8, NULL), 0);
    assert_int_equal(tls_drain(pair.client, &pair.up), 0);
    pair.step = buffer_size(&pair.up) - 1;
    assert_true(pair_turn(&pair));
    assert_int_equal(tls_partial(pair.server), before + 1);
    assert_int_equal(tls_write(pair.client, (const uint8_t *)"question", 8, NULL), 0);
    assert_int_equal(tls_drain(pair.client, &pair.up), 0);
    pair.step = 2;
    assert_true(pair_turn(&pair));
    assert_int_equal(tls_partial(pair.server), before + 2);
    pair_shut(&pair);
}

static void a_mebibyte(void **state)
{
    (void)state;
    static uint8_t data[1 << 20];
    static const size_t steps[] = {0, 65536, 16385, 1021};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct pair pair;
        pair_open(&pair, client_context, server_context, "localhost");
        pair.step = steps[i];
        pair_connect(&pair);
        for (int round = 0; round < 2; round++) {
            assert_int_equal(tls_write(pair.client, data, sizeof data, NULL), 0);
            assert_int_equal(tls_write(pair.server, data, sizeof data, NULL), 0);
            pair_run(&pair);
            assert_int_equal(buffer_size(&pair.server_got), sizeof data);
            assert_int_equal(buffer_size(&pair.client_got), sizeof data);
            assert_memory_equal(buffer_head(&pair.server_got), data, sizeof data);
            assert_memory_equal(buffer_head(&pair.client_got), data, sizeof data);
            buffer_consume(&pair.server_got, sizeof data);
            buffer_consume(&pair.client_got, sizeof data);
        }
        pair_shut(&pair);
    }
}

static void stale_errors_do_no_harm(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, client_context, server_context, "localhost");
    do {
        ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    } while (pair_turn(&pair));
    assert_true(tls_ready(pair.client) && tls_ready(pair.server));
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    assert_int_equal(tls_write(pair.client, (const uint8_t *)"hello", 5, NULL), 0);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    pair_run(&pair);
    assert_int_equal(buffer_size(&pair.server_got), 5);
    assert_int_equal(pair.server_error | pair.client_error, 0);
    pair_shut(&pair);
    ERR_clear_error();
}

// --- closing and cutting ------------------------------------------------------------

// Either side says goodbye, or goes without, after every number of turns.
static void close_at_every_point(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 4; how++) {
        for (int turns = 0; turns < 60; turns++) {
            struct pair pair;
            pair_open(&pair, client_context, server_context, "localhost");
            pair.step = 100;
            for (int i = 0; i < turns; i++)
                pair_turn(&pair);
            struct tls *closer = how % 2 ? pair.server : pair.client, *other = how % 2 ? pair.client : pair.server;
            bool was_ready = tls_ready(closer);
            if (how < 2) {
                tls_close(closer);
                tls_close(closer);
                pair_run(&pair);
                assert_int_equal(pair.client_error | pair.server_error, 0);
                assert_int_equal(how % 2 ? pair.client_closed : pair.server_closed, was_ready);
                if (was_ready)
                    assert_int_equal(tls_write(closer, (const uint8_t *)"x", 1, NULL), ERR_TLS);
                // The other one may still finish what it was saying.
                if (tls_ready(other))
                    assert_int_equal(tls_write(other, (const uint8_t *)"x", 1, NULL), 0);
                pair_run(&pair);
                tls_close(other);
                pair_run(&pair);
            } else {
                pair.up_limit = pair.up_moved; // gone without a word
                pair_run(&pair);
                assert_false(pair.server_closed);
            }
            pair_shut(&pair);
        }
    }
}

static void truncated_anywhere(void **state)
{
    (void)state;
    size_t whole = SIZE_MAX;
    for (size_t limit = 0; limit < whole + 8; limit += 3) {
        struct pair pair;
        pair_open(&pair, client_context, server_context, "localhost");
        pair.up_limit = limit ? limit : SIZE_MAX; // first the whole, to know its length
        pair_run(&pair);
        if (tls_ready(pair.client)) {
            assert_int_equal(tls_write(pair.client, (const uint8_t *)"the whole message", 17, NULL), 0);
            tls_close(pair.client);
        }
        pair_run(&pair);
        assert_int_equal(pair.client_error | pair.server_error, 0);
        if (limit == 0)
            whole = pair.up_moved;
        // No end is believed that was not said, and no half message is handed out.
        if (pair.server_closed)
            assert_int_equal(buffer_size(&pair.server_got), 17);
        if (limit > 0 && limit + 40 < whole)
            assert_false(pair.server_closed);
        assert_true(buffer_size(&pair.server_got) == 0 || buffer_size(&pair.server_got) == 17);
        pair_shut(&pair);
    }
}

static void bent_anywhere(void **state)
{
    (void)state;
    for (size_t at = 0; at < 1500; at += 5) {
        struct pair pair;
        struct buffer drained;
        pair_open(&pair, client_context, server_context, "localhost");
        pair.step = 1;
        bool bent = false;
        for (bool moved = true; moved && !pair.server_error && !pair.client_error;) {
            assert_int_equal(tls_drain(pair.client, &pair.up), 0);
            if (!bent && at - pair.up_moved < buffer_size(&pair.up)) {
                buffer_head(&pair.up)[at - pair.up_moved] ^= 0x40;
                bent = true;
            }
            moved = pair_turn(&pair);
        }
        if (bent) {
            assert_false(tls_ready(pair.client) && tls_ready(pair.server));
            assert_int_equal(buffer_size(&pair.server_got), 0);
        }
        if (pair.server_error) {
            assert_int_equal(pair.server_error, ERR_TLS);
            assert_true(strlen(pair.server_problem.message) > 10);
            // Final: nothing goes in any more, what is pending still comes out.
            bool closed;
            assert_int_equal(tls_feed(pair.server, (const uint8_t *)"\x16\x03", 2, NULL), ERR_TLS);
            assert_int_equal(tls_read(pair.server, &pair.server_got, &closed, NULL), ERR_TLS);
            assert_int_equal(tls_write(pair.server, (const uint8_t *)"x", 1, NULL), ERR_TLS);
            tls_close(pair.server);
            buffer_init(&drained);
            assert_int_equal(tls_drain(pair.server, &drained), 0);
            buffer_deinit(&drained);
        }
        pair_shut(&pair);
    }
}

// --- who is refused, and how it is said ------------------------------------------------

// Both ends' sentences; NULL: that end notices nothing.
static void meet(struct tls_context *client, struct tls_context *server, const char *host, const char *client_says, const char *server_says)
{
    struct pair pair;
    pair_open(&pair, client, server, host);
    pair_run(&pair);
    if (client_says)
        assert_says(&pair.client_problem, client_says);
    if (server_says)
        assert_says(&pair.server_problem, server_says);
    assert_int_equal(pair.client_error, client_says ? ERR_TLS : 0);
    assert_int_equal(pair.server_error, server_says ? ERR_TLS : 0);
    pair_shut(&pair);
}

static void issue(const char *name, bool same_school, int64_t made, bool server)
{
    struct problem problem;
    problem_init(&problem, NULL);
    struct ca *ca = same_school ? ca_load(in_home("ca"), &problem) : ca_new("St Mary’s Primary School", made, &problem);
    assert_non_null(ca);
    uint8_t fingerprint[32];
    if (server)
        assert_int_equal(ca_issue_server(ca, NAMES, made, in_home(name), &problem), 0);
    else
        assert_int_equal(ca_issue_device(ca, "Ann Lee", 7, "laptop", made, in_home(name), fingerprint, &problem), 0);
    ca_free(ca);
}

static void wrong_host(void **state)
{
    (void)state;
    meet(client_context, server_context, "other-server", "not for \"other-server\"", "refuses this connection");
    meet(client_context, server_context, "127.0.0.2", "not for \"127.0.0.2\"", "refuses this connection");
    meet(client_context, server_context, "::2", "not for \"::2\"", "refuses this connection");
    assert_null(tls_new(client_context, NULL));
    assert_null(tls_new(client_context, ""));
}

static void strangers(void **state)
{
    (void)state;
    // Another authority, of the very same name.
    issue("stranger", false, clock_real(), false);
    issue("strange-server", false, clock_real(), true);
    assert_int_equal(rename(in_home("stranger/ca.pem"), in_home("stranger/own-ca.pem")), 0);
    assert_int_equal(link(in_home("device/ca.pem"), in_home("stranger/ca.pem")), 0);
    struct tls_context *stranger = context_of(TLS_CLIENT, "stranger"), *strange_server = context_of(TLS_SERVER, "strange-server");
    meet(stranger, server_context, "localhost", "certificate sent was not made by its school's authority",
         "client's certificate was not made by this school's authority");
    meet(client_context, strange_server, "localhost", "server's certificate was not made by this school's authority",
         "refuses this connection: the certificate sent was not made");
    tls_context_free(stranger);
    tls_context_free(strange_server);
}

static void out_of_time(void **state)
{
    (void)state;
    int64_t now = clock_real();
    issue("old-device", true, now - 91 * DAY, false);
    issue("old-server", true, now - 366 * DAY, true);
    issue("young-device", true, now + 2 * DAY, false);
    struct tls_context *old_device = context_of(TLS_CLIENT, "old-device"), *old_server = context_of(TLS_SERVER, "old-server");
    struct tls_context *young_device = context_of(TLS_CLIENT, "young-device");
    meet(old_device, server_context, "localhost", "the certificate sent has expired", "The client's certificate has expired");
    meet(client_context, old_server, "localhost", "The server's certificate has expired", "the certificate sent has expired");
    meet(young_device, server_context, "localhost", "refuses this connection", "The client's certificate is not valid yet");
    tls_context_free(old_device);
    tls_context_free(old_server);
    tls_context_free(young_device);
}

static void wrong_purpose(void **state)
{
    (void)state;
    struct tls_context *as_client = context_of(TLS_CLIENT, "server"), *as_server = context_of(TLS_SERVER, "device");
    meet(as_client, server_context, "localhost", "not meant for this end", "client's certificate is not meant for this end");
    meet(client_context, as_server, "localhost", "server's certificate is not meant for this end", "not meant for this end");
    tls_context_free(as_client);
    tls_context_free(as_server);
}

static void not_tls_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } others[] = {
        {"GET / HTTP/1.1\r\n\r\n", 18}, {"\0\0\0\x05hello", 9}, {"SSH-2.0-x\r\n", 11}, {"\x16SENDCO", 7}, {"\x80\x2e\x01\x03\x01", 5}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct tls *ends[] = {tls_new(server_context, NULL), tls_new(client_context, "localhost")};
        for (size_t end = 0; end < 2; end++) {
            struct problem problem;
            problem_init(&problem, NULL);
            assert_int_equal(tls_start(ends[end], NULL), 0);
            int error = 0;
            for (size_t at = 0; at < others[i].size && !error; at++)
                error = tls_feed(ends[end], (const uint8_t *)others[i].bytes + at, 1, &problem);
            assert_int_equal(error, ERR_TLS);
            assert_says(&problem, "not TLS at all");
            tls_free(ends[end]);
        }
    }
}

// --- peers that are not ours, made with OpenSSL itself -----------------------------------

struct foreign {
    SSL_CTX *ctx;
    SSL *ssl;
};

static void foreign_open(struct foreign *foreign, bool server, int version, const char *own, const char *alpn, size_t alpn_size)
{
    foreign->ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    assert_non_null(foreign->ctx);
    SSL_CTX_set_max_proto_version(foreign->ctx, version);
    if (own) {
        assert_int_equal(SSL_CTX_use_certificate_file(foreign->ctx, in_home2(own, "cert.pem"), SSL_FILETYPE_PEM), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey_file(foreign->ctx, in_home2(own, "key.pem"), SSL_FILETYPE_PEM), 1);
    }
    if (alpn)
        SSL_CTX_set_alpn_protos(foreign->ctx, (const unsigned char *)alpn, (unsigned)alpn_size);
    foreign->ssl = SSL_new(foreign->ctx);
    SSL_set_bio(foreign->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (server)
        SSL_set_accept_state(foreign->ssl);
    else
        SSL_set_connect_state(foreign->ssl);
}

// Until neither has more to say; then what ours says of it.
static void foreign_meet(struct foreign *foreign, struct tls *ours, int alert, const char *says)
{
    struct problem problem;
    struct buffer wire, plain;
    int error = 0, got, alerted = 0;
    bool closed, moved = true;
    char part[4096];
    problem_init(&problem, NULL);
    buffer_init(&wire);
    buffer_init(&plain);
    assert_int_equal(tls_start(ours, &problem), 0);
    while (moved) {
        ERR_clear_error();
        if (SSL_do_handshake(foreign->ssl) == 1)
            SSL_read(foreign->ssl, part, sizeof part);
        if (ERR_GET_REASON(ERR_peek_error()) > SSL_AD_REASON_OFFSET)
            alerted = ERR_GET_REASON(ERR_peek_error()) - SSL_AD_REASON_OFFSET;
        moved = false;
        while ((got = BIO_read(SSL_get_wbio(foreign->ssl), part, sizeof part)) > 0 && !error) {
            moved = true;
            error = tls_feed(ours, (const uint8_t *)part, (size_t)got, &problem);
            if (!error)
                error = tls_read(ours, &plain, &closed, &problem);
        }
        assert_int_equal(tls_drain(ours, &wire), 0);
        if (buffer_size(&wire) > 0) {
            moved = true;
            BIO_write(SSL_get_rbio(foreign->ssl), buffer_head(&wire), (int)buffer_size(&wire));
            buffer_consume(&wire, buffer_size(&wire));
        }
    }
    assert_int_equal(error, ERR_TLS);
    assert_says(&problem, says);
    if (alert)
        assert_int_equal(alerted, alert);
    assert_false(tls_ready(ours));
    tls_free(ours);
    SSL_free(foreign->ssl);
    SSL_CTX_free(foreign->ctx);
    buffer_deinit(&wire);
    buffer_deinit(&plain);
    ERR_clear_error();
}

static void foreign_peers(void **state)
{
    (void)state;
    static const char ours[] = "\x08sendco/1", theirs[] = "\x08http/1.1";
    struct foreign foreign;
    foreign_open(&foreign, false, TLS1_3_VERSION, NULL, ours, sizeof ours - 1);
    foreign_meet(&foreign, tls_new(server_context, NULL), SSL_AD_CERTIFICATE_REQUIRED, "sent no certificate");
    foreign_open(&foreign, false, TLS1_2_VERSION, "device", ours, sizeof ours - 1);
    foreign_meet(&foreign, tls_new(server_context, NULL), SSL_AD_PROTOCOL_VERSION, "does not speak TLS 1.3");
    foreign_open(&foreign, false, TLS1_2_VERSION, "device", NULL, 0);
    foreign_meet(&foreign, tls_new(server_context, NULL), SSL_AD_PROTOCOL_VERSION, "does not speak TLS 1.3");
    foreign_open(&foreign, false, TLS1_3_VERSION, "device", NULL, 0);
    foreign_meet(&foreign, tls_new(server_context, NULL), SSL_AD_NO_APPLICATION_PROTOCOL, "does not name sendco's protocol");
    foreign_open(&foreign, false, TLS1_3_VERSION, "device", theirs, sizeof theirs - 1);
    foreign_meet(&foreign, tls_new(server_context, NULL), SSL_AD_NO_APPLICATION_PROTOCOL, "does not speak sendco's protocol");
    foreign_open(&foreign, true, TLS1_2_VERSION, "server", NULL, 0);
    foreign_meet(&foreign, tls_new(client_context, "localhost"), 0, "no version of TLS in common");
    foreign_open(&foreign, true, TLS1_3_VERSION, "server", NULL, 0);
    foreign_meet(&foreign, tls_new(client_context, "localhost"), 0, "does not name sendco's protocol");
}

// --- files ----------------------------------------------------------------------------

static void refused_files(const char *ca, const char *certificate, const char *key, const char *says, const char *next)
{
    struct problem problem;
    problem_init(&problem, NULL);
    assert_null(tls_context_new(TLS_CLIENT, ca, certificate, key, &problem));
    assert_int_equal(problem.error, ERR_CONFIG);
    if (!strstr(problem.message, says) || !strstr(problem_next(&problem), next))
        fail_msg("\"%s\" (%s) does not say \"%s\" (%s)", problem.message, problem_next(&problem), says, next);
}

static void files_are_looked_at(void **state)
{
    (void)state;
    const char *ca = in_home("device/ca.pem"), *certificate = in_home("device/cert.pem"), *key = in_home("device/key.pem");
    assert_int_equal(chmod(key, 0640), 0);
    refused_files(ca, certificate, key, "mode 0640", "chmod 600");
    assert_int_equal(chmod(key, 0604), 0);
    refused_files(ca, certificate, key, "mode 0604", "chmod 600");
    assert_int_equal(chmod(key, 0400), 0);
    struct tls_context *context = context_of(TLS_CLIENT, "device");
    tls_context_free(context);
    assert_int_equal(chmod(key, 0600), 0);
    assert_int_equal(symlink(key, in_home("link.pem")), 0);
    refused_files(ca, certificate, in_home("link.pem"), "symbolic link", "");
    refused_files(ca, certificate, in_home("none.pem"), "No such file", "");
    refused_files(in_home("none.pem"), certificate, key, "none.pem", "");
    refused_files(ca, home, key, "is not a file", "");
    refused_files(ca, certificate, in_home("server/key.pem"), "is not the one of the certificate", "");
    refused_files(key, certificate, key, "holds no certificate", "");
    FILE *file = fopen(in_home("damaged.pem"), "w");
    assert_non_null(file);
    fputs("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n", file);
    fclose(file);
    chmod(in_home("damaged.pem"), 0600);
    refused_files(in_home("damaged.pem"), certificate, key, "holds no certificate", "");
    refused_files(ca, certificate, in_home("damaged.pem"), "holds no private key", "");
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (unsigned)status.st_mode & 07777u;
}

static void authority(void **state)
{
    (void)state;
    struct problem problem;
    uint8_t fingerprint[32];
    problem_init(&problem, NULL);
    struct ca *ca = ca_load(in_home("ca"), &problem), *other = ca_new("Another school", clock_real(), &problem);
    assert_non_null(ca);
    assert_non_null(other);
    assert_int_equal(mode_of(in_home("ca/ca-key.pem")), 0600);
    assert_int_equal(mode_of(in_home("ca/ca.pem")), 0644);
    assert_int_equal(mode_of(in_home("device/key.pem")), 0600);
    assert_int_equal(ca_save(other, in_home("ca"), &problem), ERR_OUTPUT);
    assert_non_null(strstr(problem.message, "there is one already"));
    ca_free(ca);
    ca = ca_load(in_home("ca"), &problem); // untouched
    assert_non_null(ca);
    assert_int_equal(ca_issue_server(ca, "good, b ad", clock_real(), in_home("x"), &problem), ERR_INVALID);
    assert_int_equal(ca_issue_server(ca, " good , 10.0.0.5", clock_real(), in_home("x"), &problem), 0);
    assert_int_equal(ca_issue_server(ca, "good,ba/d", clock_real(), in_home("x"), &problem), ERR_INVALID);
    assert_non_null(strstr(problem.message, "ba/d"));
    assert_int_equal(ca_issue_server(ca, "", clock_real(), in_home("x"), &problem), ERR_INVALID);
    assert_int_equal(ca_issue_server(ca, "a,,b", clock_real(), in_home("x"), &problem), ERR_INVALID);
    assert_int_equal(ca_issue_device(ca, "", 1, "d", clock_real(), in_home("x"), fingerprint, &problem), ERR_INVALID);
    assert_int_equal(ca_issue_device(ca, "Ann", 1, "d\n", clock_real(), in_home("x"), fingerprint, &problem), ERR_INVALID);
    assert_int_equal(ca_issue_device(ca, "Ann", 1, "x,DNS:evil", clock_real(), in_home("x"), fingerprint, &problem), 0);
    assert_int_equal(ca_issue_device(ca, "Ann", 1, "d", clock_real() + 4000 * DAY, in_home("x"), fingerprint, &problem), ERR_CONFIG);
    assert_int_equal(ca_issue_device(ca, "Ann", 1, "d", clock_real(), in_home("none/x"), fingerprint, &problem), ERR_OUTPUT);
    char long_name[400];
    memset(long_name, 0, sizeof long_name);
    for (size_t i = 0; i < 100; i++)
        strcat(long_name, "ø");
    assert_int_equal(ca_issue_device(ca, long_name, 1, "d", clock_real(), in_home("x"), fingerprint, &problem), 0);
    ca_free(ca);
    ca_free(other);
    assert_null(ca_load(in_home("none"), &problem));
    assert_null(ca_new("", clock_real(), &problem));
    assert_null(ca_new("St\xff", clock_real(), &problem));
}

// --- all of it ------------------------------------------------------------------------

static int set_up(void **state)
{
    (void)state;
    struct problem problem;
    problem_init(&problem, NULL);
    if (!mkdtemp(home))
        return -1;
    int64_t now = clock_real();
    struct ca *ca = ca_new("St Mary’s Primary School", now - 400 * DAY, &problem);
    bool good = ca && ca_save(ca, in_home("ca"), &problem) == 0 && ca_issue_server(ca, NAMES, now, in_home("server"), &problem) == 0 &&
                ca_issue_device(ca, "Ann Lee", 7, "Ann's laptop", now, in_home("device"), device, &problem) == 0;
    ca_free(ca);
    if (!good) {
        print_error("%s\n", problem.message);
        return -1;
    }
    server_context = context_of(TLS_SERVER, "server");
    client_context = context_of(TLS_CLIENT, "device");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    tls_context_free(server_context);
    tls_context_free(client_context);
    snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_and_peer),
        cmocka_unit_test(any_fragments),
        cmocka_unit_test(half_a_record),
        cmocka_unit_test(a_mebibyte),
        cmocka_unit_test(stale_errors_do_no_harm),
        cmocka_unit_test(close_at_every_point),
        cmocka_unit_test(truncated_anywhere),
        cmocka_unit_test(bent_anywhere),
        cmocka_unit_test(wrong_host),
        cmocka_unit_test(strangers),
        cmocka_unit_test(out_of_time),
        cmocka_unit_test(wrong_purpose),
        cmocka_unit_test(not_tls_at_all),
        cmocka_unit_test(foreign_peers),
        cmocka_unit_test(files_are_looked_at),
        cmocka_unit_test(authority),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

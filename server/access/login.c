// Passwords and the pause after wrong ones (login.h). Loop thread, hashing on the pool.
#include "server/access/login.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <utlist.h>

#include "common/error.h"
#include "common/table.h"
#include "server/behind.h"

#define FORGET_AFTER ((uint64_t)3600 * 1000) // ms without another failure

struct failures {
    UT_hash_handle hh;
    int64_t staff;
    unsigned n;
    uint64_t last, until; // ms
    bool trying;          // an attempt is being looked at
};

struct attempt {
    uv_work_t work;
    struct attempt *next;
    struct login *login;
    char hash[crypto_pwhash_STRBYTES];
    char password[LOGIN_PASSWORD_MAX];
    size_t length;
    int result;
    login_done_fn *done;
    void *data;
};

struct login {
    uv_loop_t *loop;
    struct failures *failures;
    struct attempt *queue;
    unsigned n_queued, n_running, at_once;
    char nobody[crypto_pwhash_STRBYTES]; // what is hashed against when there is no account
};

struct login *login_new(uv_loop_t *loop)
{
    struct login *login = calloc(1, sizeof *login);
    if (!login)
        return NULL;
    login->loop = loop;
    login->at_once = uv_available_parallelism() > LOGIN_AT_ONCE ? LOGIN_AT_ONCE : 1;
    uint8_t secret[32];
    randombytes_buf(secret, sizeof secret);
    if (crypto_pwhash_str(login->nobody, (const char *)secret, sizeof secret, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
        free(login);
        return NULL;
    }
    return login;
}

static void attempt_free(struct attempt *attempt)
{
    sodium_memzero(attempt, sizeof *attempt);
    free(attempt);
}

void login_free(struct login *login)
{
    if (!login)
        return;
    struct failures *failures, *next;
    HASH_ITER(hh, login->failures, failures, next)
    {
        HASH_DEL(login->failures, failures);
        free(failures);
    }
    free(login);
}

// --- the pause ---

static struct failures *failures_of(const struct login *login, int64_t staff)
{
    struct failures *failures;
    HASH_FIND(hh, login->failures, &staff, sizeof staff, failures);
    return failures;
}

unsigned login_pause(const struct login *login, int64_t staff, uint64_t now)
{
    const struct failures *failures = failures_of(login, staff);
    return failures && now < failures->until ? (unsigned)((failures->until - now + 999) / 1000) : 0;
}

static struct failures *failures_new(struct login *login, int64_t staff)
{
    struct failures *failures = calloc(1, sizeof *failures);
    if (!failures)
        return NULL;
    failures->staff = staff;
    HASH_ADD(hh, login->failures, staff, sizeof failures->staff, failures);
    if (TABLE_TOOK(failures))
        return failures;
    free(failures);
    return NULL;
}

static void failures_drop(struct login *login, struct failures *failures)
{
    HASH_DEL(login->failures, failures);
    free(failures);
}

bool login_enter(struct login *login, int64_t staff)
{
    struct failures *failures = failures_of(login, staff);
    if (!failures)
        failures = failures_new(login, staff);
    if (!failures || failures->trying)
        return false;
    failures->trying = true;
    return true;
}

void login_leave(struct login *login, int64_t staff)
{
    struct failures *failures = failures_of(login, staff);
    if (!failures)
        return;
    failures->trying = false;
    if (failures->n == 0)
        failures_drop(login, failures);
}

void login_result(struct login *login, int64_t staff, bool good, uint64_t now)
{
    struct failures *failures = failures_of(login, staff);
    if (good && failures) {
        failures->n = 0;
        failures->until = 0;
        if (!failures->trying)
            failures_drop(login, failures);
    }
    if (good)
        return;
    if (!failures)
        failures = failures_new(login, staff);
    if (!failures)
        return;
    if (failures->n && now - failures->last > FORGET_AFTER)
        failures->n = 0;
    // Everybody mistypes once; from the second on 1, 2, 4 … 256
    unsigned pause = failures->n == 0 ? 0 : failures->n < 10 ? 1u << (failures->n - 1) : LOGIN_PAUSE_MAX;
    failures->n++;
    failures->last = now;
    failures->until = now + (uint64_t)pause * 1000;
}

// --- hashing ---

#define HASH_SIZE 32 // bytes, in what crypto_pwhash_str makes

// "…$": what stands before it in base64. False: it is not so many bytes.
static bool hash_part(const char **at, uint8_t *bytes, size_t size)
{
    size_t found;
    const char *end;
    int bad = sodium_base642bin(bytes, size, *at, strlen(*at), NULL, &found, &end, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    *at = end + (*end == '$');
    return !bad && found == size;
}

// As crypto_pwhash_str_verify does it, which says "wrong" as well when it does not get its memory. 0, ERR_PASSWORD, ERR_NOMEM.
static int hash_verify(const char *hash, const char *password, size_t length)
{
    uint8_t salt[crypto_pwhash_SALTBYTES], wanted[HASH_SIZE], made[HASH_SIZE];
    unsigned memory, passes;
    int used = 0;
    if (sscanf(hash, "$argon2id$v=19$m=%u,t=%u,p=1$%n", &memory, &passes, &used) != 2 || !used)
        return ERR_PASSWORD;
    const char *at = hash + used;
    if (!hash_part(&at, salt, sizeof salt) || !hash_part(&at, wanted, sizeof wanted) || *at)
        return ERR_PASSWORD;
    if (crypto_pwhash(made, sizeof made, password, length, salt, passes, (size_t)memory << 10, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return ERR_NOMEM;
    return sodium_memcmp(made, wanted, sizeof made) == 0 ? 0 : ERR_PASSWORD;
}

static void attempt_work(uv_work_t *work)
{
    struct attempt *attempt = work->data;
    thread_behind(); // of the pool's few threads this one, for good
    bool account = attempt->hash[0] != '\0';
    int result = hash_verify(account ? attempt->hash : attempt->login->nobody, attempt->password, attempt->length);
    attempt->result = account || result ? result : ERR_PASSWORD;
}

static int attempt_start(struct login *login, struct attempt *attempt);

static void attempt_done(struct attempt *attempt, int result)
{
    login_done_fn *done = attempt->done;
    void *data = attempt->data;
    attempt_free(attempt);
    done(result, data);
}

static void on_attempt(uv_work_t *work, int status)
{
    struct attempt *attempt = work->data;
    struct login *login = attempt->login;
    login->n_running--;
    struct attempt *next = login->queue;
    if (next) {
        LL_DELETE(login->queue, next);
        login->n_queued--;
        if (attempt_start(login, next))
            attempt_done(next, ERR_BUSY);
    }
    attempt_done(attempt, status < 0 ? ERR_BUSY : attempt->result);
}

// 0, or ERR_BUSY when the pool does not take it: it is still the caller's.
static int attempt_start(struct login *login, struct attempt *attempt)
{
    attempt->work.data = attempt;
    if (uv_queue_work(login->loop, &attempt->work, attempt_work, on_attempt) != 0)
        return ERR_BUSY;
    login->n_running++;
    return 0;
}

int login_verify(struct login *login, const char *hash, const char *password, login_done_fn *done, void *data)
{
    if (login->n_running >= login->at_once && login->n_queued >= LOGIN_QUEUE)
        return ERR_BUSY;
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (!attempt)
        return ERR_NOMEM;
    attempt->login = login;
    attempt->done = done;
    attempt->data = data;
    attempt->length = strnlen(password, LOGIN_PASSWORD_MAX);
    memcpy(attempt->password, password, attempt->length);
    // a string that does not fit is no hash of ours: it stays empty and never fits
    if (strlen(hash) < sizeof attempt->hash)
        // NOLINTNEXTLINE(bugprone-not-null-terminated-result): calloc ended it
        memcpy(attempt->hash, hash, strlen(hash));
    int result = 0;
    if (login->n_running < login->at_once) {
        result = attempt_start(login, attempt);
    } else {
        LL_APPEND(login->queue, attempt);
        login->n_queued++;
    }
    if (result)
        attempt_free(attempt);
    return result;
}

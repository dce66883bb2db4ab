// Passwords: argon2id on libuv's thread pool, few at once because each takes 64 MiB
// and a processor, and a pause that grows with each failure from the second on. Never a
// lock: nobody can shut somebody else out for good. Loop thread, but for the hashing itself.
#ifndef SERVER_ACCESS_LOGIN_H
#define SERVER_ACCESS_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

struct login;

#define LOGIN_AT_ONCE      2 // at most; one where that would leave no processor to the loop and the store
#define LOGIN_QUEUE        20
#define LOGIN_PAUSE_MAX    300  // seconds
#define LOGIN_PASSWORD_MAX 1024 // bytes

struct login *login_new(uv_loop_t *loop);
void login_free(struct login *login);

// Seconds until this person may try again; 0: now. `now` in ms, monotonic.
unsigned login_pause(const struct login *login, int64_t staff, uint64_t now);
// One attempt at a time, so that several at once cannot slip past the pause, and one person's do not
// fill the queue. False: another is being looked at. True: until login_leave.
bool login_enter(struct login *login, int64_t staff);
void login_leave(struct login *login, int64_t staff);
// Tells how the attempt went.
void login_result(struct login *login, int64_t staff, bool good, uint64_t now);

// 0, ERR_PASSWORD; ERR_BUSY, ERR_NOMEM: it was not looked at. Called on the loop, after login_verify has returned.
typedef void login_done_fn(int result, void *data);
// Copies both texts. `hash` as from crypto_pwhash_str; "" takes as long and never fits, so that
// the time tells nobody which accounts exist. 0; ERR_BUSY: the queue is full, nothing will be called; ERR_NOMEM.
int login_verify(struct login *login, const char *hash, const char *password, login_done_fn *done, void *data);

#endif

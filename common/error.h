// Errors are part of the product: every one has a stable code, a sentence for
// people and a next step. This list is the only place where they are named;
// `sendco help CODE`, exit codes and the wire's outcomes are read from it.
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "common/value.h"

struct arena;
struct kind;

// name, number (returned negative), wire outcome (protocol.proto), exit code of
// the command line, default hint, what `sendco help` says about it.
// clang-format off
#define ERROR_LIST(X) \
    X(NOMEM,       1, BUSY,          75, "Try again in a moment.", \
      "There was not enough memory for this request. Nothing was changed.") \
    X(INVALID,     2, INVALID,       81, "Correct the field named above and send it again.", \
      "A field or the request as a whole breaks a rule. Nothing was changed.") \
    X(NOT_FOUND,   3, NOT_FOUND,     66, "Look for it with: sendco find TEXT", \
      "There is no such record, or it is one you may not see. A removed record says who removed it and when.") \
    X(CONFLICT,    4, CONFLICT,      80, "Look at it again, then send your change again.", \
      "Somebody else changed the same field since you looked. Their change stands; yours was not applied. The message says who, when and what.") \
    X(DENIED,      5, DENIED,        77, "Ask the SENDCO if you should be able to do this.", \
      "Your role does not allow this.") \
    X(BUSY,        6, BUSY,          75, "Try again in a moment.", \
      "The server has as much waiting as it takes. Nothing was changed.") \
    X(RETRY,       7, RETRY,         75, "Try again.", \
      "The server could not take the request just now. Nothing was changed.") \
    X(UNKNOWN,     8, UNKNOWN,       75, "Send the same request again: its key keeps it from being applied twice.", \
      "The answer was lost; the change may or may not have been saved.") \
    X(READONLY,    9, READONLY,      75, "Ask the technician: sendcod says at its start what is wrong.", \
      "The server takes no changes now: its disk is full, or once failed to keep one. Reading works.") \
    X(TOO_LARGE,  10, TOO_LARGE,     65, "Send it in smaller pieces.", \
      "The request is larger than the server accepts.") \
    X(VERSION,    11, WRONG_VERSION, 76, "Bring client and server to the same release.", \
      "Client and server speak different versions of the protocol.") \
    X(EPOCH,      12, WRONG_VERSION, 76, "When the school has restored its database, accept that with: sendco login --accept-epoch", \
      "The server's database is older than what this client has already seen.") \
    X(PROTOCOL,   13, INVALID,       76, "Check that both ends are sendco and of the same release.", \
      "What arrived does not follow the protocol.") \
    X(LOGIN,      14, DENIED,        82, "Log in with: sendco login", \
      "Nobody is logged in on this connection, or the ticket has ended. A ticket dies after ten minutes without use.") \
    X(PASSWORD,   15, DENIED,        82, "Try again; after some failures you must wait a little longer each time.", \
      "The password is wrong for the person of this certificate.") \
    X(TLS,        16, DENIED,        83, "Check the profile's certificate and the server's name; ask the technician for a new profile.", \
      "The secure connection could not be made.") \
    X(UNREACHABLE,17, RETRY,         69, "Check that the server runs and that its address is right: sendco --server HOST:PORT status", \
      "There is no server at that address, or the network is down.") \
    X(USAGE,      18, INVALID,        2, "See: sendco help", \
      "The command is not one that sendco knows, or an option is missing.") \
    X(INPUT,      19, INVALID,       65, "Correct the file and read it in again; nothing was applied.", \
      "The input holds data that cannot be understood.") \
    X(CONFIG,     20, INVALID,       78, "Name a profile: sendco --profile DIR, or set SENDCO_PROFILE", \
      "The profile or the configuration is missing or wrong.") \
    X(OUTPUT,     21, INVALID,       73, "Check the disk and the rights of the file.", \
      "The output could not be written.") \
    X(IO,         22, READONLY,      70, "Ask the technician to look at the server's disk.", \
      "Reading or writing the database failed.") \
    X(INTERNAL,   23, RETRY,         70, "Please tell the maintainers what you did.", \
      "Something that must not happen happened. Nothing was changed.") \
    X(AMBIGUOUS,  24, INVALID,       66, "Name the one you mean by its id.", \
      "Several records fit; a script must name one.") \
    X(RESYNC,     25, RETRY,         75, "Watch again.", \
      "A watch fell behind or may now see other records; what it missed must be read again.") \
    X(TIMEOUT,    26, RETRY,         75, "Try again.", \
      "The other side did not answer in time.") \
    X(INTERRUPTED,27, RETRY,        130, "Run it again when you want it done.", \
      "Somebody at the keyboard ended the wait for the server. Nothing was changed.")
// clang-format on

enum error {
    ERR_OK = 0,
#define X(name, number, outcome, exit, hint, help) ERR_##name = -(number),
    ERROR_LIST(X)
#undef X
};

struct error_info {
    enum error error;
    const char *code; // "E-CONFLICT"
    int outcome;      // Sendco__Outcome
    int exit;         // of a command-line client
    const char *hint; // used when a problem gives none
    const char *help;
};

// Never NULL: what is not known is E-INTERNAL. Any thread.
const struct error_info *error_info(int error);
// NULL when there is no such code ("E-CONFLICT", any case).
const struct error_info *error_by_code(const char *code);
// All of them, for help and tests.
const struct error_info *error_list(size_t *count);

// One field of one record that is in the way. Texts are borrowed from the
// problem's arena.
struct problem_field {
    const struct kind *kind;
    int64_t id;          // 0: unknown yet; negative: new in the request
    int field;           // index in kind->fields; -1: the record as a whole
    const char *message; // NULL for a conflict
    struct value base, theirs, yours;
    const char *who; // NULL unless a conflict
    int64_t when;
};

struct problem {
    int error;         // 0 or enum error
    char message[640]; // a sentence
    char hint[320];    // empty: the default of the code
    struct problem_field *fields;
    size_t n_fields;
    struct arena *arena; // for fields; may be NULL: they are then dropped
};

// Fields of this problem are kept in `arena` (borrowed, may be NULL).
void problem_init(struct problem *problem, struct arena *arena);
// Sets error and sentence, keeps what fields there are; returns `error`, so that
// `return problem_set(p, ERR_INVALID, …)` reads well. `problem` may be NULL.
int problem_set(struct problem *problem, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ // it does not look into other files
#define problem_set(problem, error, ...) (problem_set(problem, error, __VA_ARGS__), (error))
#endif
// The next step, when the code's default does not say enough.
void problem_hint(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Adds a field, copying what it points to; returns it, or NULL without memory.
struct problem_field *problem_field_add(struct problem *problem, const struct problem_field *field);
// Like problem_set, and names the field as well: "Surname: is missing".
int problem_in_field(struct problem *problem, int error, const struct kind *kind, int64_t id, int field, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
// The hint to print: its own or its code's.
const char *problem_next(const struct problem *problem);

#endif

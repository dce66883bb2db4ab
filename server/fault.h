// Places where tests plant a fault or set the clock. sendcod is linked with
// fault_off.c, where all of this is nothing; the tests' sendcod with
// tests/support/fault_on.c, which reads SENDCO_FAULT and --clock-file.
#ifndef SERVER_FAULT_H
#define SERVER_FAULT_H

#include <stdbool.h>

// Is this fault planted? Constant for a process. The store: "ack-early", "sync-off", "no-version-check", "key-not-kept",
// "spell-unchecked", "scope-unchecked", "rollback-unseen", "trouble-unseen", "error-as-end", "connection-kept"; pushes: "push-disorder",
// "watch-unjudged"; requests: "request-forgotten"; threads held up: "loop-sleeps", "readers-sleep", "packing-sleeps"; sessions:
// "no-handshake-deadline", "strangers-first-come".
bool fault_on(const char *name);
// True in the tests' sendcod: it takes --clock-file FILE.
bool fault_clock_file(const char *path);

#endif

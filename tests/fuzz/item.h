// A run of the targets that take messages: a byte that says who is there, then items.
// An item is a byte of how, three of length, most significant first, and so many bytes.
// What is cut short ends the run. Shared by targets and their mutator.
#ifndef TESTS_FUZZ_ITEM_H
#define TESTS_FUZZ_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#define ITEM_HEAD 4

enum item_how {
    ITEM_WHO = 3,     // which connection
    ITEM_RAW = 4,     // the bytes bring a frame's length themselves, or lie about it
    ITEM_WAIT = 8,    // everything is answered before the next
    ITEM_ANEW = 16,   // a new connection
    ITEM_TORN = 32,   // arrives in two pieces
    ITEM_LATER = 64,  // twenty minutes on: tickets have ended
    ITEM_SLOWLY = 128 // from now on this connection takes nothing, or takes it again
};

struct item {
    uint8_t how;
    const uint8_t *data;
    size_t size;
};

// Takes the next off *data; false at the end. Borrows the bytes.
bool item_next(const uint8_t **data, size_t *size, struct item *item);

// Every target that takes messages: which message such an item is, for the mutator.
const ProtobufCMessageDescriptor *fuzz_message(uint8_t how);

// Ends the process, with the place and the condition, for the fuzzer to keep the input.
#define DEMAND(condition) ((condition) ? (void)0 : item_broken(__FILE__, __LINE__, #condition))
_Noreturn void item_broken(const char *file, int line, const char *condition);

// Is this sentence clean? What it quotes may have more accents than may be stored.
bool item_clean(const char *sentence);

// Every target: as libFuzzer calls them, and replay.c. Always 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif

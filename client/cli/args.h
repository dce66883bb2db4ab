// What was typed, taken apart: options, which may stand anywhere, and words.
// Knows no command; main thread.
#ifndef CLIENT_CLI_ARGS_H
#define CLIENT_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct problem;

struct option_info {
    const char *name;  // "as-at"
    const char *value; // "DATE"; NULL: a flag
    const char *help;
};

struct given {
    const struct option_info *option;
    const char *value; // "" for a flag
};

struct args {
    struct given *options;
    size_t n_options;
    char **words; // NULL-terminated
    int n_words;
};

// `find` says whether there is such an option at all; NULL: no. `suggest` the
// nearest one, or NULL.
struct args_known {
    const struct option_info *(*find)(const char *name);
    const char *(*suggest)(const char *name);
};

// Everything after "--" is a word, and so is "-" by itself. 0 or ERR_USAGE.
int args_parse(int argc, char **argv, const struct args_known *known, struct arena *arena, struct args *args, struct problem *problem);
// The last value given, or NULL.
const char *args_value(const struct args *args, const char *name);
// All values in turn; start with *at = 0.
const char *args_next(const struct args *args, const char *name, size_t *at);

#endif

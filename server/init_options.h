// What `sendcod init` is told on its command line. Main thread.
#ifndef SERVER_INIT_OPTIONS_H
#define SERVER_INIT_OPTIONS_H

#include <stdbool.h>

#include "server/demo.h"

struct problem;

struct init_options {
    const char *dir, *school, *host, *listen, *lead, *head;
    char server[300]; // HOST:PORT by which clients find it
    bool demo;
    bool help; // then nothing else is to be looked at
    struct demo_options filling;
};

// argv[0] is the command's own word; what nobody says is filled in. The texts are argv's, or
// the program's own. 0, or an error with the problem; then the options are not to be used.
int init_options_read(struct init_options *options, int argc, char **argv, struct problem *problem);

#endif

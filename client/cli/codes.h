// A list of codes as the school has it now. Main thread.
#ifndef CLIENT_CLI_CODES_H
#define CLIENT_CLI_CODES_H

#include <stdbool.h>

struct cli;

// Shows a list that `word` names with its titles, as the school keeps it. False: there is no such list,
// or nobody is logged in to ask; nothing was shown then, and nobody was asked for a password.
bool codes_help(struct cli *cli, const char *word);

#endif

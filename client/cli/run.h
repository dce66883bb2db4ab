// What the rooms of the command line share but no other room needs. Main thread.
#ifndef CLIENT_CLI_RUN_H
#define CLIENT_CLI_RUN_H

#include "client/cli/cli.h"

#define SENDCO_RELEASE  "1.0"
#define SENDCO_RELEASED "November 23, 2026"

// One run of sendco: the exit code.
int run_main(int argc, char **argv);

// As cli_open, but asks for no password unless `may_ask`.
int cli_open_with(struct cli *cli, bool may_ask, struct problem *problem);
// A connection without anybody on it yet. Then `signin`: Hello, and by ticket or password.
int cli_connect(struct cli *cli, struct problem *problem);
int signin(struct cli *cli, bool may_ask, struct problem *problem);
// One question on the connection there is, as cli_ask but never again; *lost (may
// be NULL): the answer will not come.
int cli_ask_once(struct cli *cli, Sendco__Request *request, cli_reply_fn *on_reply, void *data, struct problem *problem, bool *lost);
// Several at once, in one round trip. Each has its own problem and error; returns the first
// error that there is, or 0, when all are answered or lost.
struct cli_question {
    Sendco__Request *request;
    cli_reply_fn *on_reply;
    void *data;
    struct problem *problem;
    void (*anew)(void *data); // it is asked again, and what came of the answer does not count; NULL: nothing to forget
    int error;
};
#define CLI_TOGETHER 16 // at most so many
int cli_ask_together(struct cli *cli, struct cli_question *list, size_t n);
// The same of such as change nothing that cannot be asked again: those that were lost or put off, and what
// came behind them and was refused, are asked again as by cli_ask, in their order. The first error that stays.
int cli_ask_all(struct cli *cli, struct cli_question *list, size_t n, struct problem *problem);
// ERR_UNKNOWN: the answer to a change was lost, and what is known of it no more, because of what `problem` says.
int cli_unknown(struct problem *problem);
// Closes the connection and waits until that is done.
void cli_disconnect(struct cli *cli);
// An interrupt that is held (people_hold) ends it early.
void cli_sleep(struct cli *cli, unsigned ms);
// Waits for something to happen, once; a person is told for what.
void cli_turn(struct cli *cli);
// True: this call began the wait. That caller ends it, as nobody else does; returns `error`.
bool cli_wait_begin(struct cli *cli);
int cli_wait_end(struct cli *cli, bool began, int error);
// What comes may be shown at once: the words of waiting make way. The next part is waited for anew.
void cli_wait_heard(struct cli *cli);
// Between cli.c and asking.c: the profile and the address are there; whom one asks; why the link is gone.
int cli_prepare(struct cli *cli, struct problem *problem);
const char *cli_server(const struct cli *cli);
int cli_lost(const struct cli *cli, struct problem *problem);
// Closes everything, keeps how far the school was seen, frees the arena.
void cli_end(struct cli *cli);

// Sends a Put, Remove or Undo that carries its key; *reply is in cli->arena.
int cli_put_request(struct cli *cli, Sendco__Request *request, Sendco__PutReply **reply, struct problem *problem);

enum people_answer { PEOPLE_TYPED, PEOPLE_NOTHING, PEOPLE_NOBODY, PEOPLE_INTERRUPTED }; // nobody: no terminal, or --no-input

#define EXIT_INTERRUPTED 130 // as a shell has it

// Shows on a terminal's standard error, from half a second on, what is waited for since
// `since` (ms, clock_monotonic), and takes it back.
void people_waiting(struct cli *cli, uint64_t since, const char *what);
void people_waited(struct cli *cli);
// Until people_released an interrupt ends nothing but is noted; a second one ends.
void people_hold(void);
bool people_interrupted(void);
void people_release(void);
// Asks for a password on the terminal, without showing it. The terminal is as before when it returns.
enum people_answer people_password(struct cli *cli, char *password, size_t size);
// Collects cli->out for a pager, when there is a person at a terminal; and shows it.
void people_pager(struct cli *cli);
// Flushes; 0, or ERR_OUTPUT when something could not be written, unless the reader went away.
int people_pager_end(struct cli *cli, struct problem *problem);
// Columns of the terminal; 80 when it does not say, 100 when there is none.
int people_width(void);
int people_height(void); // its lines; 24 when it does not say

#endif

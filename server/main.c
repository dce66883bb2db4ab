// sendcod: the school's server. Reads its command line, hardens its process, and
// hands over to init or to the server. Main thread, which becomes the loop's.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/frame.h"
#include "common/text.h"
#include "server/init.h"
#include "server/server.h"

#define LISTEN_DEFAULT "127.0.0.1:7443"
#define FILES_LEAST    64 // open at once

static const char help[] = "sendcod runs a school's special-needs work: one database, served to sendco.\n"
                           "\n"
                           "  sendcod init --dir DIR …       make a school's directory; without more it says how\n"
                           "  sendcod serve --dir DIR [--listen HOST:PORT] [--handshakes-per-second N]\n"
                           "                                 serve it until SIGTERM or SIGINT (default " LISTEN_DEFAULT ";\n"
                           "                                 port 0 picks a free one; IPv6 as [::1]:7443). Says\n"
                           "                                 \"listening on HOST:PORT\" on stdout when it is ready.\n"
                           "                                 Of new connections it takes N a second from one address\n"
                           "                                 (default 200) and twice as many in all.\n"
                           "  sendcod version\n"
                           "  sendcod help\n"
                           "\n"
                           "DIR holds sendco.db and server/{ca,cert,key}.pem. Run one sendcod per directory.\n";

static int usage(const char *what, const char *word)
{
    fprintf(stderr, "sendcod: %s%s\n  See: sendcod help\n", what, word);
    return error_info(ERR_USAGE)->exit;
}

// The command that was meant, perhaps.
static int usage_command(const char *word)
{
    static const char *const commands[] = {"init", "serve", "version", "help"};
    const char *nearest = commands[0];
    for (size_t i = 1; i < sizeof commands / sizeof commands[0]; i++)
        if (text_distance(word, commands[i]) < text_distance(word, nearest))
            nearest = commands[i];
    fprintf(stderr, "sendcod: there is no command %s\n  The most similar is: sendcod %s; all of them: sendcod help\n", word, nearest);
    return error_info(ERR_USAGE)->exit;
}

static bool parse_handshakes(const char *text, unsigned *n)
{
    size_t size = strlen(text);
    if (size == 0 || size > 6 || strspn(text, "0123456789") != size)
        return false;
    *n = (unsigned)strtoul(text, NULL, 10);
    return *n > 0;
}

static int serve_main(int argc, char **argv)
{
    const char *handshakes = NULL;
    struct server_options options = {.listen = LISTEN_DEFAULT};
    for (int i = 1; i < argc; i++) {
        const char **value = strcmp(argv[i], "--dir") == 0                     ? &options.directory
                             : strcmp(argv[i], "--listen") == 0                ? &options.listen
                             : strcmp(argv[i], "--handshakes-per-second") == 0 ? &handshakes
                             : strcmp(argv[i], "--clock-file") == 0            ? &options.clock_file
                                                                               : NULL;
        if (strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return 0;
        }
        if (!value)
            return usage("serve takes no ", argv[i]);
        if (i + 1 == argc || !argv[i + 1][0])
            return usage("a value is missing after ", argv[i]);
        *value = argv[++i];
    }
    if (!options.directory)
        return usage("serve needs --dir DIR", "");
    if (handshakes && !parse_handshakes(handshakes, &options.handshakes))
        return usage("--handshakes-per-second takes a number from 1 to 999999, not ", handshakes);
    return server_run(&options);
}

// Nothing of this process is for other users: not its files, not its memory, not a core.
static void harden(void)
{
    umask(077);
#ifndef __SANITIZE_ADDRESS__ // which looks for leaks from another process
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

// libuv ends the process when it finds no descriptor for itself; there is always one for what it needs to begin with.
static int files_enough(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_LEAST)
        return 0;
    limit.rlim_cur = limit.rlim_max < FILES_LEAST ? limit.rlim_max : FILES_LEAST;
    if (limit.rlim_cur == FILES_LEAST && setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return 0;
    fprintf(stderr, "sendcod: it may open only %llu files at once, and needs %d at least\n  Let it open more: ulimit -n 1024\n",
            (unsigned long long)limit.rlim_cur, FILES_LEAST);
    return error_info(ERR_CONFIG)->exit;
}

int main(int argc, char **argv)
{
    harden();
    if (argc < 2)
        return usage("what shall it do?", "");
    const char *command = argv[1];
    int few = files_enough();
    if (few)
        return few;
    if (strcmp(command, "serve") == 0)
        return serve_main(argc - 1, argv + 1);
    if (strcmp(command, "init") == 0)
        return init_main(argc - 1, argv + 1);
    if (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0) {
        printf("%s, protocol %d\n", SERVER_NAME, PROTOCOL_VERSION);
        return 0;
    }
    if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
        fputs(help, stdout);
        return 0;
    }
    return usage_command(command);
}

// One run of sendco, from the command line to the exit code. Main thread.
#include "client/cli/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "common/clock.h"

static bool run_colour(const struct cli *cli)
{
    const char *none = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"), *terminal = getenv("TERM");

    if (cli_flag(cli, "no-color") || (none && *none) || (terminal && !strcmp(terminal, "dumb")))
        return false;
    return (force && *force && strcmp(force, "0") != 0) || isatty(STDOUT_FILENO);
}

static int run_format(struct cli *cli, const struct call *call, struct problem *problem)
{
    static const struct {
        const char *option;
        enum cli_format format;
        bool human;
    } formats[] = {{"json", CLI_JSON, false}, {"jsonl", CLI_JSONL, false}, {"csv", CLI_CSV, false},
                   {"tsv", CLI_TSV, false},   {"plain", CLI_TSV, false},   {"table", CLI_TEXT, true}};
    int given = 0;

    cli->human = isatty(STDOUT_FILENO);
    cli->format = cli->human ? CLI_TEXT : CLI_TSV;
    if (call->command && !strcmp(call->command->name, "export")) {
        cli->human = false;
        cli->format = CLI_CSV;
    }
    if (cli_flag(cli, "excel") || cli_flag(cli, "raw")) {
        cli->human = false;
        cli->format = CLI_CSV;
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (cli_flag(cli, formats[i].option)) {
            cli->format = formats[i].format;
            cli->human = formats[i].human;
            given++;
        }
    if (given > 1)
        return problem_set(problem, ERR_USAGE, "Only one of --json, --jsonl, --csv, --tsv, --plain and --table may be given.");
    return 0;
}

static int run_settings(struct cli *cli, const struct call *call, struct problem *problem)
{
    int error = run_format(cli, call, problem);

    cli->quiet = cli_flag(cli, "quiet");
    cli->no_input = cli_flag(cli, "no-input");
    cli->yes = cli_flag(cli, "yes");
    cli->dry_run = cli_flag(cli, "dry-run");
    cli->raw = cli_flag(cli, "raw");
    cli->excel = cli_flag(cli, "excel");
    cli->accept_epoch = cli_flag(cli, "accept-epoch");
    cli->colour = cli->human && run_colour(cli);
    cli->today = clock_today();
    return error;
}

static int run_call(struct cli *cli, const struct call *call)
{
    struct problem problem;
    int code;

    problem_init(&problem, &cli->arena);
    if (call->command->pages && !cli_flag(cli, "watch")) // what is drawn again and again is no file to leaf through
        people_pager(cli);
    code = call->command->run(cli, call);
    if (people_pager_end(cli, &problem) != 0)
        code = cli_fail(cli, NULL, &problem);
    return code;
}

// "sendco target --help" is read as "sendco help target" is.
static int run_help(struct cli *cli, const struct call *call)
{
    struct problem problem;

    problem_init(&problem, &cli->arena);
    cli->human = isatty(STDOUT_FILENO);
    people_pager(cli);
    help_call(cli, call);
    return people_pager_end(cli, &problem) != 0 ? cli_fail(cli, NULL, &problem) : 0;
}

int run_main(int argc, char **argv)
{
    struct args args = {0};
    struct call call = {0};
    struct cli cli = {.args = &args, .out = stdout, .err = stderr, .width = people_width()};
    struct problem problem;
    int code;

    signal(SIGPIPE, SIG_IGN);
    arena_init(&cli.arena, 0);
    problem_init(&problem, &cli.arena);
    if (argc == 2 && !strcmp(argv[1], "--version"))
        argv[1] += 2; // what everybody tries first
    int error = args_parse(argc - 1, argv + 1, &command_options, &cli.arena, &args, &problem);
    bool help = error == 0 && args_value(&args, "help");
    if (error == 0 && args.n_words == 0) {
        code = help ? run_help(&cli, &call) : error_info(ERR_USAGE)->exit;
        if (!help)
            help_all(&cli, stderr);
        cli_end(&cli);
        return code;
    }
    if (error == 0)
        error = command_resolve(&args, &call, &problem);
    if (help && (error == 0 || call.kind)) {
        code = run_help(&cli, &call);
    } else {
        int settled = run_settings(&cli, &call, error == 0 ? &problem : NULL);

        // Even a command that was not understood is told in the form that was asked for.
        if (error != 0 || settled != 0)
            code = cli_fail(&cli, NULL, &problem);
        else
            code = run_call(&cli, &call);
    }
    cli_end(&cli);
    if (cli.stuck) { // its thread would be waited for
        fflush(NULL);
        _exit(code);
    }
    return code;
}

// The options of `sendcod init`: taken from the command line, checked, and what nobody
// said filled in. Main thread.
#include "server/init_options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/date.h"
#include "common/error.h"
#include "common/text.h"

#define INIT_SCHOOL_MAX 80
#define INIT_PUPILS_MAX 20000
#define INIT_PORT       "7443"

static const char *const wildcards[] = {"0.0.0.0", "[::]"};

static int option_number(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *number, struct problem *problem)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || !*text || *end || *text == '-' || value < least || value > most)
        return problem_set(problem, ERR_USAGE, "%s takes a number from %" PRIu64 " to %" PRIu64 ", not “%.40s”.", name, least, most, text);
    *number = value;
    return 0;
}

static int option_take(struct init_options *options, const char *name, const char *value, struct problem *problem)
{
    uint64_t number = 0;
    int result = 0;
    const struct {
        const char *name, **to;
    } texts[] = {{"--dir", &options->dir},       {"--school", &options->school}, {"--host", &options->host},
                 {"--listen", &options->listen}, {"--lead", &options->lead},     {"--head", &options->head}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].to = value;
            return *value ? 0 : problem_set(problem, ERR_USAGE, "%s is empty.", name);
        }
    }
    if (strcmp(name, "--pupils") == 0) {
        result = option_number(name, value, 1, INIT_PUPILS_MAX, &number, problem);
        options->filling.pupils = (size_t)number;
    } else if (strcmp(name, "--seed") == 0) {
        result = option_number(name, value, 0, UINT64_MAX, &number, problem);
        options->filling.seed = number;
    } else if (strcmp(name, "--today") == 0) {
        result = date_parse(value, clock_today(), &options->filling.today, problem);
    } else {
        result = problem_set(problem, ERR_USAGE, "sendcod init knows no option “%.40s”.", name);
    }
    return result;
}

static int options_parse(struct init_options *options, int argc, char **argv, struct problem *problem)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->help = true;
            return 0;
        }
        if (strcmp(argv[i], "--demo") == 0) {
            options->demo = true;
            continue;
        }
        char name[64];
        const char *value = strchr(argv[i], '=');
        snprintf(name, sizeof name, "%.*s", value ? (int)(value - argv[i]) : (int)strlen(argv[i]), argv[i]);
        if (!value && i + 1 >= argc)
            return problem_set(problem, ERR_USAGE, "sendcod init: “%.40s” needs a value, or is no option.", argv[i]);
        int result = option_take(options, name, value ? value + 1 : argv[++i], problem);
        if (result < 0)
            return result;
    }
    return 0;
}

static bool port_fits(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !*end && port > 0 && port <= 65535;
}

static int options_check(const struct init_options *options, struct problem *problem)
{
    if (!options->dir)
        return problem_set(problem, ERR_USAGE, "Where to? --dir DIR is missing.");
    if (options->demo == (options->school != NULL))
        return problem_set(problem, ERR_USAGE, "Say either --demo or --school NAME.");
    const char *school = options->school ? options->school : "";
    const char *fault = text_fault(school, strlen(school), false);
    if (fault)
        return problem_set(problem, ERR_USAGE, "--school: holds %s.", fault);
    if (text_length(school) > INIT_SCHOOL_MAX)
        return problem_set(problem, ERR_USAGE, "--school: is longer than %d characters.", INIT_SCHOOL_MAX);
    const char *colon = options->listen ? strrchr(options->listen, ':') : NULL;
    if (options->listen && (!colon || colon == options->listen || !port_fits(colon + 1)))
        return problem_set(problem, ERR_USAGE, "--listen takes HOST:PORT, such as 10.0.0.5:7443, not “%.60s”.", options->listen);
    int32_t today = options->filling.today;
    // From 2022: its oldest pupils may have come with support, and there is no K before September 2014.
    if (today < date_make(2022, 1, 1) || today > date_make(2100, 1, 1))
        return problem_set(problem, ERR_USAGE, "--today: the demo school lives from 2022 to 2100.");
    return 0;
}

// Where the daemon listens, and by what address clients find it: a machine listens on
// 0.0.0.0, but nobody finds it there.
static void options_address(struct init_options *options)
{
    char own[128] = "", host[256] = "";
    if (!options->listen)
        options->listen = options->host ? "0.0.0.0:" INIT_PORT : "127.0.0.1:" INIT_PORT;
    const char *port = strrchr(options->listen, ':') + 1;
    int size = (int)(port - 1 - options->listen);
    bool any = false;
    for (size_t i = 0; i < sizeof wildcards / sizeof wildcards[0]; i++)
        any = any || ((size_t)size == strlen(wildcards[i]) && strncmp(options->listen, wildcards[i], (size_t)size) == 0);
    if (!any) {
        snprintf(options->server, sizeof options->server, "%s", options->listen);
        return;
    }
    if (gethostname(own, sizeof own - 1) != 0 || !own[0])
        snprintf(own, sizeof own, "localhost");
    const char *names = options->host ? options->host + strspn(options->host, ", []") : "";
    snprintf(host, sizeof host, "%.*s", (int)strcspn(names, ", []"), names);
    const char *name = host[0] ? host : own;
    bool six = strchr(name, ':') != NULL;
    snprintf(options->server, sizeof options->server, "%s%s%s:%s", six ? "[" : "", name, six ? "]" : "", port);
}

int init_options_read(struct init_options *options, int argc, char **argv, struct problem *problem)
{
    *options = (struct init_options){.lead = "SENDCO", .head = "Headteacher"};
    options->filling = (struct demo_options){.pupils = 420, .seed = 1, .today = clock_today()};
    int result = options_parse(options, argc, argv, problem);
    if (result == 0 && !options->help)
        result = options_check(options, problem);
    if (result < 0 || options->help)
        return result;
    options_address(options);
    if (options->demo)
        options->school = "Larkfield Primary School (demo)";
    return 0;
}

// The person in front of the terminal: questions, passwords, progress, the pager.
// Without a terminal nobody is asked anything. Main thread.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/run.h"
#include "common/clock.h"
#include "common/text.h"

#define PROGRESS_AFTER_MS 500
#define PROGRESS_EVERY_MS 100
#define WAITING_EVERY_MS  1000

static uint64_t progress_began, progress_shown, waiting_shown;
static volatile sig_atomic_t interrupted;

bool cli_can_ask(const struct cli *cli)
{
    return !cli->no_input && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

void cli_note(struct cli *cli, const char *format, ...)
{
    char text[1024];
    va_list list;

    if (cli->quiet)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char *safe = text_safe(text, true, &cli->arena);
    fprintf(cli->err, "%s\n", safe ? safe : "");
    fflush(cli->err);
}

void cli_mark(struct cli *cli)
{
    const char *safe, *line;

    if (!cli->demo || !cli->human || cli->marked)
        return;
    cli->marked = true;
    safe = text_safe(cli->school, false, &cli->arena);
    line = arena_printf(&cli->arena, "DEMO  %s: everybody in it is invented", safe ? safe : "");
    line = line ? text_cut(line, cli->width, &cli->arena) : NULL;
    fprintf(cli->out, "%s%s%s\n", cli->colour ? "\033[1m" : "", line ? line : "DEMO", cli->colour ? "\033[0m" : "");
}

static bool read_answer(char *line, size_t size)
{
    if (!fgets(line, (int)size, stdin))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

bool cli_confirm(struct cli *cli, const char *question)
{
    char line[64];

    if (cli->yes)
        return true;
    if (!cli_can_ask(cli))
        return false;
    fflush(cli->out); // what the question is about stands before it
    fprintf(cli->err, "%s [y/N] ", text_safe(question, false, &cli->arena));
    fflush(cli->err);
    return read_answer(line, sizeof line) && (text_same(line, "y") || text_same(line, "yes"));
}

int cli_choose(struct cli *cli, const char *question, const char *const *choices, size_t n)
{
    char line[64], *end;

    if (!cli_can_ask(cli))
        return ERR_AMBIGUOUS;
    fprintf(cli->err, "%s\n", text_safe(question, false, &cli->arena));
    for (size_t i = 0; i < n; i++)
        fprintf(cli->err, "  %zu  %s\n", i + 1, text_safe(choices[i], false, &cli->arena));
    for (int tries = 0; tries < 3; tries++) {
        fprintf(cli->err, "Number (empty: none): ");
        fflush(cli->err);
        if (!read_answer(line, sizeof line) || !*line)
            return ERR_AMBIGUOUS;
        long number = strtol(line, &end, 10);
        if (*end == '\0' && number >= 1 && (size_t)number <= n)
            return (int)number - 1;
    }
    return ERR_AMBIGUOUS;
}

// Signals are off while nothing is shown: an interrupt would leave the terminal mute.
static enum people_answer read_hidden(int fd, char *password, size_t size)
{
    size_t n = 0;
    char c;

    while (read(fd, &c, 1) == 1) {
        if (c == '\n' || c == '\r' || (c == 4 && n == 0))
            break;
        if (c == 3)
            return PEOPLE_INTERRUPTED;
        if (c == 127 || c == 8) {
            while (n > 0 && ((unsigned char)password[n - 1] & 0xc0) == 0x80)
                n--;
            n -= n > 0;
        } else if (n + 1 < size) {
            password[n++] = c;
        }
    }
    password[n] = '\0';
    return n > 0 ? PEOPLE_TYPED : PEOPLE_NOTHING;
}

enum people_answer people_password(struct cli *cli, char *password, size_t size)
{
    struct termios before, silent;
    int fd;

    if (cli->no_input || (fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) < 0)
        return PEOPLE_NOBODY;
    if (tcgetattr(fd, &before) != 0) {
        close(fd);
        return PEOPLE_NOBODY;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    tcsetattr(fd, TCSAFLUSH, &silent);
    dprintf(fd, "Password of %s: ", text_safe(cli->person ? cli->person : "this profile", false, &cli->arena));
    enum people_answer answer = read_hidden(fd, password, size);
    tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    close(fd);
    return answer;
}

void cli_progress(struct cli *cli, const char *what, uint64_t done, uint64_t total)
{
    uint64_t now = clock_monotonic() / 1000000;

    if (progress_began == 0)
        progress_began = now;
    if (cli->quiet || !isatty(STDERR_FILENO) || now - progress_began < PROGRESS_AFTER_MS || now - progress_shown < PROGRESS_EVERY_MS)
        return;
    progress_shown = now;
    if (total > 0)
        fprintf(cli->err, "\r\033[K%s: %llu of %llu", what, (unsigned long long)done, (unsigned long long)total);
    else
        fprintf(cli->err, "\r\033[K%s: %llu", what, (unsigned long long)done);
    fflush(cli->err);
}

void cli_progress_end(struct cli *cli)
{
    if (progress_shown != 0)
        fprintf(cli->err, "\r\033[K");
    progress_began = progress_shown = 0;
}

void people_waiting(struct cli *cli, uint64_t since, const char *what)
{
    uint64_t now = clock_monotonic() / 1000000, waited = now - since;
    char line[400];

    if (cli->quiet || !isatty(STDERR_FILENO) || waited < PROGRESS_AFTER_MS || (waiting_shown && now - waiting_shown < WAITING_EVERY_MS))
        return;
    waiting_shown = now;
    int room = people_width() - 1; // a line that wraps could not be taken back
    snprintf(line, sizeof line, "%s: %llu s. Ctrl-C ends", what, (unsigned long long)(waited / 1000));
    fprintf(cli->err, "\r\033[K%.*s", room, line);
    fflush(cli->err);
}

void people_waited(struct cli *cli)
{
    if (waiting_shown != 0)
        fprintf(cli->err, "\r\033[K");
    waiting_shown = 0;
}

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void people_hold(void)
{
    struct sigaction hold = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND}, now;

    // Who was told to ignore it, as in the background, goes on doing so.
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        sigaction(SIGINT, &hold, NULL);
}

bool people_interrupted(void)
{
    return interrupted != 0;
}

void people_release(void)
{
    struct sigaction now;

    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == on_interrupt)
        signal(SIGINT, SIG_DFL);
    interrupted = 0;
}

int people_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return width >= 20 ? width : isatty(STDOUT_FILENO) ? 80 : 100;
}

int people_height(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

static const char *pager_of(void)
{
    const char *pager = getenv("SENDCO_PAGER");

    if (!pager)
        pager = getenv("PAGER");
    return pager ? pager : "less -FRX";
}

// The pager begins when all is known: until then questions, progress and errors
// have the terminal to themselves.
void people_pager(struct cli *cli)
{
    const char *pager = pager_of(), *terminal = getenv("TERM");

    if (!cli->human || !isatty(STDOUT_FILENO) || cli_flag(cli, "no-pager") || !*pager || !strcmp(pager, "cat") ||
        (terminal && !strcmp(terminal, "dumb")))
        return;
    cli->paged = open_memstream(&cli->page, &cli->page_size);
    if (cli->paged)
        cli->out = cli->paged;
}

static void pager_show(struct cli *cli)
{
    FILE *pipe;
    int status = -1;

    if (cli->page_size == 0)
        return;
    fflush(stdout);
    // NOLINTNEXTLINE(cert-env33-c): the pager that a person named
    if ((pipe = popen(pager_of(), "w"))) {
        fwrite(cli->page, 1, cli->page_size, pipe);
        status = pclose(pipe); // a person who leaves the pager early has seen enough
    }
    // A shell that found no such program says 126 or 127.
    if (status == -1 || (WIFEXITED(status) && WEXITSTATUS(status) >= 126))
        fwrite(cli->page, 1, cli->page_size, stdout);
}

// Whoever read standard output has seen enough: that is no error.
static bool reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int people_pager_end(struct cli *cli, struct problem *problem)
{
    if (cli->paged) {
        bool whole = fclose(cli->paged) == 0;

        cli->out = stdout;
        cli->paged = NULL;
        if (whole)
            pager_show(cli);
        free(cli->page);
        cli->page = NULL;
        if (!whole)
            return problem_set(problem, ERR_NOMEM, "There is not enough memory for the output.");
    }
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    int error = errno;
    if (error == EPIPE || reader_gone())
        return 0;
    return problem_set(problem, ERR_OUTPUT, "Standard output could not be written: %s.",
                       error ? strerror(error) : "an earlier write failed");
}

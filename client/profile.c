// Reads and keeps a profile's files. Files that change are written beside the old
// one and renamed, so that a client that dies half way leaves the old one whole.
// Any thread, not shared.
#include "client/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/text.h"
#include "common/tls.h"

#define PROFILE_SMALL 512 // ticket, state and password are shorter

static int profile_path(const struct profile *profile, const char *name, char *path, size_t size, struct problem *problem)
{
    int n = snprintf(path, size, "%s/%s", profile->directory, name);

    return n > 0 && (size_t)n < size ? 0 : problem_set(problem, ERR_CONFIG, "The profile's path is too long: %.200s", profile->directory);
}

// 1: read; 0: no such file; negative: an error. `private`: refused when others may read it.
static int profile_read(const char *path, bool private, char *text, size_t size, struct problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | (private ? O_NOFOLLOW : 0));
    struct stat stat;

    if (fd < 0)
        return errno == ENOENT ? 0 : problem_set(problem, ERR_CONFIG, "%s cannot be read: %s.", path, strerror(errno));
    if (private && (fstat(fd, &stat) < 0 || (stat.st_mode & 077) != 0)) {
        close(fd);
        problem_set(problem, ERR_CONFIG, "%s can be read by others.", path);
        problem_hint(problem, "chmod 600 %s", path);
        return ERR_CONFIG;
    }
    ssize_t n = read(fd, text, size - 1);
    int error = errno;
    close(fd);
    if (n < 0)
        return problem_set(problem, ERR_CONFIG, "%s cannot be read: %s.", path, strerror(error));
    text[n] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    return 1;
}

static int profile_write(const struct profile *profile, const char *name, const char *text, struct problem *problem)
{
    char path[PROFILE_PATH + 64], fresh[PROFILE_PATH + 96];
    size_t size = strlen(text);

    if (profile_path(profile, name, path, sizeof path, problem) != 0)
        return ERR_CONFIG;
    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return problem_set(problem, ERR_OUTPUT, "%s cannot be written: %s.", path, strerror(errno));
    bool good = write(fd, text, size) == (ssize_t)size;
    good = good && fsync(fd) == 0; // else a power cut may leave an empty file under the name
    good = close(fd) == 0 && good && rename(fresh, path) == 0;
    if (good)
        return 0;
    int error = errno;
    unlink(fresh);
    return problem_set(problem, ERR_OUTPUT, "%s cannot be written: %s.", path, strerror(error));
}

static int on_ini(void *data, const char *section, const char *name, const char *value)
{
    struct profile *profile = data;
    const struct {
        const char *name;
        char *to;
    } words[] = {{"server", profile->server}, {"school", profile->school}, {"person", profile->person}};

    (void)section;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_same(name, words[i].name)) {
            if (strlen(value) >= PROFILE_WORD)
                return 0;
            strcpy(words[i].to, value);
        }
    return 1; // what a later release adds does not disturb this one
}

static int profile_directory(struct profile *profile, const char *directory, struct problem *problem)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int n;

    if (!directory || !*directory)
        directory = getenv("SENDCO_PROFILE");
    if (directory && *directory)
        n = snprintf(profile->directory, sizeof profile->directory, "%s", directory);
    else if (data && *data)
        n = snprintf(profile->directory, sizeof profile->directory, "%s/sendco", data);
    else if (home && *home)
        n = snprintf(profile->directory, sizeof profile->directory, "%s/.local/share/sendco", home);
    else
        return problem_set(problem, ERR_CONFIG, "There is no profile: neither --profile nor SENDCO_PROFILE nor HOME is set.");
    if (n < 0 || (size_t)n >= sizeof profile->directory)
        return problem_set(problem, ERR_CONFIG, "The profile's path is too long.");
    return 0;
}

int profile_load(struct profile *profile, const char *directory, struct problem *problem)
{
    char path[PROFILE_PATH + 64];

    *profile = (struct profile){0};
    if (profile_directory(profile, directory, problem) != 0 || profile_path(profile, "profile.ini", path, sizeof path, problem) != 0)
        return ERR_CONFIG;
    int line = ini_parse(path, on_ini, profile);
    if (line < 0) {
        problem_set(problem, ERR_CONFIG, "There is no profile in %s: profile.ini cannot be read.", profile->directory);
        problem_hint(problem, "Name the directory that the technician gave you: sendco --profile DIR, or set SENDCO_PROFILE");
        return ERR_CONFIG;
    }
    if (line > 0)
        return problem_set(problem, ERR_CONFIG, "%s, line %d, is not \"name = value\" or is too long.", path, line);
    return 0;
}

static int profile_file(const char *path, struct problem *problem)
{
    if (access(path, R_OK) == 0)
        return 0;
    problem_set(problem, ERR_CONFIG, "%.400s of the profile cannot be read: %s.", path, strerror(errno));
    problem_hint(problem, "Ask the technician for this profile anew, or name another: sendco --profile DIR");
    return ERR_CONFIG;
}

struct tls_context *profile_tls(const struct profile *profile, struct problem *problem)
{
    char ca[PROFILE_PATH + 64], certificate[PROFILE_PATH + 64], key[PROFILE_PATH + 64];

    if (profile_path(profile, "ca.pem", ca, sizeof ca, problem) != 0 ||
        profile_path(profile, "cert.pem", certificate, sizeof certificate, problem) != 0 ||
        profile_path(profile, "key.pem", key, sizeof key, problem) != 0)
        return NULL;
    if (profile_file(ca, problem) != 0 || profile_file(certificate, problem) != 0 || profile_file(key, problem) != 0)
        return NULL;
    return tls_context_new(TLS_CLIENT, ca, certificate, key, problem);
}

int profile_state(const struct profile *profile, uint64_t *epoch, uint64_t *seq, struct problem *problem)
{
    char path[PROFILE_PATH + 64], text[PROFILE_SMALL];

    *epoch = *seq = 0;
    int got = profile_path(profile, "state", path, sizeof path, problem);
    if (got == 0)
        got = profile_read(path, false, text, sizeof text, problem);
    if (got <= 0)
        return got;
    unsigned long long e, s;
    if (sscanf(text, "epoch %llu seq %llu", &e, &s) != 2) {
        problem_set(problem, ERR_CONFIG, "%s cannot be understood.", path);
        problem_hint(problem, "Remove it if you trust the server: rm %s", path);
        return ERR_CONFIG;
    }
    *epoch = e;
    *seq = s;
    return 0;
}

int profile_state_keep(const struct profile *profile, uint64_t epoch, uint64_t seq, bool force, struct problem *problem)
{
    uint64_t old_epoch, old_seq;
    char text[PROFILE_SMALL];

    // another process may have seen more meanwhile, or have accepted another epoch
    if (profile_state(profile, &old_epoch, &old_seq, NULL) == 0 && !force && old_epoch != 0 && (old_epoch != epoch || old_seq >= seq))
        return 0;
    snprintf(text, sizeof text, "epoch %llu seq %llu\n", (unsigned long long)epoch, (unsigned long long)seq);
    return profile_write(profile, "state", text, problem);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int profile_ticket(const struct profile *profile, uint8_t ticket[PROFILE_TICKET], struct problem *problem)
{
    char path[PROFILE_PATH + 64], text[PROFILE_SMALL];
    int size = 0;

    int got = profile_path(profile, "ticket", path, sizeof path, problem);
    if (got == 0)
        got = profile_read(path, true, text, sizeof text, problem);
    if (got <= 0)
        return got;
    for (const char *p = text; size < PROFILE_TICKET && hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0; p += 2)
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): both were looked at above
        ticket[size++] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
    return size;
}

int profile_ticket_keep(const struct profile *profile, const uint8_t *ticket, size_t size, struct problem *problem)
{
    char path[PROFILE_PATH + 64], text[PROFILE_TICKET * 2 + 2] = "";

    if (size > PROFILE_TICKET)
        return problem_set(problem, ERR_PROTOCOL, "The server's ticket is longer than %d bytes.", PROFILE_TICKET);
    if (size == 0) {
        int error = profile_path(profile, "ticket", path, sizeof path, problem);

        if (error == 0 && unlink(path) < 0 && errno != ENOENT)
            error = problem_set(problem, ERR_OUTPUT, "%s cannot be removed: %s.", path, strerror(errno));
        return error;
    }
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", ticket[i]);
    strcat(text, "\n");
    return profile_write(profile, "ticket", text, problem);
}

int profile_password(const struct profile *profile, const char *file, char *password, size_t size, struct problem *problem)
{
    char path[PROFILE_PATH + 64];

    if (!file) {
        int error = profile_path(profile, "password", path, sizeof path, problem);

        return error != 0 ? error : profile_read(path, false, password, size, problem);
    }
    int got = profile_read(file, false, password, size, problem);
    if (got == 0)
        got = problem_set(problem, ERR_CONFIG, "The password file %.400s is not there.", file);
    if (got < 0)
        problem_hint(problem, "Name a file whose first line is the password: --password-file FILE; without it you are asked");
    return got;
}

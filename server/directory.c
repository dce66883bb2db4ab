// Looks at a school's directory before anything in it is opened (directory.h).
#include "server/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define DATABASE 1

// What is in it, and who may come near it: its owner.
static const struct {
    const char *name, *mode;
    bool optional;
} parts[] = {
    {"", "700", false}, [DATABASE] = {"/sendco.db", "600", false}, {"/server", "700", false}, {"/ca", "700", true}, // may be kept elsewhere
};

static int no_school(const char *directory, struct problem *problem)
{
    problem_set(problem, ERR_CONFIG, "There is no school in %s.", directory);
    problem_hint(problem, "Make a school there first: sendcod init --dir %s --school NAME", directory);
    return ERR_CONFIG;
}

static int check_rights(const char *directory, struct problem *problem)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct stat about;
        snprintf(path, sizeof path, "%s%s", directory, parts[i].name);
        if (stat(path, &about) != 0 && errno == ENOENT && parts[i].optional)
            continue;
        if (stat(path, &about) != 0) {
            if (errno == ENOENT && i == DATABASE)
                return no_school(directory, problem);
            problem_set(problem, ERR_CONFIG, "%s cannot be looked at: %s.", path, strerror(errno));
            problem_hint(problem, "It belongs to the school's directory: bring it back from a backup.");
            return ERR_CONFIG;
        }
        if ((about.st_mode & 077) == 0)
            continue;
        problem_set(problem, ERR_CONFIG, "%s may be read or changed by others (mode %04o).", path, (unsigned)about.st_mode & 07777u);
        problem_hint(problem, "Run: chmod %s %s", parts[i].mode, path);
        return ERR_CONFIG;
    }
    return 0;
}

int directory_take(const char *directory, int *lock, struct problem *problem)
{
    *lock = -1;
    if (strlen(directory) > PATH_MAX - 32) {
        problem_set(problem, ERR_CONFIG, "--dir is too long.");
        problem_hint(problem, "Keep the school in a place with a shorter path.");
        return ERR_CONFIG;
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return no_school(directory, problem);
    if (fd < 0) {
        problem_set(problem, ERR_CONFIG, "%s cannot be opened: %s.", directory, strerror(errno));
        problem_hint(problem, "Name the school's directory, as the user whom it belongs to.");
        return ERR_CONFIG;
    }
    int result = check_rights(directory, problem);
    // Where a file system knows no such lock, the database's own keeps others out.
    if (!result && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        result = problem_set(problem, ERR_CONFIG, "Another sendcod serves %s.", directory);
        problem_hint(problem, "Stop it first: systemctl stop sendcod, or kill its process.");
    }
    if (result)
        close(fd);
    else
        *lock = fd;
    return result;
}

// The file work of `sendcod init`. Main thread.
#include "server/init_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

static int check_empty(const char *dir, struct problem *problem)
{
    DIR *open = opendir(dir);
    if (!open)
        return problem_set(problem, ERR_OUTPUT, "%s cannot be read: %s.", dir, strerror(errno));
    char found[64] = "";
    bool database = false;
    for (struct dirent *entry = readdir(open); entry; entry = readdir(open)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(found, sizeof found, "%.60s", entry->d_name);
        database = database || strcmp(entry->d_name, "sendco.db") == 0;
    }
    closedir(open);
    if (!*found)
        return 0;
    if (database)
        problem_set(problem, ERR_OUTPUT, "%s holds a school already; it is left as it is.", dir);
    else
        problem_set(problem, ERR_OUTPUT, "%s is not empty: it holds “%s”.", dir, found);
    problem_hint(problem, "%s",
                 database ? "Serve it with: sendcod serve --dir DIR; or name a new directory." : "Name a new or an empty directory.");
    return ERR_OUTPUT;
}

int init_begin(const char *dir, bool *made, struct problem *problem)
{
    if (strlen(dir) > INIT_PATH / 2)
        return problem_set(problem, ERR_USAGE, "--dir: the path is longer than %d bytes.", INIT_PATH / 2);
    *made = mkdir(dir, 0700) == 0;
    if (!*made && errno != EEXIST) {
        problem_set(problem, ERR_OUTPUT, "%s cannot be made: %s.", dir, strerror(errno));
        problem_hint(problem, "The directory above it must exist and be writable by this user.");
        return ERR_OUTPUT;
    }
    int result = *made ? 0 : check_empty(dir, problem);
    if (result == 0 && chmod(dir, 0700) != 0)
        return problem_set(problem, ERR_OUTPUT, "%s cannot be made private: %s.", dir, strerror(errno));
    return result;
}

static int clear_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    if (where->level > 0)
        remove(path);
    return 0;
}

void init_clear(const char *dir, bool made)
{
    nftw(dir, clear_one, 1, FTW_DEPTH | FTW_PHYS); // one descriptor will do: there may be no more
    if (made)
        rmdir(dir);
}

int init_directory(const char *dir, const char *a, const char *b, char path[INIT_PATH], struct problem *problem)
{
    int size = snprintf(path, INIT_PATH, "%s/%s%s%s", dir, a, b ? "/" : "", b ? b : "");
    if (size < 0 || size >= INIT_PATH)
        return problem_set(problem, ERR_OUTPUT, "The path under %s is too long.", dir);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return problem_set(problem, ERR_OUTPUT, "%s cannot be made: %s.", path, strerror(errno));
    return 0;
}

int init_sync(const char *dir, struct problem *problem)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 || fsync(fd) != 0 ? problem_set(problem, ERR_OUTPUT, "%s cannot be synced: %s.", dir, strerror(errno)) : 0;
    if (fd >= 0)
        close(fd);
    return result;
}

static int write_all(int fd, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        left -= (size_t)n;
    }
    return fsync(fd);
}

int init_file(const char *dir, const char *name, const char *text, mode_t mode, struct problem *problem)
{
    char path[INIT_PATH + 32];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return problem_set(problem, ERR_OUTPUT, "%s cannot be made: %s.", path, strerror(errno));
    int written = write_all(fd, text), why = errno;
    if (close(fd) != 0 && written == 0) {
        written = -1;
        why = errno;
    }
    return written == 0 ? init_sync(dir, problem) : problem_set(problem, ERR_OUTPUT, "%s cannot be written: %s.", path, strerror(why));
}

// Adds the names of a comma-separated list that are not there yet.
static void names_add(char *names, size_t size, const char *list)
{
    while (*list) {
        size_t span = strcspn(list, ", []");
        char name[200], sought[202], held[600];
        snprintf(name, sizeof name, "%.*s", (int)(span < 190 ? span : 190), list);
        snprintf(sought, sizeof sought, ",%s,", name);
        snprintf(held, sizeof held, ",%s,", names);
        size_t at = strlen(names);
        if (span && !strstr(held, sought) && at + span + 2 < size)
            snprintf(names + at, size - at, "%s%s", at ? "," : "", name);
        list += span;
        list += strspn(list, ", []");
    }
}

void init_names(char *names, size_t size, const char *const *given)
{
    names[0] = '\0';
    for (size_t i = 0; given[i]; i++)
        names_add(names, size, given[i]);
}

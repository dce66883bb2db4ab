// How far a report of changes was shown to this person: epoch and seq, kept on this
// computer outside the profile, so that "what is new" begins there. Never any record.
// Main thread.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cli/draw.h"
#include "common/kind.h"

#define SEEN_TEXT 64

// One file for each profile and report, whose names do not show in it.
static uint64_t seen_name(const char *text, uint64_t hash)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static bool seen_directory(char *path, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = -1;

    if (state && *state == '/')
        n = snprintf(path, size, "%s/sendco", state);
    else if (home && *home)
        n = snprintf(path, size, "%s/.local/state/sendco", home);
    return n > 0 && (size_t)n < size;
}

static bool seen_path(const struct drawing *drawing, char *path, size_t size)
{
    const struct profile *profile = &drawing->cli->profile;
    char *real = realpath(profile->directory, NULL);
    uint64_t hash = seen_name(real ? real : profile->directory, UINT64_C(0xcbf29ce484222325));
    size_t used;

    free(real);
    hash = seen_name(drawing->cli->school ? drawing->cli->school : "", hash);
    if (!seen_directory(path, size))
        return false;
    used = strlen(path);
    int n = snprintf(path + used, size - used, "/%s-%016llx", drawing->info->name, (unsigned long long)hash);
    return n > 0 && (size_t)n < size - used;
}

const char *drawing_since(struct drawing *drawing)
{
    unsigned long long epoch = 0, seq = 0;
    char path[PATH_MAX];
    FILE *file = seen_path(drawing, path, sizeof path) ? fopen(path, "re") : NULL;
    int got = file ? fscanf(file, "epoch %llu seq %llu", &epoch, &seq) : 0;

    if (file)
        fclose(file);
    // What was counted before a database was restored says nothing about it now.
    if (got != 2 || epoch != drawing->cli->epoch)
        return NULL;
    return arena_printf(&drawing->cli->arena, "#%llu", seq);
}

// Every directory on the way, for its owner only.
static bool seen_make(const char *file)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", file);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return true;
}

// Whole or not at all: another run may read it meanwhile.
static bool seen_write(const char *path, uint64_t epoch, uint64_t seq)
{
    char fresh[PATH_MAX + 16], text[SEEN_TEXT];
    int size = snprintf(text, sizeof text, "epoch %llu seq %llu\n", (unsigned long long)epoch, (unsigned long long)seq);
    bool good;

    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    int fd = seen_make(path) ? open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return false;
    good = write(fd, text, (size_t)size) == size;
    good = close(fd) == 0 && good && rename(fresh, path) == 0;
    if (!good)
        unlink(fresh);
    return good;
}

static uint64_t seen_upto(const Sendco__Report *report)
{
    for (size_t i = 0; i < report->n_sections; i++) {
        const Sendco__Report__Section *section = report->sections[i];

        if (!section->name || strcmp(section->name, "upto") != 0 || section->n_rows == 0)
            continue;
        for (size_t c = 0; c < section->n_columns; c++)
            if (section->columns[c]->name && !strcmp(section->columns[c]->name, "seq"))
                return (uint64_t)cell_value(section->rows[0], c).number;
    }
    return 0;
}

void drawing_seen(const struct drawing *drawing)
{
    bool whole = drawing->follows && !drawing->part && !drawing->why && !drawing->section;
    uint64_t seq = whole && drawing->report ? seen_upto(drawing->report) : 0;
    char path[PATH_MAX];

    if (seq == 0)
        return;
    if (!seen_path(drawing, path, sizeof path) || !seen_write(path, drawing->epoch, seq))
        cli_note(drawing->cli, "How far you have looked could not be kept: the next one begins at the same place.");
}

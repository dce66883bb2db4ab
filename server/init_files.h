// Files and directories as `sendcod init` makes them: private, synced, and taken
// away again when something fails. Main thread.
#ifndef SERVER_INIT_FILES_H
#define SERVER_INIT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct problem;

#define INIT_PATH 1024

// `dir` becomes an empty directory that only its owner enters. *made: it was not there
// before. Refuses one with something in it.
int init_begin(const char *dir, bool *made, struct problem *problem);
// Takes away all that is in it, and itself when it was made here.
void init_clear(const char *dir, bool made);
// dir/a or dir/a/b, 0700; the path is told. One that is there already is fine.
int init_directory(const char *dir, const char *a, const char *b, char path[INIT_PATH], struct problem *problem);
// A new file with this text, on disk when it returns.
int init_file(const char *dir, const char *name, const char *text, mode_t mode, struct problem *problem);
// The directory's own entries on disk.
int init_sync(const char *dir, struct problem *problem);
// "a,b,c" of the names given, each once, without empty ones and without brackets.
void init_names(char *names, size_t size, const char *const *given);

#endif

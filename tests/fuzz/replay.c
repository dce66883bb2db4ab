// Runs a target over the seeds that are in the tree, one test each: what the fuzzers once
// found stays found. Before that, in processes of their own, with each fault that is planted for
// it (planted.h): then it must go red. Built by the ordinary compiler, without libFuzzer.
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fuzz/item.h"
#include "tests/fuzz/planted.h"

#define FILE_MOST ((size_t)1 << 20)

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *room = malloc(FILE_MOST);
    if (!file || !room) {
        perror(path);
        exit(1);
    }
    size_t size = fread(room, 1, FILE_MOST, file);
    fclose(file);
    // of just its size, so that a byte too many is seen
    uint8_t *data = malloc(size + !size);
    if (!data)
        exit(1);
    memcpy(data, room, size);
    free(room);
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_directory(const char *directory)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_seed, alphasort);
    if (n < 0) {
        perror(directory);
        exit(1);
    }
    for (int i = 0; i < n; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        run_file(path);
        free(entries[i]);
    }
    free(entries);
    return n;
}

// --- with a planted fault ---

_Noreturn static void run_planted(const char *fault, const char *where, const char *directory, int said)
{
    char *no_more = NULL;
    int none = 0;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setenv("TMPDIR", where, 1);
    dup2(said, STDERR_FILENO);
    alarm(120); // it may hang
    planted_set(fault);
    LLVMFuzzerInitialize(&none, &(char **){&no_more});
    run_directory(directory);
    _exit(0);
}

static int sweep(const char *path, const struct stat *about, int what, struct FTW *at)
{
    (void)about;
    (void)what;
    (void)at;
    return remove(path);
}

// Which condition did not hold, as DEMAND or a sanitizer told it; empty: none.
static void read_demand(int from, char *told, size_t size)
{
    char line[512];
    FILE *said = fdopen(from, "r");
    told[0] = '\0';
    while (said && fgets(line, sizeof line, said))
        if (strstr(line, ": not so: ") || strstr(line, "ERROR: AddressSanitizer") || strstr(line, "runtime error: "))
            snprintf(told, size, "%.*s", (int)strcspn(line, "\n"), line);
    if (said)
        fclose(said);
}

static bool is_found(const char *target, const char *fault, const char *directory)
{
    char where[64], told[512];
    int ends[2], status = 0;
    snprintf(where, sizeof where, "%s/sendco-planted-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(where) || pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_planted(fault, where, directory, ends[1]);
    close(ends[1]);
    read_demand(ends[0], told, sizeof told);
    bool ended = child > 0 && waitpid(child, &status, 0) == child && !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    nftw(where, sweep, 8, FTW_DEPTH | FTW_PHYS);
    printf("%s: %s with %s planted: %s\n", ended && told[0] ? "red as it must be" : "NOT RED", target, fault, told);
    return ended && told[0];
}

static int find_planted(const char *target, const char *directory)
{
    unsigned n = 0;
    for (const char *fault; (fault = planted_for(target, n)) != NULL; n++) {
        if (is_found(target, fault, directory))
            continue;
        printf("[  FAILED  ] 1 test(s).\n");
        exit(1);
    }
    return (int)n;
}

// test_fuzz_NAME [FILE …]: all of tests/fuzz/seeds/NAME, or these files.
int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '_');
    char directory[256];
    name = name ? name + 1 : argv[0];
    snprintf(directory, sizeof directory, "tests/fuzz/seeds/%s", name);
    int n = argc > 1 ? argc - 1 : find_planted(name, directory);
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    if (argc == 1)
        n += run_directory(directory);
    printf("[  PASSED  ] %d test(s).\n", n);
    return n ? 0 : 1;
}

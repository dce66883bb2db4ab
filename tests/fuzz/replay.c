// Runs a target over the seeds that are in the tree, one test each: what the fuzzers once
// found stays found. Built by the ordinary compiler, without libFuzzer.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/item.h"

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

// test_fuzz_NAME [FILE …]: all of tests/fuzz/seeds/NAME, or these files.
int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '_');
    char directory[256];
    snprintf(directory, sizeof directory, "tests/fuzz/seeds/%s", name ? name + 1 : argv[0]);
    LLVMFuzzerInitialize(&argc, &argv);
    int n = argc > 1 ? argc - 1 : run_directory(directory);
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    printf("[  PASSED  ] %d test(s).\n", n);
    return n ? 0 : 1;
}

// What `make tsan` asks the thread sanitizer before it believes it: two threads of libuv
// count together, without a lock ("race") or with one ("lock"). The first must be
// reported; the second not, though libuv itself is not instrumented.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#define ROUNDS 1000

struct counted {
    uv_mutex_t mutex;
    bool locked;
    long number;
};

static void count(void *data)
{
    struct counted *counted = data;
    for (int i = 0; i < ROUNDS; i++) {
        if (counted->locked)
            uv_mutex_lock(&counted->mutex);
        counted->number++;
        if (counted->locked)
            uv_mutex_unlock(&counted->mutex);
    }
}

int main(int argc, char **argv)
{
    struct counted counted = {.locked = argc == 2 && strcmp(argv[1], "lock") == 0};
    if (argc != 2 || (!counted.locked && strcmp(argv[1], "race") != 0)) {
        fprintf(stderr, "race: say race or lock\n");
        return 2;
    }
    uv_thread_t threads[2];
    uv_mutex_init(&counted.mutex);
    for (int i = 0; i < 2; i++) {
        if (uv_thread_create(&threads[i], count, &counted) != 0)
            return 3;
    }
    for (int i = 0; i < 2; i++)
        uv_thread_join(&threads[i]);
    uv_mutex_destroy(&counted.mutex);
    printf("%s\n", counted.number > 0 ? "counted" : "nothing counted");
    return 0;
}

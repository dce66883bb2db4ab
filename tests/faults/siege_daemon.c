// What no command of sendcod does yet, done to the daemon that is besieged: a device is
// withdrawn while it is in use, and the turns of its loop are timed. Linked into
// DIR/faults/sendcod-siege, which is sendcod-test with access_tick called through here. Loop thread.
//
// SENDCO_SIEGE_REVOKE names a file; once it holds the SHA-256 of a certificate, in hexadecimal
// digits, that device is withdrawn.
// SENDCO_SIEGE_TURNS names a file; each second adds a line to it: how many turns the loop made,
// then in microseconds what they took together, the longest, and the same of processor alone.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/changed.h"
#include "server/server.h"
#include "server/store/account.h"
#include "server/store/store.h"

void __real_access_tick(struct server *server);
void __wrap_access_tick(struct server *server);

static uint8_t fingerprint[32];
static enum { REVOKE_WAITS, REVOKE_ASKED, REVOKE_DONE } revoking;

static bool revoke_read(void)
{
    char text[2 * sizeof fingerprint];
    const char *path = getenv("SENDCO_SIEGE_REVOKE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    return size == (ssize_t)sizeof text && sodium_hex2bin(fingerprint, sizeof fingerprint, text, sizeof text, NULL, NULL, NULL) == 0;
}

static int keep_revoked(struct view *view, void *data)
{
    (void)data;
    struct device device;
    int result = device_find(view, fingerprint, &device);
    if (result)
        return result;
    device.revoked = clock_now();
    return device_put(view, &device);
}

static void done_revoked(int result, void *data)
{
    revoking = REVOKE_DONE;
    log_write(LOG_NOTE, "the device is withdrawn: %d", result);
    access_changed(data);
}

// --- turns ---

// From one turn's end to the next one's, without what was waited for something to do.
static struct {
    uv_prepare_t end;
    FILE *file;
    uint64_t at, idle, cpu; // ns, at the last turn's end
    unsigned n;             // this second
    uint64_t took, longest, took_cpu, longest_cpu;
} turns;

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void on_turn(uv_prepare_t *end)
{
    const struct server *server = end->data;
    if (server->stopping) {
        uv_close((uv_handle_t *)end, NULL);
        return;
    }
    uint64_t at = uv_hrtime(), idle = uv_metrics_idle_time(end->loop), cpu = cpu_ns();
    uint64_t took = at - turns.at - (idle - turns.idle), took_cpu = cpu - turns.cpu;
    turns.at = at;
    turns.idle = idle;
    turns.cpu = cpu;
    turns.n++;
    turns.took += took;
    turns.took_cpu += took_cpu;
    turns.longest = took > turns.longest ? took : turns.longest;
    turns.longest_cpu = took_cpu > turns.longest_cpu ? took_cpu : turns.longest_cpu;
}

static void turns_begin(struct server *server)
{
    uv_loop_t *loop = &server->loop;
    const char *path = getenv("SENDCO_SIEGE_TURNS");
    if (!path || uv_loop_configure(loop, UV_METRICS_IDLE_TIME) != 0 || !(turns.file = fopen(path, "ae")))
        return;
    turns.at = uv_hrtime();
    turns.idle = uv_metrics_idle_time(loop);
    turns.cpu = cpu_ns();
    uv_prepare_init(loop, &turns.end);
    turns.end.data = server;
    uv_prepare_start(&turns.end, on_turn);
    uv_unref((uv_handle_t *)&turns.end);
}

static void turns_write(void)
{
    if (!turns.file)
        return;
    fprintf(turns.file, "%u %llu %llu %llu %llu\n", turns.n, (unsigned long long)turns.took / 1000,
            (unsigned long long)turns.longest / 1000, (unsigned long long)turns.took_cpu / 1000,
            (unsigned long long)turns.longest_cpu / 1000);
    fflush(turns.file);
    turns.n = 0;
    turns.took = turns.longest = turns.took_cpu = turns.longest_cpu = 0;
}

void __wrap_access_tick(struct server *server)
{
    static bool timed;
    __real_access_tick(server);
    if (!timed)
        turns_begin(server);
    timed = true;
    turns_write();
    if (revoking != REVOKE_WAITS || !revoke_read())
        return;
    revoking = REVOKE_ASKED;
    store_keep(server->store, keep_revoked, done_revoked, server);
}

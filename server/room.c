// How many connections there may be (room.h). Loop thread, before there are any.
#include "server/room.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "server/server.h"

#define FILES_KEPT 128 // descriptors that are no connections

// As many connections as descriptors allow.
static void room_limits(struct server *server)
{
    struct rlimit limit;
    server->max_sessions = SERVER_SESSIONS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t wanted = SERVER_SESSIONS + FILES_KEPT;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < wanted)
        server->max_sessions = limit.rlim_cur > 2 * FILES_KEPT ? (size_t)limit.rlim_cur - FILES_KEPT : FILES_KEPT;
    log_write(LOG_TRACE, "at most %zu connections", server->max_sessions);
}

static void on_nothing(uv_poll_t *poll, int status, int events)
{
    (void)poll, (void)status, (void)events;
}

// libuv ends the process when it cannot enlarge its table of descriptors: it is made large enough
// before anybody connects, by having it look at the highest one there will be.
static void room_table(struct server *server)
{
    uv_poll_t poll;
    int low = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int high = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, (int)server->max_sessions + FILES_KEPT - 1);
    if (high >= 0 && uv_poll_init(&server->loop, &poll, high) == 0) {
        uv_poll_start(&poll, UV_READABLE, on_nothing);
        uv_close((uv_handle_t *)&poll, NULL);
        uv_run(&server->loop, UV_RUN_NOWAIT);
    }
    if (high >= 0)
        close(high);
    if (low >= 0)
        close(low);
}

void room_make(struct server *server)
{
    room_limits(server);
    room_table(server);
}

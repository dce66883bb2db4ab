// The yardstick of the siege (siege_yardstick.h): plain TCP on the loopback, 2 KB there and back
// every 200 ms on each of ten connections. The child is one process with one thread; the rest
// lives in the loop's thread of siege_honest.
#include "tests/faults/siege_yardstick.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/wire.h"

#define YARD_ASKERS 10
#define YARD_EVERY  UINT64_C(200000000) // ns
#define YARD_SIZE   ((size_t)2048)      // as a page of a list

struct asker {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    uint64_t since, next; // ns: since when the one in flight should be; the next one's
    size_t came;          // of the answer
    bool open, asking;
};

static struct sockaddr_in server;
static struct asker askers[YARD_ASKERS];
static uv_timer_t beat;
static void (*told)(uint64_t from, uint64_t to);

// --- the child ---

// Gives back what is there. False: the other side has gone.
static bool yard_echo(int fd)
{
    char data[2 * YARD_SIZE];
    ssize_t size = read(fd, data, sizeof data);
    return size > 0 && write(fd, data, (size_t)size) == size;
}

static void yard_serve(int listener)
{
    struct pollfd all[1 + YARD_ASKERS] = {{.fd = listener, .events = POLLIN}};
    nfds_t n = 1;
    while (poll(all, n, -1) > 0) {
        for (nfds_t i = 1; i < n; i++)
            if (all[i].revents && !yard_echo(all[i].fd))
                _exit(0);
        if (all[0].revents && n <= YARD_ASKERS)
            all[n++] = (struct pollfd){.fd = accept(listener, NULL, NULL), .events = POLLIN};
    }
    _exit(1);
}

void yardstick_fork(void)
{
    socklen_t size = sizeof server;
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&server, sizeof server) < 0 || listen(listener, YARD_ASKERS) < 0 ||
        getsockname(listener, (struct sockaddr *)&server, &size) < 0)
        fail("the yardstick cannot listen: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0)
        fail("the yardstick cannot be started: %s", strerror(errno));
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(STDIN_FILENO);
        close(STDOUT_FILENO); // who waits for the parent's end waits for nobody else
        yard_serve(listener);
    }
    close(listener);
}

// --- who asks ---

static void asker_ask(struct asker *asker)
{
    static char data[YARD_SIZE];
    uv_buf_t buffer = uv_buf_init(data, sizeof data);
    if (!asker->open || asker->asking || uv_hrtime() < asker->next)
        return;
    asker->since = asker->next;
    asker->next += YARD_EVERY;
    asker->came = 0;
    asker->asking = true;
    if (uv_try_write((uv_stream_t *)&asker->tcp, &buffer, 1) != (int)sizeof data)
        fail("the yardstick takes nothing");
}

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
    for (size_t i = 0; i < YARD_ASKERS; i++)
        asker_ask(&askers[i]);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char room[2 * YARD_SIZE];
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(room, sizeof room);
}

static void on_answer(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct asker *asker = stream->data;
    (void)buffer;
    if (size < 0)
        fail("the yardstick is gone: %s", uv_strerror((int)size));
    asker->came += (size_t)size;
    if (asker->came < YARD_SIZE)
        return;
    asker->asking = false;
    told(asker->since, uv_hrtime());
    asker_ask(asker);
}

static void on_there(uv_connect_t *request, int status)
{
    struct asker *asker = request->handle->data;
    if (status < 0 || uv_read_start((uv_stream_t *)&asker->tcp, on_room, on_answer) < 0)
        fail("the yardstick cannot be reached: %s", uv_strerror(status));
    uv_tcp_nodelay(&asker->tcp, 1);
    asker->next = uv_hrtime() + YARD_EVERY * (uint64_t)(asker - askers + 1) / YARD_ASKERS;
    asker->open = true;
}

void yardstick_begin(uv_loop_t *loop, void (*took)(uint64_t from, uint64_t to))
{
    told = took;
    for (size_t i = 0; i < YARD_ASKERS; i++) {
        uv_tcp_init(loop, &askers[i].tcp);
        askers[i].tcp.data = &askers[i];
        if (uv_tcp_connect(&askers[i].connecting, &askers[i].tcp, (const struct sockaddr *)&server, on_there) < 0)
            fail("the yardstick cannot be reached");
    }
    uv_timer_init(loop, &beat);
    uv_timer_start(&beat, on_beat, 1, 2);
}

// Sockets and libuv that fail at the Nth call (nthwire.h). The C library's read, write and
// accept4 are ours in this program, so that libuv calls these; whatever is no socket passes
// through. The functions of libuv that our own objects call are wrapped by the linker. Any thread.
#include "tests/faults/nthwire.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <uv.h>

enum at { AT_NONE, AT_READ, AT_WRITE, AT_ACCEPT, AT_UV };

#define SHORT (-1) // one byte of what was asked
#define END   0    // nothing more comes

static const struct {
    const char *name;
    enum at at;
    int fault; // errno, or one of the above
} faults[] = {
    {"read-ECONNRESET", AT_READ, ECONNRESET},
    {"read-EAGAIN", AT_READ, EAGAIN},
    {"read-ENOBUFS", AT_READ, ENOBUFS},
    {"read-short", AT_READ, SHORT},
    {"read-end", AT_READ, END},
    {"write-EPIPE", AT_WRITE, EPIPE},
    {"write-ECONNRESET", AT_WRITE, ECONNRESET},
    {"write-EAGAIN", AT_WRITE, EAGAIN},
    {"write-ENOBUFS", AT_WRITE, ENOBUFS},
    {"write-short", AT_WRITE, SHORT},
    {"accept-EMFILE", AT_ACCEPT, EMFILE},
    {"accept-ENFILE", AT_ACCEPT, ENFILE},
    {"accept-ENOMEM", AT_ACCEPT, ENOMEM},
    {"accept-ENOBUFS", AT_ACCEPT, ENOBUFS},
    {"accept-ECONNABORTED", AT_ACCEPT, ECONNABORTED},
};

static _Atomic int armed, fault;
static _Atomic uint64_t counted, failing, failed;
static _Atomic bool goes_on;
static _Atomic(const char *) call_armed; // NULL: any

static void arm(enum at at, int with, uint64_t nth, bool on)
{
    armed = AT_NONE;
    counted = failed = 0;
    failing = nth;
    goes_on = on;
    fault = with;
    armed = at;
}

bool nth_io_arm(const char *what, uint64_t nth, bool on)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (strcmp(faults[i].name, what) != 0)
            continue;
        arm(faults[i].at, faults[i].fault, nth, on);
        return true;
    }
    return false;
}

uint64_t nth_io_disarm(uint64_t *of_them)
{
    armed = AT_NONE;
    *of_them = failed;
    return counted;
}

// Is this the call that fails?
static bool fails(enum at at)
{
    if (armed != (int)at)
        return false;
    uint64_t now = ++counted;
    if (now != failing && !(now > failing && goes_on))
        return false;
    failed++;
    return true;
}

static bool is_socket(int file)
{
    struct stat about;
    return armed != AT_NONE && fstat(file, &about) == 0 && S_ISSOCK(about.st_mode);
}

// --- the system's calls ---

static ssize_t real_result(long result)
{
    return (ssize_t)result; // syscall() has set errno
}

ssize_t read(int file, void *data, size_t size)
{
    if (is_socket(file) && fails(AT_READ)) {
        if (fault == END)
            return 0;
        if (fault != SHORT) {
            errno = fault;
            return -1;
        }
        size = size ? 1 : 0;
    }
    return real_result(syscall(SYS_read, file, data, size));
}

static bool write_fails(int file, bool *is_short)
{
    *is_short = false;
    if (!is_socket(file) || !fails(AT_WRITE))
        return false;
    *is_short = fault == SHORT;
    errno = *is_short ? 0 : fault;
    return !*is_short;
}

ssize_t write(int file, const void *data, size_t size)
{
    bool is_short;
    if (write_fails(file, &is_short))
        return -1;
    return real_result(syscall(SYS_write, file, data, is_short && size ? 1 : size));
}

ssize_t writev(int file, const struct iovec *list, int n)
{
    bool is_short;
    if (write_fails(file, &is_short))
        return -1;
    if (is_short && n > 0)
        return real_result(syscall(SYS_write, file, list[0].iov_base, list[0].iov_len ? 1 : 0));
    return real_result(syscall(SYS_writev, file, list, n));
}

int accept4(int file, __SOCKADDR_ARG address, socklen_t *restrict size, int flags)
{
    if (is_socket(file) && fails(AT_ACCEPT)) {
        errno = fault;
        return -1;
    }
    return (int)syscall(SYS_accept4, file, address.__sockaddr__, size, flags);
}

// --- libuv ---

static bool uv_fails(const char *call)
{
    const char *only = call_armed;
    return (!only || strcmp(only, call) == 0) && fails(AT_UV);
}

// Each as the linker names it: the wrapped one fails without having been called.
#define WRAP(call, error, parameters, arguments)                                                                                           \
    int __real_##call parameters;                                                                                                          \
    int __wrap_##call parameters;                                                                                                          \
    int __wrap_##call parameters                                                                                                           \
    {                                                                                                                                      \
        return uv_fails(#call) ? (error) : __real_##call arguments;                                                                        \
    }

WRAP(uv_tcp_init, UV_ENOMEM, (uv_loop_t * loop, uv_tcp_t *tcp), (loop, tcp))
WRAP(uv_read_start, UV_ENOMEM, (uv_stream_t * stream, uv_alloc_cb on_alloc, uv_read_cb on_read), (stream, on_alloc, on_read))
WRAP(uv_try_write, UV_ENOMEM, (uv_stream_t * stream, const uv_buf_t *list, unsigned n), (stream, list, n))
WRAP(uv_write, UV_ENOMEM, (uv_write_t * request, uv_stream_t *stream, const uv_buf_t *list, unsigned n, uv_write_cb on_written),
     (request, stream, list, n, on_written))
WRAP(uv_shutdown, UV_ENOTCONN, (uv_shutdown_t * request, uv_stream_t *stream, uv_shutdown_cb on_shut), (request, stream, on_shut))
WRAP(uv_queue_work, UV_ENOMEM, (uv_loop_t * loop, uv_work_t *work, uv_work_cb on_work, uv_after_work_cb on_done),
     (loop, work, on_work, on_done))
WRAP(uv_tcp_getpeername, UV_ENOTCONN, (const uv_tcp_t *tcp, struct sockaddr *name, int *size), (tcp, name, size))
WRAP(uv_tcp_nodelay, UV_EINVAL, (uv_tcp_t * tcp, int on), (tcp, on))
WRAP(uv_tcp_keepalive, UV_EINVAL, (uv_tcp_t * tcp, int on, unsigned delay), (tcp, on, delay))
WRAP(uv_send_buffer_size, UV_ENOBUFS, (uv_handle_t * handle, int *size), (handle, size))

// As it fails in earnest: the connection is closed, and the listener not looked at again.
int __real_uv_accept(uv_stream_t *server, uv_stream_t *client);
int __wrap_uv_accept(uv_stream_t *server, uv_stream_t *client);
int __wrap_uv_accept(uv_stream_t *server, uv_stream_t *client)
{
    if (!uv_fails("uv_accept"))
        return __real_uv_accept(server, client);
    close(server->accepted_fd);
    server->accepted_fd = -1;
    return UV_ENOMEM;
}

bool nth_uv_arm(const char *call, uint64_t nth, bool on)
{
    static const char *const calls[] = {"uv_tcp_init",      "uv_accept",          "uv_read_start",      "uv_try_write",
                                        "uv_write",         "uv_shutdown",        "uv_queue_work",      "uv_tcp_nodelay",
                                        "uv_tcp_keepalive", "uv_tcp_getpeername", "uv_send_buffer_size"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(calls[i], call) == 0)
            found = calls[i];
    if (!found && strcmp(call, "any") != 0)
        return false;
    call_armed = found;
    arm(AT_UV, 0, nth, on);
    return true;
}

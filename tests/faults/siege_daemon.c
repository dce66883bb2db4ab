// What no command of sendcod does yet, done to the daemon that is besieged: a device is
// withdrawn while it is in use. Linked into DIR/faults/sendcod-siege, which is sendcod-test
// with access_tick called through here. Loop thread.
//
// SENDCO_SIEGE_REVOKE names a file; once it holds the SHA-256 of a certificate, in hexadecimal
// digits, that device is withdrawn.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

void __wrap_access_tick(struct server *server)
{
    __real_access_tick(server);
    if (revoking != REVOKE_WAITS || !revoke_read())
        return;
    revoking = REVOKE_ASKED;
    store_keep(server->store, keep_revoked, done_revoked, server);
}

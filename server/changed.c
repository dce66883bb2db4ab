// Judges all sessions at once, in one snapshot (changed.h). Who says Hello or logs in
// meanwhile may have been read before the change: the handlers compare
// server->access_generation and ask again (access_judge). Loop thread, but for judging_read.
#include "server/changed.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "server/access/role.h"
#include "server/server.h"
#include "server/session.h"
#include "server/store/account.h"
#include "server/store/store.h"

struct judged {
    uint64_t session;
    int64_t staff;
    int role; // ROLE_NONE: not logged in yet
    bool good;
    uint8_t fingerprint[32];
};

struct judging {
    struct server *server;
    size_t n;
    struct judged all[];
};

static int judge(struct view *view, struct judged *judged)
{
    struct device device;
    struct account account;
    int result = device_find(view, judged->fingerprint, &device);
    if (result)
        return result == ERR_NOT_FOUND ? 0 : result;
    judged->good = !device.revoked && device.staff == judged->staff;
    if (!judged->good || judged->role == ROLE_NONE)
        return 0;
    judged->good = false;
    result = account_get(view, judged->staff, &account);
    if (result)
        return result == ERR_NOT_FOUND ? 0 : result;
    judged->good = !account.blocked && account.role == judged->role;
    return 0;
}

static int judging_read(struct view *view, void *data)
{
    struct judging *judging = data;
    int result = 0;
    for (size_t i = 0; !result && i < judging->n; i++)
        result = judge(view, &judging->all[i]);
    return result;
}

static void judging_start(struct server *server);

static void judging_done(int result, void *data)
{
    struct judging *judging = data;
    struct server *server = judging->server;
    bool again = server->access_again;
    server->access_checking = false;
    server->access_stale = result != 0;
    for (size_t i = 0; !result && i < judging->n; i++) {
        struct session *session = judging->all[i].good ? NULL : session_find(server, judging->all[i].session);
        if (!session)
            continue;
        // Connecting again will tell why.
        log_write(LOG_NOTE, "session %llu: its device or its account is no longer good", (unsigned long long)session->id);
        session_cut(session);
    }
    if (again)
        judging_start(server);
    free(judging);
}

static void judging_start(struct server *server)
{
    struct judging *judging = server->stopping ? NULL : malloc(sizeof *judging + HASH_COUNT(server->sessions) * sizeof *judging->all);
    server->access_stale = !judging;
    server->access_again = false;
    if (!judging)
        return;
    *judging = (struct judging){.server = server};
    struct session *session, *next;
    HASH_ITER(hh, server->sessions, session, next)
    {
        if (!session_open(session) || session->staff == 0)
            continue;
        struct judged *judged = &judging->all[judging->n++];
        *judged = (struct judged){.session = session->id, .staff = session->staff, .role = session->role};
        memcpy(judged->fingerprint, session->fingerprint, sizeof judged->fingerprint);
    }
    server->access_checking = true;
    store_read(server->store, &(struct actor){0}, judging_read, judging_done, judging);
}

void access_judge(struct server *server)
{
    if (server->access_checking)
        server->access_again = true; // its snapshot may be older
    else
        judging_start(server);
}

void access_changed(struct server *server)
{
    server->access_generation++;
    access_judge(server);
}

void access_tick(struct server *server)
{
    if (server->access_stale && !server->access_checking)
        judging_start(server);
}

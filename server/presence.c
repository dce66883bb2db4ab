// Who looks at what: told to those who watch and may see it; gone with the session
// (live.h). Loop thread.
#include <utlist.h>

#include "server/access/pass.h"
#include "server/server.h"
#include "server/session.h"
#include "server/watch.h"

// The watch by which this session hears of such a record; NULL: it does not.
static struct watch *present_watch(const struct session *session, const struct kind *kind, int64_t about)
{
    struct watch *watch;
    LL_FOREACH2(session->watches, watch, sibling)
    {
        if (watch->sight && filter_takes(&watch->filter, kind, about) && scope_reads_record(&watch->sight->scope, kind, about))
            return watch;
    }
    return NULL;
}

static void present_tell(struct live *live, const struct session *who, bool left)
{
    const struct session_present *at = &who->present;
    struct watch *watch;
    DL_FOREACH(live->watches, watch)
    {
        struct session *session = watch->session;
        if (session != who && session_unsent(session) <= SESSION_HIGH && present_watch(session, at->kind, at->about) == watch)
            push_present(session, watch->id, watch->sight, who, left);
    }
}

void presents_tell(struct live *live, struct watch *watch)
{
    const struct session *who;
    DL_FOREACH2(live->present, who, present_next)
    {
        if (who != watch->session && present_watch(watch->session, who->present.kind, who->present.about) == watch)
            push_present(watch->session, watch->id, watch->sight, who, false);
    }
}

void presents_tick(struct live *live, int64_t now)
{
    struct session *who, *next;
    DL_FOREACH_SAFE2(live->present, who, next, present_next)
    {
        if (!pass_alive(who->pass, now))
            live_present(who, NULL, 0, 0, 0);
    }
}

void live_present(struct session *session, const struct kind *kind, int64_t id, int64_t about, uint32_t field)
{
    struct live *live = session->server->live;
    bool same = session->present.kind == kind && session->present.id == id;
    if (session->present.kind) {
        if (!same)
            present_tell(live, session, true);
        DL_DELETE2(live->present, session, present_prev, present_next);
    }
    session->present = (struct session_present){kind, id, about, field};
    if (!kind)
        return;
    DL_APPEND2(live->present, session, present_prev, present_next);
    present_tell(live, session, false);
}

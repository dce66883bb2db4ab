// What one person has of the server (person.h). Loop thread.
#include "server/person.h"

#include <stdlib.h>

#include "common/error.h"
#include "server/server.h"
#include "server/session.h"

static struct person *person_find(struct server *server, int64_t staff)
{
    struct person *person;
    HASH_FIND(hh, server->people, &staff, sizeof staff, person);
    if (person)
        return person;
    person = calloc(1, sizeof *person);
    if (!person)
        return NULL;
    person->staff = staff;
    HASH_ADD(hh, server->people, staff, sizeof person->staff, person);
    if (TABLE_TOOK(person))
        return person;
    free(person);
    return NULL;
}

int person_join(struct session *session, struct problem *problem)
{
    if (session->person)
        return 0;
    struct person *person = person_find(session->server, session->staff);
    if (!person)
        return problem_set(problem, ERR_NOMEM, "The server is short of memory; nobody was logged in.");
    if (person->n_sessions >= PERSON_SESSIONS) {
        problem_set(problem, ERR_BUSY, "You are logged in on %d connections already, and no one person may have more.", PERSON_SESSIONS);
        problem_hint(problem, "End a sendco that still runs: a watch in another window, a script, another computer. One that was cut off "
                              "counts for 75 seconds.");
        return ERR_BUSY;
    }
    person->n_sessions++;
    session->person = person;
    return 0;
}

void person_leave(struct session *session)
{
    struct person *person = session->person;
    session->person = NULL;
    if (!person || --person->n_sessions > 0)
        return;
    HASH_DEL(session->server->people, person);
    free(person);
}

int person_may_watch(const struct session *session, struct problem *problem)
{
    const struct person *person = session->person;
    if (person->n_watches < PERSON_WATCHES)
        return 0;
    problem_set(problem, ERR_BUSY, "You watch %d things already, on %u connection%s, and no one person may watch more.", PERSON_WATCHES,
                person->n_sessions, person->n_sessions > 1 ? "s" : "");
    problem_hint(problem, "End one with Unwatch, or a window or script that watches; or watch more kinds in one.");
    return ERR_BUSY;
}

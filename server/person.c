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

static void person_forget(struct server *server, struct person *person)
{
    if (person->n_sessions > 0 || person->n_requests > 0)
        return;
    HASH_DEL(server->people, person);
    free(person);
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
    if (!person)
        return;
    person->n_sessions--;
    person_forget(session->server, person);
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

struct person *person_asks(struct session *session)
{
    if (session->person)
        session->person->n_requests++;
    return session->person;
}

int person_may_ask(const struct person *person, struct problem *problem)
{
    if (person->n_requests <= PERSON_REQUESTS)
        return 0;
    problem_set(problem, ERR_BUSY, "You wait for %d answers already, and no one person may wait for more.", PERSON_REQUESTS);
    problem_hint(problem, "Nothing was changed; ask again when some have come.");
    return ERR_BUSY;
}

void person_answered(struct server *server, struct person *person)
{
    if (!person)
        return;
    person->n_requests--;
    person_forget(server, person);
}

int person_changes(struct person *person, size_t size, struct problem *problem)
{
    if (person->changing > 0 && person->changing + size > PERSON_CHANGES) {
        problem_set(problem, ERR_BUSY, "As many of your changes wait to be made as one person may send at once.");
        problem_hint(problem, "Nothing was changed; send it again when some are made, or much at once with Stage.");
        return ERR_BUSY;
    }
    person->changing += size;
    return 0;
}

void person_changed(struct person *person, size_t size)
{
    person->changing -= size;
}

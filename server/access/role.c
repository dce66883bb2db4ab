// The roles' names. Any thread.
#include "server/access/role.h"

#include <stddef.h>

#include "common/text.h"

static const struct {
    const char *word, *name;
} roles[ROLE_COUNT] = {
    [ROLE_NONE] = {"none", "No role"},
    [ROLE_SENDCO] = {"sendco", "SENDCO"},
    [ROLE_CNPL] = {"cnpl", "Complex Needs Provision Leader"},
    [ROLE_HEAD] = {"head", "Headteacher"},
    [ROLE_TEACHER] = {"teacher", "Class teacher"},
    [ROLE_TA] = {"ta", "Teaching assistant"},
    [ROLE_MEDICAL] = {"medical", "Medical administrator"},
    [ROLE_GOVERNOR] = {"governor", "Governor"},
};

const char *role_name(enum role role)
{
    return role > ROLE_NONE && role < ROLE_COUNT ? roles[role].name : roles[ROLE_NONE].name;
}

const char *role_word(enum role role)
{
    return role > ROLE_NONE && role < ROLE_COUNT ? roles[role].word : roles[ROLE_NONE].word;
}

enum role role_find(const char *word)
{
    for (int role = ROLE_NONE + 1; word && role < ROLE_COUNT; role++)
        if (text_same(word, roles[role].word))
            return (enum role)role;
    return ROLE_NONE;
}

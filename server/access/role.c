// The roles' words. Any thread.
#include "server/access/role.h"

static const char *const words[ROLE_COUNT] = {
    [ROLE_NONE] = "none",       [ROLE_SENDCO] = "sendco", [ROLE_CNPL] = "cnpl",       [ROLE_HEAD] = "head",
    [ROLE_TEACHER] = "teacher", [ROLE_TA] = "ta",         [ROLE_MEDICAL] = "medical", [ROLE_GOVERNOR] = "governor",
};

const char *role_word(enum role role)
{
    return role > ROLE_NONE && role < ROLE_COUNT ? words[role] : words[ROLE_NONE];
}

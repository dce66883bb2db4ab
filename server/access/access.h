// From a person to what that person may see and do just now.
#ifndef SERVER_ACCESS_ACCESS_H
#define SERVER_ACCESS_ACCESS_H

#include <stdbool.h>

#include "server/store/store.h"

// A store_scope_fn: the matrix for the actor's role, and whom "own" means today,
// read from Assignment and ClassMembership in this very snapshot. sendcod itself
// (staff 0) may everything. 0, ERR_NOMEM, ERR_IO. In whichever thread the view lives.
store_scope_fn access_scope;

// Does the scope depend on who is assigned where?
bool access_uses_own(const struct scope *scope);
// May a change to a record of this kind change anybody's scope?
bool access_kind_matters(const struct kind *kind);
// A scope of its own in the arena. 0 or ERR_NOMEM.
int access_scope_copy(const struct scope *scope, struct arena *arena, struct scope *copy);

#endif

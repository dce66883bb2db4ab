// Registers every rule with the store, so that the store needs to know none of
// them. Main thread, at start.
#include "server/rules/rules.h"

void rules_register(struct store *store)
{
    people_rules(store);
    standing_rules(store);
    plans_rules(store);
    targets_rules(store);
    provision_rules(store);
    span_rules(store);
    members_rules(store);
    sessions_rules(store);
    contact_rules(store);
    advice_rules(store);
}

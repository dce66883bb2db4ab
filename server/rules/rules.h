// What the law and the school ask of records beyond what their annotations say.
// Checks judge a change inside the writer's transaction; they read through view.h.
#ifndef SERVER_RULES_RULES_H
#define SERVER_RULES_RULES_H

struct store;

// Tells the store every check. Before the loop runs, once.
void rules_register(struct store *store);

// One per subject, each in its file.
void people_rules(struct store *store);   // Pupil, Staff, Assignment
void standing_rules(struct store *store); // SenStatus, Need
void plans_rules(struct store *store);    // Plan, Target

#endif

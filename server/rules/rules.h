// What the law and the school ask of records beyond what their annotations say.
// Checks judge a change inside the writer's transaction; they read through view.h.
#ifndef SERVER_RULES_RULES_H
#define SERVER_RULES_RULES_H

struct store;

// Tells the store every check. Before the loop runs, once.
void rules_register(struct store *store);

// One per subject, each in its file.
void people_rules(struct store *store);    // Pupil, Staff, Assignment
void standing_rules(struct store *store);  // SenStatus, Need, Concern
void plans_rules(struct store *store);     // Plan
void targets_rules(struct store *store);   // Target, TargetReview, Strategy
void provision_rules(struct store *store); // Provision: what follows from it
void span_rules(struct store *store);      // Provision with its members and sessions
void members_rules(struct store *store);   // ProvisionMember
void sessions_rules(struct store *store);  // ProvisionSession, Attendance
void contact_rules(struct store *store);   // ContactLog, Meeting, MeetingAttendee, Action
void advice_rules(struct store *store);    // Target, Provision, TargetReview, ContactLog: what is told, never refused

#endif

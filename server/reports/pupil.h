// Sections of the pupil's page that have a file of their own. Each leaves itself out
// where the reader may see nothing of it. 0 or an error. Reader thread.
#ifndef SERVER_REPORTS_PUPIL_H
#define SERVER_REPORTS_PUPIL_H

#include "server/reports/pupil_page.h"

// pupil_targets.c
struct pupil_targets {
    struct page_list plans;    // begun by the report's day, newest first
    struct page_list of_plans; // every target
    struct page_list targets;  // those to show, in order: first the current ones
    struct page_list reviews;  // every review, newest first
    size_t n_current;
};
int targets_read(const struct page *page, struct pupil_targets *all); // 0 or an error with its sentence
// How a target stood on the report's day: "open", "met", "partly-met", "not-met" or "stopped".
const char *targets_status(const struct page *page, const struct pupil_targets *all, const struct record *target);
// Its newest review up to that day; NULL.
const struct record *targets_review(const struct page *page, const struct pupil_targets *all, const struct record *target);
// pupil_plans.c
int plans_sections(const struct page *page); // plans, targets, reviews
int strategies_section(const struct page *page);
// pupil_work.c
int meetings_sections(const struct page *page); // parents, meetings
int actions_section(const struct page *page);
// pupil_provision.c
int provision_section(const struct page *page);

#endif

// Whom a watched change is about, by name: asked once and remembered while the name
// holds. Main thread.
#include "client/cli/watch_about.h"

#include <stdlib.h>
#include <string.h>

#include "client/cli/run.h"
#include "common/kind.h"
#include "common/text.h"

static struct watch_label *label_slot(struct watch_labels *labels, const struct kind *kind, int64_t id)
{
    return &labels->slots[((size_t)id * 31 + kind->number) % WATCH_LABELS];
}

void watch_label_forget(struct watch_labels *labels, const struct kind *kind, int64_t id)
{
    struct watch_label *slot = label_slot(labels, kind, id);

    if (slot->kind != kind || slot->id != id)
        return;
    free(slot->text);
    *slot = (struct watch_label){0};
}

static int on_label(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    const Sendco__RecordsReply *records = reply->body_case == SENDCO__REPLY__BODY_RECORDS ? reply->records : NULL;
    struct cli_labels *others = cli_labels_new(cli);
    struct problem ignored;
    struct record *record;
    const char **label = data;

    problem_init(&ignored, NULL);
    if (!records || records->n_records == 0 || cli_record(cli, records->records[0], &record, &ignored) != 0)
        return 0;
    cli_labels_add(others, records->n_labels, records->labels);
    *label = record_show(record, record->kind->shows, cli_label, others, &cli->arena);
    return 0;
}

// NULL when the server does not say; it is asked once.
static const char *label_of(struct cli *cli, struct watch_labels *labels, const struct kind *kind, int64_t id)
{
    struct watch_label *slot = label_slot(labels, kind, id);
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Get get = SENDCO__GET__INIT;
    const char *label = NULL;
    struct problem ignored;

    if (slot->kind == kind && slot->id == id)
        return slot->text;
    problem_init(&ignored, NULL);
    get.has_kind = get.has_id = get.has_labels = get.labels = true;
    get.kind = kind->number;
    get.id = id;
    request.body_case = SENDCO__REQUEST__BODY_GET;
    request.get = &get;
    if (cli_ask_once(cli, &request, on_label, &label, &ignored, NULL) != 0 || !label)
        return NULL;
    free(slot->text);
    *slot = (struct watch_label){kind, id, strdup(label)};
    return slot->text;
}

const char *watch_about(struct cli *cli, struct watch_labels *labels, const Sendco__Change *change, const struct kind *kind, int64_t id)
{
    const struct kind *about = change->about ? kind_by_number(change->about->kind) : NULL;

    if (!about || change->about->id <= 0 || (about == kind && change->about->id == id))
        return "";
    const char *label = label_of(cli, labels, about, change->about->id);
    const char *words = label ? arena_printf(&cli->arena, " of %s", text_safe(label, false, &cli->arena)) : NULL;
    return words ? words : "";
}

void watch_labels_free(struct watch_labels *labels)
{
    for (size_t i = 0; i < WATCH_LABELS; i++)
        free(labels->slots[i].text);
}

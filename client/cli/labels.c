// What the records are called that others refer to, as the answers of a run name them. Main thread.
#include "client/cli/cli.h"
#include "common/kind.h"

struct label {
    const struct kind *kind;
    int64_t id;
    const char *text;
};

struct cli_labels {
    struct arena *arena;
    struct label *slots; // open addressing, never full
    size_t n, size;
};

struct cli_labels *cli_labels_new(struct cli *cli)
{
    struct cli_labels *labels = arena_zero(&cli->arena, 1, sizeof *labels);

    if (labels)
        labels->arena = &cli->arena;
    return labels;
}

static struct label *label_slot(const struct cli_labels *labels, const struct kind *kind, int64_t id)
{
    size_t at = ((size_t)id * 31 + kind->number) * 0x9E3779B1u & (labels->size - 1);

    while (labels->slots[at].kind && (labels->slots[at].kind != kind || labels->slots[at].id != id))
        at = (at + 1) & (labels->size - 1);
    return &labels->slots[at];
}

static bool labels_grow(struct cli_labels *labels)
{
    struct label *old = labels->slots;
    size_t size = labels->size, more = size ? size * 2 : 256;
    struct label *slots = arena_zero(labels->arena, more, sizeof *slots);

    if (!slots)
        return false;
    labels->slots = slots;
    labels->size = more;
    for (size_t i = 0; i < size; i++)
        if (old[i].kind)
            *label_slot(labels, old[i].kind, old[i].id) = old[i];
    return true;
}

void cli_labels_add(struct cli_labels *labels, size_t n, Sendco__Label *const *list)
{
    for (size_t i = 0; labels && i < n; i++) {
        const struct kind *kind = kind_by_number(list[i]->kind);

        if (!kind || !list[i]->text || (labels->n * 2 >= labels->size && !labels_grow(labels)))
            continue;
        struct label *slot = label_slot(labels, kind, list[i]->id);
        labels->n += slot->kind == NULL;
        *slot = (struct label){kind, list[i]->id, arena_strdup(labels->arena, list[i]->text)};
    }
}

const char *cli_label(const struct kind *kind, int64_t id, void *data)
{
    const struct cli_labels *labels = data;
    char text[ID_TEXT_MAX];

    if (labels && labels->size > 0) {
        const struct label *slot = label_slot(labels, kind, id);

        if (slot->kind && slot->text)
            return slot->text;
    }
    id_format(kind, id, text);
    const char *kept = labels ? arena_strdup(labels->arena, text) : NULL;
    return kept ? kept : "";
}

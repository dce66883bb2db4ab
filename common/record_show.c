// What a record is called: its kind's template with its own values. Any thread.
#include "common/record.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"

struct show {
    const struct record *record;
    record_label_fn *label;
    void *data;
    struct arena *arena;
    struct buffer out;
    bool failed;
};

static void show_append(struct show *show, const char *text, size_t size)
{
    show->failed |= buffer_append(&show->out, text, size) != 0;
}

static const struct field *show_field(const struct show *show, const char *name, size_t size)
{
    const struct kind *kind = show->record->kind;
    for (size_t i = 0; i < kind->n_fields; i++) {
        if (strlen(kind->fields[i].name) == size && memcmp(kind->fields[i].name, name, size) == 0) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

static const char *show_value(struct show *show, const struct field *field)
{
    struct value value = show->record->values[field->index];
    if (field->as == AS_REF && value.type == VALUE_NUMBER && show->label) {
        const char *label = show->label(field->ref, value.number, show->data);
        if (label) {
            return label;
        }
    }
    return value_format(field, value, VALUE_HUMAN, show->arena);
}

// The closing partner of a bracket that an empty field took along.
static char show_partner(const char *literal, size_t size)
{
    char last = size ? literal[size - 1] : '\0';
    return last == '(' ? ')' : last == '[' ? ']' : '\0';
}

// Text before an empty field goes with it; before the first value shown there is
// none, so that what remains never begins with a comma.
static void show_walk(struct show *show, const char *template)
{
    bool any = false, first = true;
    char closing = '\0';
    for (const char *at = template; *at && !show->failed;) {
        const char *open = strchr(at, '{'), *close = open ? strchr(open, '}') : NULL;
        const char *literal = at;
        size_t size = close ? (size_t)(open - at) : strlen(at);
        if (size && closing && *literal == closing) {
            literal++;
            size--;
            closing = '\0';
        }
        if (!close) {
            show_append(show, literal, any ? size : 0);
            return;
        }
        const struct field *field = show_field(show, open + 1, (size_t)(close - open - 1));
        const char *value = field ? show_value(show, field) : "";
        if (*value) {
            show_append(show, literal, any || first ? size : 0);
            show_append(show, value, strlen(value));
            any = true;
        } else {
            closing = show_partner(literal, size);
        }
        first = false;
        at = close + 1;
    }
}

const char *record_show(const struct record *record, const char *template, record_label_fn *label, void *data, struct arena *arena)
{
    struct show show = {.record = record, .label = label, .data = data, .arena = arena};
    buffer_init(&show.out);
    show_walk(&show, template);
    const char *text = NULL;
    if (!show.failed && buffer_size(&show.out)) {
        text = arena_strndup(arena, (const char *)buffer_head(&show.out), buffer_size(&show.out));
    }
    buffer_deinit(&show.out);
    if (!text) {
        // Nothing in it may be shown, or all of it is empty: its id names it still.
        char id[ID_TEXT_MAX];
        text = arena_strdup(arena, id_format(record->kind, record->id, id));
    }
    return text ? text : record->kind->title;
}

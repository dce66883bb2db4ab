// The mutator of the targets that take messages: it changes items, and inside them fields,
// so that most of what it makes gets past the first check. libFuzzer calls it; bytes are still
// changed blindly one time in eight.
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/item.h"
#include "tests/fuzz/tree.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out, size_t most,
                                 unsigned seed);

#define ITEMS_MOST 64
#define SPOTS_MOST 512

struct spot { // one field, anywhere
    struct tree *tree;
    size_t at;
    unsigned depth;
};

struct spots {
    struct spot list[SPOTS_MOST];
    size_t n;
};

static void spots_find(struct spots *spots, struct tree *tree, unsigned depth)
{
    for (size_t i = 0; i < tree->n && spots->n < SPOTS_MOST; i++) {
        spots->list[spots->n++] = (struct spot){tree, i, depth};
        if (tree->fields[i].message)
            spots_find(spots, tree->fields[i].message, depth + 1);
    }
}

static void tree_insert(struct tree *tree, size_t at, struct tree_field field)
{
    if (tree->n >= TREE_FIELDS - 1)
        return;
    memmove(&tree->fields[at + 1], &tree->fields[at], (tree->n - at) * sizeof field);
    tree->fields[at] = field;
    tree->n++;
}

static void tree_remove(struct tree *tree, size_t at)
{
    memmove(&tree->fields[at], &tree->fields[at + 1], (tree->n - at - 1) * sizeof tree->fields[0]);
    tree->n--;
}

static void change_bytes(struct tree_field *field, struct arena *arena)
{
    size_t most = field->size + 16;
    uint8_t *bytes = arena_alloc(arena, most);
    if (!bytes || field->message)
        return;
    if (field->size)
        memcpy(bytes, field->data, field->size);
    field->size = LLVMFuzzerMutate(bytes, field->size, most);
    field->data = bytes;
}

static void change_field(struct spot *spot, const struct spots *others, struct tree_chance *chance, struct arena *arena)
{
    struct tree *tree = spot->tree;
    struct tree_field *field = &tree->fields[spot->at];
    const struct spot *other = &others->list[tree_below(chance, others->n)];
    switch (tree_below(chance, 12)) {
    case 0:
        tree_remove(tree, spot->at);
        break;
    case 1:
        tree_insert(tree, spot->at, *field);
        break;
    case 2:
        field->number = tree_below(chance, 4) ? 1 + (uint32_t)tree_below(chance, 24) : (uint32_t)(tree_random(chance) >> 35);
        break;
    case 3:
        field->wire = (uint8_t)tree_below(chance, 8);
        break;
    case 4:
        field->lie = (int64_t)tree_below(chance, 9) - 4;
        break;
    case 5: // bytes or a message from elsewhere, under this number
        field->message = other->tree->fields[other->at].message;
        field->data = other->tree->fields[other->at].data;
        field->size = other->tree->fields[other->at].size;
        break;
    case 6: // a whole field from elsewhere, where it belongs
        if (other->tree->descriptor == tree->descriptor)
            tree_insert(tree, tree_below(chance, tree->n + 1), other->tree->fields[other->at]);
        break;
    case 7:
    case 8:
        *field = tree_field_grow(tree, chance, spot->depth, arena);
        break;
    case 9:
        tree_insert(tree, tree_below(chance, tree->n + 1), tree_field_grow(tree, chance, spot->depth, arena));
        break;
    default:
        if (field->wire == 0)
            field->value = tree_below(chance, 3) ? tree_number(chance) : field->value + 1 - 2 * tree_below(chance, 2);
        else
            change_bytes(field, arena);
    }
}

// A tree that holds itself would be written for ever.
static bool too_deep(const struct tree *tree, unsigned depth)
{
    for (size_t i = 0; depth < 2 * TREE_DEPTH && i < tree->n; i++)
        if (tree->fields[i].message && too_deep(tree->fields[i].message, depth + 1))
            return true;
    return depth >= 2 * TREE_DEPTH;
}

// The item's message anew, `times` changes later. NULL: as it was.
static struct tree *item_change(const struct item *item, const struct item *other, struct tree_chance *chance, struct arena *arena)
{
    static struct spots spots, others;
    const ProtobufCMessageDescriptor *is = fuzz_message(item->how);
    size_t skip = item->how & ITEM_RAW && item->size >= 4 ? 4 : 0;
    struct tree *tree =
        tree_below(chance, 12) ? tree_read(is, item->data + skip, item->size - skip, 0, arena) : tree_grow(is, chance, 0, arena);
    struct tree *from = tree_read(fuzz_message(other->how), other->data, other->size, 0, arena);
    for (size_t times = 1 + tree_below(chance, 3); tree && from && times > 0; times--) {
        spots.n = others.n = 0;
        spots_find(&spots, tree, 0);
        spots_find(&others, from, 0);
        if (spots.n == 0 || others.n == 0)
            return tree_grow(is, chance, 0, arena);
        change_field(&spots.list[tree_below(chance, spots.n)], &others, chance, arena);
    }
    return tree && !too_deep(tree, 0) ? tree : NULL;
}

static int put_item(struct buffer *out, uint8_t how, const uint8_t *data, size_t size)
{
    const uint8_t head[ITEM_HEAD] = {how, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    if (buffer_append(out, head, sizeof head) || size >> 24)
        return -1;
    return size ? buffer_append(out, data, size) : 0;
}

static int put_tree(struct buffer *out, uint8_t how, const struct tree *tree)
{
    struct buffer packed;
    buffer_init(&packed);
    uint8_t length[4] = {0};
    int result = how & ITEM_RAW ? buffer_append(&packed, length, 4) : 0;
    if (!result)
        result = tree_write(tree, &packed);
    if (!result && how & ITEM_RAW)
        for (unsigned i = 0; i < 4; i++)
            buffer_head(&packed)[i] = (uint8_t)((buffer_size(&packed) - 4) >> (24 - 8 * i));
    if (!result)
        result = put_item(out, how, buffer_head(&packed), buffer_size(&packed));
    buffer_deinit(&packed);
    return result;
}

static size_t items_of(const uint8_t *data, size_t size, struct item items[ITEMS_MOST])
{
    size_t n = 0;
    if (size == 0)
        return 0;
    data++;
    size--;
    while (n < ITEMS_MOST && item_next(&data, &size, &items[n]))
        n++;
    return n;
}

static size_t answer(struct buffer *out, uint8_t *data, size_t most)
{
    size_t size = buffer_size(out) < most ? buffer_size(out) : most;
    memcpy(data, buffer_head(out), size);
    buffer_deinit(out);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    struct tree_chance chance = {seed};
    struct item items[ITEMS_MOST];
    size_t n = items_of(data, size, items), at = tree_below(&chance, n);
    if (n == 0 || tree_below(&chance, 8) == 0)
        return LLVMFuzzerMutate(data, size, most);
    struct arena arena;
    struct buffer out;
    arena_init(&arena, (size_t)64 << 20);
    buffer_init(&out);
    size_t what = tree_below(&chance, 12), to = tree_below(&chance, n);
    uint8_t who = what == 0 ? (uint8_t)(tree_random(&chance) & (tree_below(&chance, 2) ? 0xff : 0x83)) : data[0];
    struct tree *tree = what > 4 ? item_change(&items[at], &items[to], &chance, &arena) : NULL;
    int result = buffer_append(&out, &who, 1);
    for (size_t i = 0; !result && i < n; i++) {
        uint8_t how = items[i].how;
        if (i == at && what == 1)
            continue;
        if (i == at && what == 2)
            how = (uint8_t)(how ^ 1u << tree_below(&chance, 8));
        if (i == at && tree)
            result = put_tree(&out, how, tree);
        else
            result = put_item(&out, how, items[i].data, items[i].size);
        if (!result && i == to && what == 3)
            result = put_item(&out, items[at].how, items[at].data, items[at].size);
        if (!result && i == to && what == 4)
            result = put_tree(&out, (uint8_t)(items[at].how & ~ITEM_RAW), tree_grow(fuzz_message(items[at].how), &chance, 0, &arena));
    }
    arena_deinit(&arena);
    return answer(&out, data, most);
}

// Items of the one, then of the other.
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out, size_t most, unsigned seed)
{
    struct tree_chance chance = {seed};
    struct item first[ITEMS_MOST], second[ITEMS_MOST];
    size_t n = items_of(a, a_size, first), m = items_of(b, b_size, second);
    size_t keep = tree_below(&chance, n + 1), from = tree_below(&chance, m + 1);
    struct buffer made;
    buffer_init(&made);
    if (a_size == 0 || buffer_append(&made, a, 1))
        return 0;
    int result = 0;
    for (size_t i = 0; !result && i < keep; i++)
        result = put_item(&made, first[i].how, first[i].data, first[i].size);
    for (size_t i = from; !result && i < m; i++)
        result = put_item(&made, second[i].how, second[i].data, second[i].size);
    return answer(&made, out, most);
}

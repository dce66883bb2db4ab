// The replay: walks the recording and puts memory_disk into the states in which a cut
// at each position can have left the disk. What came before a file's last sync is
// there. Of what came after it anything may be, in any order, to the sector; where a
// file has become longer without its content, there may be zeros or noise. A file that
// was deleted is another than the one made anew under its name. One thread.
#include "tests/faults/powercut.h"

#include <stdlib.h>
#include <string.h>

#include "tests/faults/vfs_memory.h"
#include "tests/faults/vfs_record.h"

#define SECTOR   512
#define ATTEMPTS 6 // to find a state that was not there yet, for each that is wanted

static struct image synced[IMAGE_FILES], written[IMAGE_FILES]; // for certain; when all went well
static const struct event *events;
static size_t n_events, at;
static size_t *pending[IMAGE_FILES], n_pending[IMAGE_FILES], pending_room[IMAGE_FILES], synced_at[IMAGE_FILES];
static uint64_t *known, known_room, n_known; // states there have been, by their making
static struct dice dice;
static uint64_t making; // of the state in work
static double keep;     // the likelihood that a piece is there

static bool chance(double likelihood)
{
    return (double)(dice_next(&dice) >> 11) * 0x1p-53 < likelihood;
}

static void made_of(uint64_t what)
{
    struct dice mixed = {making ^ what * UINT64_C(0xff51afd7ed558ccd)};
    making = dice_next(&mixed);
}

static uint64_t *known_at(uint64_t hash)
{
    uint64_t i = hash % known_room;
    while (known[i] && known[i] != hash)
        i = (i + 1) % known_room;
    return &known[i];
}

static bool is_new(void)
{
    uint64_t hash = making ? making : 1;
    if (2 * n_known >= known_room) {
        uint64_t *old = known, n = known_room;
        known_room = n ? 2 * n : 65536;
        known = calloc(known_room, sizeof *known);
        if (!known)
            abort();
        for (uint64_t i = 0; i < n; i++)
            if (old[i])
                *known_at(old[i]) = old[i];
        free(old);
    }
    if (*known_at(hash))
        return false;
    *known_at(hash) = hash;
    n_known++;
    return true;
}

// --- pieces ---

static void whole(struct image *image, const struct event *event)
{
    if (event->type == EVENT_WRITE)
        image_write(image, event->offset, event->data, event->size);
    else if (event->type == EVENT_TRUNCATE)
        image_truncate(image, event->offset);
    else if (event->type == EVENT_DELETE)
        image_clear(image);
    else if (event->type == EVENT_CREATE && !image->exists)
        image_truncate(image, 0);
}

// The piece did not come, but the file may have grown by it.
static void missing(struct image *image, int64_t offset, size_t size)
{
    uint8_t noise[SECTOR];
    int64_t end = offset + (int64_t)size, from = offset > image->size ? offset : image->size;
    if (end <= image->size || !chance(0.25))
        return;
    made_of((uint64_t)end);
    image_truncate(image, end);
    if (chance(0.5))
        return;
    for (; from < end; from += SECTOR) {
        for (size_t i = 0; i < sizeof noise; i += sizeof(uint64_t))
            memcpy(noise + i, &(uint64_t){dice_next(&dice)}, sizeof(uint64_t));
        image_write(image, from, noise, end - from < SECTOR ? (size_t)(end - from) : SECTOR);
    }
    made_of(dice.state);
}

static void piece(struct image *image, size_t number, size_t from, size_t size)
{
    const struct event *event = &events[number];
    if (!chance(keep)) {
        missing(image, event->offset + (int64_t)from, size);
        return;
    }
    made_of(number);
    made_of(from << 32 | size);
    image_write(image, event->offset + (int64_t)from, event->data + from, size);
}

// Each sector of the disk that the write touches, for itself.
static void torn(struct image *image, size_t number)
{
    const struct event *event = &events[number];
    for (size_t from = 0; from < event->size;) {
        size_t within = (size_t)((event->offset + (int64_t)from) % SECTOR), size = SECTOR - within;
        size = size < event->size - from ? size : event->size - from;
        piece(image, number, from, size);
        from += size;
    }
}

static void shuffle(size_t *list, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = dice_next(&dice) % i, kept = list[i - 1];
        list[i - 1] = list[other];
        list[other] = kept;
    }
}

// Writes overtake each other, but not what makes the file shorter or longer or takes it away.
static void reorder(size_t *list, size_t n)
{
    for (size_t from = 0, to; from < n; from = to + 1) {
        for (to = from; to < n && events[list[to]].type == EVENT_WRITE; to++)
            ;
        shuffle(list + from, to - from);
    }
}

// A name stands for one of the files that bore it since names were last kept: that one's
// events. `fresh`: it is not the file of `synced`.
static void one_life(enum image_file file, const size_t **list, size_t *n, bool *fresh)
{
    size_t first = 0, end = n_pending[file];
    *fresh = false;
    for (size_t i = 0; i < n_pending[file]; i++) {
        if (events[pending[file][i]].type != EVENT_DELETE)
            continue;
        if (chance(0.5)) {
            end = i;
            break;
        }
        made_of(pending[file][i]);
        first = i + 1;
        *fresh = true;
    }
    *list = pending[file] + first;
    *n = end - first;
}

static void lay_one(struct image *image, size_t number, enum state state)
{
    const struct event *event = &events[number];
    if (event->type == EVENT_WRITE && state == STATE_TORN)
        torn(image, number);
    else if (event->type == EVENT_WRITE)
        piece(image, number, 0, event->size);
    else if (chance(keep)) {
        made_of(number);
        whole(image, event);
    }
}

// All in order but the last write, of which only the first bytes came.
static void lay_cut(struct image *image, const size_t *list, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++)
        whole(image, &events[list[i]]);
    if (!n)
        return;
    const struct event *event = &events[list[n - 1]];
    size_t size = event->type == EVENT_WRITE ? dice_next(&dice) % event->size : 0;
    made_of(list[n - 1]);
    made_of(size);
    if (size)
        image_write(image, event->offset, event->data, size);
}

static void lay_some(struct image *image, const size_t *list, size_t n, enum state state)
{
    size_t *order = malloc((n + 1) * sizeof *order);
    if (!order)
        abort();
    if (n)
        memcpy(order, list, n * sizeof *order);
    if (state == STATE_REORDERED || (state == STATE_TORN && chance(0.5)))
        reorder(order, n);
    for (size_t i = 0; i < n; i++)
        lay_one(image, order[i], state);
    free(order);
}

static void lay(struct image *image, enum image_file file, enum state state)
{
    const size_t *list;
    size_t n;
    bool fresh;
    made_of(synced_at[file]);
    one_life(file, &list, &n, &fresh);
    if (fresh)
        image_clear(image);
    else
        image_copy(image, &synced[file]);
    if (state == STATE_CUT)
        lay_cut(image, list, n);
    else
        lay_some(image, list, n, state);
}

// --- states ---

static bool judge(struct replay *replay, enum state state)
{
    replay->of[state]++;
    replay->last = state;
    return judge_state(told_promise(at));
}

static bool fixed(struct replay *replay, enum state state, const struct image *images)
{
    for (int f = 0; f < IMAGE_FILES; f++)
        image_copy(&memory_disk[f], &images[f]);
    return judge(replay, state);
}

static bool random_state(struct replay *replay)
{
    static const double likelihoods[] = {0.1, 0.5, 0.9};
    enum state state = STATE_SUBSET + dice_below(&dice, STATES - STATE_SUBSET);
    struct promise promise = told_promise(at);
    making = promise.seq * 1000 + promise.tickets;
    keep = likelihoods[dice_below(&dice, 3)];
    for (int f = 0; f < IMAGE_FILES; f++)
        lay(&memory_disk[f], (enum image_file)f, state);
    if (is_new())
        return judge(replay, state);
    replay->repeated++;
    return true;
}

static size_t total(const struct replay *replay)
{
    size_t n = 0;
    for (int i = 0; i < STATES; i++)
        n += replay->of[i];
    return n;
}

// What is wanted is spread evenly over the positions that are left.
static bool states_here(struct replay *replay, double *due)
{
    size_t waiting = n_pending[IMAGE_DB] + n_pending[IMAGE_WAL] + n_pending[IMAGE_JOURNAL], n = total(replay);
    if (!fixed(replay, STATE_PREFIX, written))
        return false;
    if (!waiting)
        return true;
    if ((at == n_events || events[at].type >= EVENT_SYNC) && !fixed(replay, STATE_SYNCED, synced))
        return false;
    if (replay->wanted > n)
        *due += (double)(replay->wanted - n) / (double)(n_events + 1 - at);
    for (int tries = 0; *due >= 1 && tries < ATTEMPTS * 16; tries++) {
        size_t before = total(replay);
        if (!random_state(replay))
            return false;
        *due -= (double)(total(replay) - before);
    }
    return true;
}

// The directory was synced: which files there are is certain.
static void names_kept(enum image_file file)
{
    size_t n = 0, *list = pending[file];
    for (size_t i = 0; i < n_pending[file]; i++) {
        enum event_type type = events[list[i]].type;
        if (type == EVENT_DELETE)
            n = 0;
        if (type == EVENT_DELETE || type == EVENT_CREATE)
            whole(&synced[file], &events[list[i]]);
        else
            list[n++] = list[i];
    }
    if (n != n_pending[file])
        synced_at[file] = at + 1;
    n_pending[file] = n;
}

static void happen(const struct event *event)
{
    enum image_file file = event->file;
    if (event->type == EVENT_NAMES) {
        for (int f = 0; f < IMAGE_FILES; f++)
            names_kept((enum image_file)f);
        return;
    }
    if (event->type == EVENT_SYNC) {
        image_copy(&synced[file], &written[file]);
        n_pending[file] = 0;
        synced_at[file] = at + 1;
        return;
    }
    whole(&written[file], event);
    if (n_pending[file] == pending_room[file]) {
        pending_room[file] = pending_room[file] ? 2 * pending_room[file] : 1024;
        pending[file] = realloc(pending[file], pending_room[file] * sizeof *pending[file]);
        if (!pending[file])
            abort();
    }
    pending[file][n_pending[file]++] = at;
}

bool replay_run(struct replay *replay, uint64_t seed)
{
    double due = 0;
    dice.state = seed ^ UINT64_C(0x5eed);
    events = recorder_events(&n_events);
    for (at = 0; at <= n_events; at++) {
        replay->positions++;
        if (!states_here(replay, &due))
            return false;
        if (at == n_events)
            break;
        replay->syncs += events[at].type == EVENT_SYNC;
        happen(&events[at]);
    }
    for (int f = 0; f < IMAGE_FILES; f++)
        image_copy(&memory_disk[f], &written[f]);
    return true;
}

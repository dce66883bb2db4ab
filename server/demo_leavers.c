// The demo's comings and goings: last year's Year 6, who went on to other schools in
// July, and the few who came or went in the middle of a year. Main thread.
#include "server/demo_world.h"

enum { MOVERS = 5, TO_SECONDARY = DEMO_YEARS };

void demo_roll_sizes(struct demo_world *world)
{
    world->n_pupils = world->options->pupils;
    world->n_finished = (world->n_pupils + 3) / (DEMO_YEARS - 1);
    world->n_all = world->n_pupils + world->n_finished + demo_share(world, MOVERS);
}

int32_t demo_until(const struct demo_world *world, const struct demo_pupil *pupil)
{
    return pupil->left == DATE_NONE ? world->last : pupil->left;
}

int32_t demo_upto(const struct demo_pupil *pupil, int32_t day)
{
    return pupil->left != DATE_NONE && day > pupil->left ? pupil->left : day;
}

bool demo_on_roll(const struct demo_pupil *pupil, int32_t day)
{
    return pupil->entered <= day && demo_upto(pupil, day) == day;
}

void demo_stays(struct demo_world *world, const struct demo_pupil *pupil, struct demo_entry *entry)
{
    if (pupil->left == DATE_NONE)
        return;
    struct demo_entry *edit = demo_edit(world, entry, demo_typed(world, pupil->left), demo_lead_of(world, pupil));
    edit->stage = STAGE_LAST;
    demo_number(edit, "ends", pupil->left);
}

// --- when ----------------------------------------------------------------------

// Some day in the middle of this year or of last, that weekday; of last year when this
// one has only begun. Sought backwards, so that it has been.
static int32_t middle_of_year(struct demo_world *world, bool this_year, int weekday)
{
    const struct demo_term *terms = &world->terms[this_year ? DEMO_TERMS / 2 : 0];
    int32_t from = terms[0].starts + 28, to = terms[2].starts + 20;
    if (to > world->last - 12)
        to = world->last - 12;
    if (from > to)
        return middle_of_year(world, false, weekday);
    int32_t day = demo_between(world->random, from, to);
    while (date_weekday(day) != weekday || !demo_school_day(day))
        day--;
    return day;
}

static bool is_mover(const struct demo_world *world, size_t place)
{
    return place >= world->n_pupils + world->n_finished;
}

int demo_year_of(const struct demo_world *world, size_t place)
{
    if (place < world->n_pupils)
        return (int)(place * DEMO_YEARS / world->n_pupils);
    if (!is_mover(world, place))
        return TO_SECONDARY;
    size_t movers = world->n_all - world->n_pupils - world->n_finished, at = place - world->n_pupils - world->n_finished;
    return 2 + (int)(at * (DEMO_YEARS - 2) / movers);
}

int32_t demo_left_of(struct demo_world *world, size_t place)
{
    if (place < world->n_pupils)
        return DATE_NONE;
    // They leave on Fridays, as a rule.
    return is_mover(world, place) ? middle_of_year(world, place % 2 == 1, 5) : world->terms[DEMO_TERMS / 2 - 1].ends;
}

bool demo_is_joiner(const struct demo_world *world, size_t place)
{
    size_t n = demo_share(world, MOVERS), quarter = world->n_pupils / 4; // the youngest begin here
    for (size_t i = 0; i < n; i++) {
        if (place == quarter + (world->n_pupils - quarter) * (2 * i + 1) / (2 * n))
            return place < world->n_pupils;
    }
    return false;
}

int32_t demo_joined_of(struct demo_world *world, size_t place)
{
    return middle_of_year(world, place % 2 == 0, 1);
}

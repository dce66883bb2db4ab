// The words of the demo's targets and of their reviews. Constant data; demo_verdict
// main thread.
#include "server/demo_world.h"

#include <string.h>

static const struct demo_aim aims[] = {
    {"CI", "Follow a three-part instruction given to the whole class",
     "4 of 5 instructions followed without a repeat, three lessons running", "Follows one part; looks to others for the rest",
     "Follows two parts of three; checks the third with a neighbour"},
    {"CI", "Join two ideas with because, so or but when speaking", "Heard in 3 of 5 answers in guided talk",
     "Answers in single words and short phrases", "Because in most answers; so and but only when modelled"},
    {"CI", "Ask a friend to play and take turns in the game", "Plays for ten minutes at two breaks a week", "Watches others, plays alone",
     "Joins when asked; five minutes, then back to the wall"},
    {"CI", "Use a now-and-next board to move between activities", "Moves within two minutes, 8 changes of 10",
     "Needs an adult's hand to move on", "5 of 10, and always into lunch"},
    {"CI", "Say the sounds k and g clearly at the start of words", "9 of 10 picture cards said clearly", "Says t and d instead",
     "k in 8 of 10; g still d when in a hurry"},
    {"CI", "Answer who, where and what-doing questions about a picture", "12 of 15 with the colour-coded strips",
     "Answers who; repeats the rest of the question", "Who and where safe, what-doing in 2 of 5"},
    {"CI", "Tell an adult or a friend when something was not understood", "Once a lesson without prompting, four lessons of five",
     "Nods, and copies", "Uses the card, does not yet say it"},
    {"CI", "Keep to the topic for four turns of a conversation", "Three talks a week in Lego group", "One turn, then trains",
     "Three turns; trains arrive at the fourth"},
    {"CL", "Read 45 of the first 100 high-frequency words at sight", "45 read within two seconds each, on two days", "Reads 19",
     "Reads 34"},
    {"CL", "Spell words with the digraphs ai, ee, igh and oa", "16 of 20 in dictation", "5 of 20", "11 of 20; igh is the sticky one"},
    {"CL", "Know number bonds to ten without counting", "18 of 20 in three minutes", "Counts on fingers from one", "11 of 20"},
    {"CL", "Write two sentences with capital letters and full stops", "Three pieces of work in a row", "Writes a string of words, no stops",
     "Capitals always, stops when reminded"},
    {"CL", "Retell a short story with beginning, middle and end", "All three parts present, with picture cards only",
     "Names one event when prompted", "Beginning and end; the middle goes missing"},
    {"CL", "Blend three sounds into a word", "18 of 20 words from Set 1", "Says the sounds, guesses the word",
     "12 of 20, all with s, m or f first"},
    {"CL", "Count out objects to 20, touching each once", "Four sets of five right", "Runs past 7", "Right to 13"},
    {"CL", "Use the twos, fives and tens tables in word problems", "8 of 10, with a table square", "Adds in ones",
     "Tens and fives; twos by doubling on paper"},
    {"CL", "Write a paragraph of five sentences from a frame", "Two a week, the frame shown and no adult", "Two sentences with a scribe",
     "Four sentences; the fifth is The End"},
    {"CL", "Type the home-row keys without looking", "15 words a minute, nine in ten right", "Hunts with one finger", "9 words a minute"},
    {"SEMH", "Name how you feel with the feelings chart before a hard task", "Done unprompted on 4 days of 5",
     "Leaves the room without a word", "With a nod from an adult, 3 days of 5"},
    {"SEMH", "Come into class calmly after break", "Settled within five minutes, 8 of 10 breaks", "Settles in twenty minutes with an adult",
     "Ten minutes, and alone"},
    {"SEMH", "Use the help card instead of leaving the table", "Used in 3 of 4 hard moments a day", "Leaves the table five times a day",
     "Used about half the time; leaves twice a day"},
    {"SEMH", "Work beside a partner for fifteen minutes", "Three times a week, without an adult at the table", "Four minutes",
     "Nine minutes"},
    {"SEMH", "Lose a game without ending it", "Four games of five finished in the nurture room", "Tips the board",
     "Finishes, under protest"},
    {"SEMH", "Have a go at the first question alone", "Begun within three minutes in four lessons of five", "Waits to be told twice",
     "Begins in maths; waits in English"},
    {"SEMH", "Come through the gate without being carried", "Nine mornings of ten", "Two mornings of ten", "Six mornings of ten"},
    {"SP", "Hold the pencil in a tripod grip for a whole page", "Page finished with the grip kept, with the sloped board",
     "Grip lost after two lines", "Half a page"},
    {"SP", "Ask to sit where the board can be seen", "Asks without prompting in each new room", "Copies from a neighbour",
     "Asks in the classroom, not in the hall"},
    {"SP", "Check hearing aids with the ring of sounds each morning", "Done alone on 5 days of 5", "Done by an adult",
     "Alone on 3 days of 5"},
    {"SP", "Take the stairs with one hand on the rail", "Up and down, no adult hand, two weeks running", "Waits for a hand",
     "Up alone, down with a hand"},
    {"SP", "Use both hands to cut along a curved line", "Within half a centimetre on three shapes", "Turns the scissors, not the paper",
     "Straight lines neat, curves in steps"},
};

const struct demo_aim *demo_aim(struct demo_random *random, const char *area)
{
    size_t fits[sizeof aims / sizeof aims[0]], n = 0;
    for (size_t i = 0; i < sizeof aims / sizeof aims[0]; i++) {
        if (!area || strcmp(aims[i].area, area) == 0)
            fits[n++] = i;
    }
    return &aims[n ? fits[demo_below(random, n)] : demo_below(random, sizeof aims / sizeof aims[0])];
}

// By judgement, as TargetReview counts them: 1 exceeded … 5 not assessed.
static const char *const evidence[6][6] = {
    {NULL},
    {"Done in three subjects and at home; the class has stopped noticing, which is the best of signs.",
     "Went past the measure by half term and asked what came next.",
     "Two observations by different adults; both counted more than was asked.", NULL},
    {"Observed on two days by two adults.", "Work sample in the folder; no prompt was given.",
     "Tally kept over two weeks by the group's adult.", "Shown in class and not only in the small room.", "Class book, last three pieces.",
     NULL},
    {"Tally over two weeks: more good days than bad.", "Does it with the group's adult, forgets it with the supply teacher.",
     "Mornings yes, afternoons no.", "Work sample: begun alone, finished with help.", NULL},
    {"Tally kept; hardly a change since the baseline.", "Many sessions were lost this term; there was little time to learn it.",
     "The step was too big. We would halve it.", "Did it twice, in the first week.", NULL},
    {"Away for most of the last three weeks; nothing fair could be measured.", "The group's adult left before the exit measure was taken.",
     "New to the class; a fresh baseline is taken first.", NULL},
};
static const char *const nexts[6][5] = {
    {NULL},
    {"Take the next step on; tell the family why we are pleased.", "No further target here; keep an eye on it in class.", NULL},
    {"Keep it going in class for a term, without the group.", "The next step of the same ladder.", "Use it in writing too.", NULL},
    {"Carry on with a smaller measure.", "Same aim, ten minutes a day instead of two half hours.",
     "Practise it where it fails: after lunch.", NULL},
    {"Halve the step and start again.", "Ask the specialist for another way in.", "Change the time of day before changing the aim.", NULL},
    {"Measure again in the first fortnight of term.", "Take a baseline before anything else.", NULL},
};

struct demo_verdict demo_verdict(struct demo_world *world, const struct demo_aim *aim, int judgement)
{
    struct demo_verdict verdict = {.evidence = demo_word(world->random, evidence[judgement]),
                                   .next = demo_word(world->random, nexts[judgement])};
    const char *const values[] = {NULL, demo_kept(world, "More than: %s", aim->measure), aim->measure, aim->partly, aim->baseline, NULL};
    verdict.value = values[judgement];
    return verdict;
}

// The points of every sweep are shared out among a few processes, each with a store of its
// own: they go the same way through the same sweeps, and each tries every so manieth point.
// One thread, before a process has others.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/nth_store.h"

#define SWEEPS_MOST 4096

struct told { // among the processes
    _Atomic uint64_t points;
    struct {
        _Atomic uint64_t tried, ended;
        _Atomic unsigned finished; // how many of the processes have
    } sweeps[SWEEPS_MOST];
};

static struct told *told;

static unsigned processes = 1, mine;
static size_t sweep; // the number of the next

bool share_mine(uint64_t i)
{
    return i % processes == mine;
}

void share_told(const char *scenario, const char *failing, uint64_t tried, uint64_t of, uint64_t ended)
{
    if (sweep == SWEEPS_MOST)
        abort();
    told->points += tried;
    uint64_t all = told->sweeps[sweep].tried += tried, ends = told->sweeps[sweep].ended += ended;
    if (++told->sweeps[sweep++].finished < processes || !all)
        return;
    printf("%-17s %-28s %6llu points", scenario, failing, (unsigned long long)all);
    if (of)
        printf(" of %llu", (unsigned long long)of);
    if (ends)
        printf(", %llu of them end the store", (unsigned long long)ends);
    printf("\n");
}

static pid_t begin(void (*work)(void))
{
    pid_t parent = getpid(), child = fork();
    if (child < 0)
        abort();
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody goes on alone
    if (getppid() != parent)
        exit(1);
    work();
    exit(0);
}

static void work_together(void (*work)(void))
{
    int how = 0;
    fflush(stdout);
    for (mine = 0; mine < processes; mine++)
        begin(work);
    for (unsigned i = 0; i < processes && how == 0; i++)
        if (wait(&how) < 0)
            abort();
    if (how && WIFSIGNALED(how))
        printf("red: it was ended by signal %d\n", WTERMSIG(how));
    if (how)
        exit(1);
}

uint64_t share_out(unsigned among, void (*work)(void))
{
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        abort();
    processes = among;
    if (processes == 1)
        work();
    else
        work_together(work);
    return told->points;
}

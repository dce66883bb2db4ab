// Bad links between machines that are one: run by tests/faults/network*.py. It needs no tc:
// each machine is a network namespace of this program's making with a TUN device in it, the
// near one at 10.77.0.1 and N far ones from 10.77.0.2 on, and every IP packet between the near
// one and a far one passes this program, which delays it, loses it, or lets nothing through.
// It must run as root of a user namespace (unshare -Urn). One thread.
//
//   network_link N
//
// It says "ready PID…": the processes that hold the namespaces, the near one's first. Then it
// takes commands on standard input, the number of a far machine before each, and answers each
// with a line:
//
//   I delay MS          of each packet, each way        I loss PERMILLE    of packets, each way
//   I kbit N            a second, each way; 0: no limit I seed N           of chance
//   I up | I down       down: packets vanish, those on their way too
//   I cut-there BYTES   down as soon as so many more bytes of IP have gone to the near machine
//   I cut-back BYTES    the same of what comes from there
//   I look              "turns N there BYTES back BYTES lost N up|down": since the last "zero"
//   I zero              turns: how often the near machine answered something
//   reboot              the near machine loses power, and all connections; answers "ready PID"
//
// The end of standard input ends it.
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/network_machine.h"

#define FAR_MAX    16
#define PACKET_MAX 2048
#define QUEUE_MAX  4096 // packets on their way in one direction; more are lost, as in a router

struct packet {
    struct packet *next;
    uint64_t due; // ns
    size_t size;
    uint8_t bytes[];
};

struct way {
    int from, to;
    struct packet *first, **last;
    size_t n;
    uint64_t bytes, cut; // cut: the link goes down when `bytes` gets there; 0: never
    uint64_t free;       // ns: when the one before has left a link of limited speed
};

struct machine {
    struct way there, back;
    uint64_t delay, kbit, chance, turns, lost, loss;
    bool down, asked;
};

static struct machine machines[FAR_MAX];
static int n_machines, near;
static pid_t near_pid;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// xorshift64*: the same seed loses the same packets.
static uint64_t chance_next(struct machine *machine)
{
    machine->chance ^= machine->chance >> 12;
    machine->chance ^= machine->chance << 25;
    machine->chance ^= machine->chance >> 27;
    return (machine->chance * UINT64_C(2685821657736338717)) >> 33;
}

// --- packets -----------------------------------------------------------------------

static void drop_all(struct way *way)
{
    struct packet *packet;

    while ((packet = way->first)) {
        way->first = packet->next;
        free(packet);
    }
    way->last = &way->first;
    way->n = 0;
}

static void go_down(struct machine *machine)
{
    machine->down = true;
    drop_all(&machine->there);
    drop_all(&machine->back);
}

// Does it say anything: bytes of TCP, or the beginning of a connection?
static bool speaks(const uint8_t *bytes, size_t size)
{
    size_t head = (size_t)(bytes[0] & 15) * 4;

    if (size < 40 || bytes[0] >> 4 != 4 || bytes[9] != IPPROTO_TCP || size < head + 20)
        return false;
    return size > head + (size_t)(bytes[head + 12] >> 4) * 4 || (bytes[head + 13] & 2) != 0;
}

static void count(struct machine *machine, const struct way *way, const uint8_t *bytes, size_t size)
{
    if (!speaks(bytes, size))
        return;
    machine->turns += way == &machine->back && machine->asked;
    machine->asked = way == &machine->there;
}

static void send_off(struct machine *machine, struct way *way, const uint8_t *bytes, size_t size)
{
    struct packet *packet = malloc(sizeof *packet + size);
    uint64_t now = now_ns();

    if (!packet)
        machine_fail("memory");
    way->free = (way->free > now ? way->free : now) + (machine->kbit ? size * 8 * 1000000 / machine->kbit : 0);
    packet->next = NULL;
    packet->due = way->free + machine->delay;
    packet->size = size;
    memcpy(packet->bytes, bytes, size);
    *way->last = packet;
    way->last = &packet->next;
    way->n++;
}

static void arrive(struct machine *machine, struct way *way, const uint8_t *bytes, size_t size)
{
    way->bytes += size;
    if (!machine->down && way->cut && way->bytes >= way->cut) {
        way->cut = 0;
        go_down(machine);
    }
    if (machine->down || way->n == QUEUE_MAX || (machine->loss && chance_next(machine) % 1000 < machine->loss)) {
        machine->lost++;
        return;
    }
    count(machine, way, bytes, size);
    send_off(machine, way, bytes, size);
}

static void receive_from(struct machine *machine)
{
    uint8_t bytes[PACKET_MAX];
    ssize_t size;

    while ((size = read(machine->there.from, bytes, sizeof bytes)) > 0)
        arrive(machine, &machine->there, bytes, (size_t)size);
}

// To whom it goes the last byte of its address says.
static void receive_near(void)
{
    uint8_t bytes[PACKET_MAX];
    ssize_t size;

    while ((size = read(near, bytes, sizeof bytes)) > 0) {
        int number = size >= 20 && bytes[0] >> 4 == 4 ? bytes[19] - 2 : -1;

        if (number >= 0 && number < n_machines)
            arrive(&machines[number], &machines[number].back, bytes, (size_t)size);
    }
}

static void deliver(struct machine *machine, struct way *way, uint64_t now)
{
    struct packet *packet;

    while ((packet = way->first) && packet->due <= now) {
        if (!(way->first = packet->next))
            way->last = &way->first;
        way->n--;
        if (write(way->to, packet->bytes, packet->size) < 0)
            machine->lost++; // a device that is full loses packets too
        free(packet);
    }
}

// --- commands ------------------------------------------------------------------------

static void set(struct machine *machine, const char *word, uint64_t n)
{
    if (!strcmp(word, "delay"))
        machine->delay = n * 1000000;
    else if (!strcmp(word, "loss"))
        machine->loss = n;
    else if (!strcmp(word, "kbit"))
        machine->kbit = n;
    else if (!strcmp(word, "seed"))
        machine->chance = n * UINT64_C(0x9e3779b97f4a7c15) + 1;
    else if (!strcmp(word, "cut-there"))
        machine->there.cut = machine->there.bytes + n;
    else if (!strcmp(word, "cut-back"))
        machine->back.cut = machine->back.bytes + n;
    else if (!strcmp(word, "zero"))
        machine->turns = machine->there.bytes = machine->back.bytes = machine->lost = 0;
    else if (!strcmp(word, "down"))
        go_down(machine);
    else if (!strcmp(word, "up"))
        machine->down = false, machine->there.cut = machine->back.cut = 0;
    else if (strcmp(word, "look") != 0)
        printf("? ");
}

// What the kernel of a machine without power would still send is gone with its namespace.
static void reboot(void)
{
    close(near);
    kill(near_pid, SIGKILL);
    waitpid(near_pid, NULL, 0);
    near_pid = machine_make(1, &near);
    for (int i = 0; i < n_machines; i++) {
        drop_all(&machines[i].there);
        drop_all(&machines[i].back);
        machines[i].there.to = machines[i].back.from = near;
    }
    printf("ready %ld\n", (long)near_pid);
}

static void command(const char *line)
{
    unsigned long long n = 0;
    char word[16] = "";
    int number = -1;

    sscanf(line, "%d %15s %llu", &number, word, &n);
    if (!strcmp(line, "reboot")) {
        reboot();
    } else if (number < 0 || number >= n_machines) {
        printf("? no machine %d\n", number);
    } else {
        struct machine *machine = &machines[number];

        set(machine, word, n);
        printf("turns %llu there %llu back %llu lost %llu %s\n", (unsigned long long)machine->turns,
               (unsigned long long)machine->there.bytes, (unsigned long long)machine->back.bytes, (unsigned long long)machine->lost,
               machine->down ? "down" : "up");
    }
    fflush(stdout);
}

static bool commands(void)
{
    static char lines[1024];
    static size_t used;
    ssize_t size = read(STDIN_FILENO, lines + used, sizeof lines - 1 - used);
    char *end;

    if (size <= 0)
        return false;
    used += (size_t)size;
    lines[used] = '\0';
    while ((end = strchr(lines, '\n'))) {
        *end = '\0';
        command(lines);
        used -= (size_t)(end + 1 - lines);
        memmove(lines, end + 1, used + 1);
    }
    return used < sizeof lines - 1;
}

static struct timespec until_next(uint64_t now)
{
    uint64_t due = now + UINT64_C(1000000000);

    for (int i = 0; i < n_machines; i++) {
        const struct packet *there = machines[i].there.first, *back = machines[i].back.first;

        if (there && there->due < due)
            due = there->due;
        if (back && back->due < due)
            due = back->due;
    }
    due = due > now ? due - now : 0;
    return (struct timespec){(time_t)(due / 1000000000), (long)(due % 1000000000)};
}

static void pass(void)
{
    for (int i = 0; i < n_machines; i++) {
        receive_from(&machines[i]);
        deliver(&machines[i], &machines[i].there, now_ns());
        deliver(&machines[i], &machines[i].back, now_ns());
    }
}

static void run(void)
{
    struct pollfd ready[2 + FAR_MAX] = {{STDIN_FILENO, POLLIN, 0}};

    for (int i = 0; i < n_machines; i++)
        ready[2 + i] = (struct pollfd){machines[i].there.from, POLLIN, 0};
    for (bool open = true; open;) {
        struct timespec wait = until_next(now_ns());

        ready[1] = (struct pollfd){near, POLLIN, 0};
        if (ppoll(ready, 2 + (nfds_t)n_machines, &wait, NULL) < 0 && errno != EINTR)
            machine_fail("poll");
        receive_near();
        pass();
        if (ready[0].revents)
            open = commands();
    }
}

int main(int argc, char **argv)
{
    pid_t pids[FAR_MAX];
    int far;

    n_machines = argc == 2 ? atoi(argv[1]) : 0;
    if (n_machines < 1 || n_machines > FAR_MAX) {
        fprintf(stderr, "network_link N: from 1 to %d far machines\n", FAR_MAX);
        return 2;
    }
    near_pid = machine_make(1, &near);
    printf("ready %ld", (long)near_pid);
    for (int i = 0; i < n_machines; i++) {
        struct machine *machine = &machines[i];

        pids[i] = machine_make(2 + i, &far);
        *machine = (struct machine){.there = {.from = far, .to = near}, .back = {.from = near, .to = far}, .chance = 1};
        machine->there.last = &machine->there.first;
        machine->back.last = &machine->back.first;
        printf(" %ld", (long)pids[i]);
    }
    printf("\n");
    fflush(stdout);
    run();
    kill(near_pid, SIGKILL);
    waitpid(near_pid, NULL, 0);
    for (int i = 0; i < n_machines; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    return 0;
}

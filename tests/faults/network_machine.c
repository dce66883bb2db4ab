// Machines that are namespaces: see network_link.c. One thread.
#include "tests/faults/network_machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

_Noreturn void machine_fail(const char *what)
{
    fprintf(stderr, "network_link: %s: %s\n", what, strerror(errno));
    exit(1);
}

// --- devices ------------------------------------------------------------------

static void set_up(int control, const char *name, const char *address)
{
    struct ifreq request = {0};
    struct sockaddr_in in = {.sin_family = AF_INET};

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (address) {
        inet_pton(AF_INET, address, &in.sin_addr);
        memcpy(&request.ifr_addr, &in, sizeof in);
        if (ioctl(control, SIOCSIFADDR, &request) != 0)
            machine_fail("an address");
        inet_pton(AF_INET, "255.255.255.0", &in.sin_addr);
        memcpy(&request.ifr_netmask, &in, sizeof in);
        if (ioctl(control, SIOCSIFNETMASK, &request) != 0)
            machine_fail("a netmask");
    }
    if (ioctl(control, SIOCGIFFLAGS, &request) != 0)
        machine_fail("the flags of a device");
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP | IFF_RUNNING);
    if (ioctl(control, SIOCSIFFLAGS, &request) != 0)
        machine_fail("a device up");
}

static int device(const char *address)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || control < 0)
        machine_fail("/dev/net/tun");
    snprintf(request.ifr_name, sizeof request.ifr_name, "link0");
    if (ioctl(fd, TUNSETIFF, &request) != 0)
        machine_fail("a TUN device");
    set_up(control, "lo", NULL);
    set_up(control, "link0", address);
    close(control);
    return fd;
}

// --- namespaces -----------------------------------------------------------

static void give(int socket, int fd)
{
    char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    if (sendmsg(socket, &message, 0) != 1)
        machine_fail("handing over a device");
}

static int take(int socket)
{
    char byte, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    int fd;

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
        exit(1); // the other said why
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

pid_t machine_make(int number, int *fd)
{
    char byte, address[32];
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        machine_fail("a pair of sockets");
    pid_t pid = fork();
    if (pid < 0)
        machine_fail("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pair[0]);
        if (unshare(CLONE_NEWNET) != 0)
            machine_fail("a network namespace");
        snprintf(address, sizeof address, "10.77.0.%d", number);
        give(pair[1], device(address));
        while (read(pair[1], &byte, 1) > 0)
            ;
        _exit(0);
    }
    close(pair[1]);
    *fd = take(pair[0]);
    return pid;
}

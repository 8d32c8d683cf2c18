/* client: the least that a load generator on epoll can do. It writes canned gets, counts the bytes that come back, and writes
 * as many gets as whole replies have come. It parses nothing and measures no latency, so it is the floor that memlite
 * load is measured against. All values are expected to have one size.
 * Usage: client PORT KEY CLIENTS DEPTH SECONDS; prints the operations and the processor seconds that they took. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 16384 };
static char in[65536], *requests;
static size_t request, reply, partial[MOST + 64];

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double processor(void) {
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void ask(int fd, size_t n) {
	if (send(fd, requests, n * request, MSG_NOSIGNAL) != (ssize_t)(n * request)) {
		perror("send");
		exit(2);
	}
}

static ssize_t take(int fd) {
	ssize_t n = recv(fd, in, sizeof in, 0);
	if (n <= 0) {
		fprintf(stderr, "recv: %s\n", n ? strerror(errno) : "closed");
		exit(2);
	}
	return n;
}

int main(int argc, char **argv) {
	if (argc != 6)
		return 2;
	int clients = atoi(argv[3]), depth = atoi(argv[4]), one = 1;
	if (clients < 1 || clients > MOST || depth < 1)
		return 2;
	char get[512];
	request = (size_t)snprintf(get, sizeof get, "get %s\r\n", argv[2]);
	requests = malloc(request * (size_t)depth);
	for (int i = 0; i < depth; i++)
		memcpy(requests + (size_t)i * request, get, request);

	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	int ep = epoll_create1(0), *fds = calloc((size_t)clients, sizeof *fds);
	for (int i = 0; i < clients; i++) {
		int fd = fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || fd >= (int)(sizeof partial / sizeof *partial) || connect(fd, (struct sockaddr *)&a, sizeof a)) {
			perror("connect");
			return 2;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	}
	/* How long a reply is: what comes back until nothing more does. */
	ask(fds[0], 1);
	struct epoll_event ready[64];
	while (epoll_wait(ep, ready, 64, 200) > 0)
		reply += (size_t)take(fds[0]);
	if (reply < 20) {
		fprintf(stderr, "the key is not there\n");
		return 2;
	}
	long done = 0, before = 0;
	double cpu = 0, begin = 0, start = now(), end = start + 0.3 + atof(argv[5]);
	for (int i = 0; i < clients; i++)
		ask(fds[i], (size_t)depth);
	for (double t = start; t < end; t = now()) {
		if (begin == 0 && t > start + 0.3) {
			begin = t;
			before = done;
			cpu = processor();
		}
		int k = epoll_wait(ep, ready, 64, -1);
		for (int i = 0; i < k; i++) {
			int fd = ready[i].data.fd;
			partial[fd] += (size_t)take(fd);
			size_t whole = partial[fd] / reply;
			if (whole > 0) {
				partial[fd] -= whole * reply;
				done += (long)whole;
				ask(fd, whole);
			}
		}
	}
	printf("%ld %.6f\n", done - before, processor() - cpu);
	return 0;
}

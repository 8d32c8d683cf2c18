/* canned: the least that a server on epoll can do. It reads, counts line ends, and writes as many canned replies to
 * a get of a 100-byte value. It parses nothing, so it is the ceiling that the reference server is measured against.
 * Usage: canned PORT KEY */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static char in[65536], out[1 << 20];

int main(int argc, char **argv) {
	char reply[512];
	int one = 1;
	int n = snprintf(reply, sizeof reply, "VALUE %s 100\r\n", argc > 2 ? argv[2] : "k");
	memset(reply + n, 'x', 100);
	memcpy(reply + n + 100, "\r\nEND\r\n", 7);
	size_t len = (size_t)n + 107;

	int ln = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argc > 1 ? argv[1] : "0"))};
	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	setsockopt(ln, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(ln, (struct sockaddr *)&a, sizeof a) || listen(ln, 4096)) {
		perror("listen");
		return 2;
	}
	int ep = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN, .data.fd = ln}, ready[512];
	epoll_ctl(ep, EPOLL_CTL_ADD, ln, &e);
	for (;;) {
		int k = epoll_wait(ep, ready, 512, -1);
		for (int i = 0; i < k; i++) {
			int fd = ready[i].data.fd;
			if (fd == ln) {
				int c = accept4(ln, NULL, NULL, SOCK_NONBLOCK);
				if (c < 0)
					continue;
				setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
				e.events = EPOLLIN;
				e.data.fd = c;
				epoll_ctl(ep, EPOLL_CTL_ADD, c, &e);
				continue;
			}
			ssize_t r = read(fd, in, sizeof in);
			if (r <= 0) {
				close(fd);
				continue;
			}
			size_t o = 0;
			for (char *p = in; (p = memchr(p, '\n', (size_t)(in + r - p))) && o + len < sizeof out; p++, o += len)
				memcpy(out + o, reply, len);
			if (write(fd, out, o) < 0)
				close(fd);
		}
	}
}

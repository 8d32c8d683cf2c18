#!/usr/bin/env python3
"""Writes ketama.txt: which server libmemcached itself sends a key to, in its weighted ketama mode.

Needs libmemcached.so.11 (Debian: libmemcached11). No server is asked; only the library's choice is written down.
"""
import ctypes

lib = ctypes.CDLL("libmemcached.so.11")
lib.memcached_create.restype = ctypes.c_void_p
lib.memcached_create.argtypes = [ctypes.c_void_p]
lib.memcached_behavior_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64]
lib.memcached_server_add.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint16]
lib.memcached_server_add_unix_socket.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
lib.memcached_generate_hash.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
lib.memcached_generate_hash.restype = ctypes.c_uint32
lib.memcached_free.argtypes = [ctypes.c_void_p]

# MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED: ketama points and MD5 for both keys and points.
KETAMA_WEIGHTED = 16

POOLS = [
    ["10.0.0.1:11211", "10.0.0.2:11211"],
    ["127.0.0.1:5001", "127.0.0.1:5002", "127.0.0.1:5003"],
    ["cache-a.example:11211", "cache-b.example:11212", "10.1.2.3:21211", "localhost:11211", "h:1"],
    ["[::1]:5001", "[fe80::1]:11211", "127.0.0.1:5001"],
    ["unix:///tmp/a.sock", "unix:///tmp/b.sock", "127.0.0.1:11211"],
    ["10.0.0.%d:11211" % i for i in range(1, 41)],
]

for pool in POOLS:
    m = lib.memcached_create(None)
    assert lib.memcached_behavior_set(m, KETAMA_WEIGHTED, 1) == 0
    for server in pool:
        if server.startswith("unix://"):
            assert lib.memcached_server_add_unix_socket(m, server[len("unix://"):].encode()) == 0
        else:
            host, port = server.rsplit(":", 1)
            assert lib.memcached_server_add(m, host.strip("[]").encode(), int(port)) == 0
    keys = ["memlite:%024d" % k for k in range(150)] + ["key%d" % k for k in range(49)] + ["k" * 250]
    print(",".join(pool))
    for key in keys:
        print(key, lib.memcached_generate_hash(m, key.encode(), len(key)))
    lib.memcached_free(m)

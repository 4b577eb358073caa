#!/usr/bin/env python3
"""A TCP proxy that cuts connections where a bad link would: in the middle of a request body.

It relays 127.0.0.1:PORT to a target. The N-th connection that carries more than the handshake is cut
(reset on both sides) after a seeded number of bytes from the client; after the planned cuts it relays
everything. Only loopback addresses are accepted. Counters are written as JSON to --stats after every
change, so that a caller can read how many cuts and bytes there were.

Threads: one event loop.
"""
import argparse
import asyncio
import json
import os
import random
import socket
import struct
import sys


class Proxy:
    def __init__(self, target, cuts, seed, low, high, stats):
        self.target = target
        draw = random.Random(seed)
        self.plan = [draw.randint(low, high) for _ in range(cuts)]
        self.stats_path = stats
        self.stats = {"connections": 0, "cuts": 0, "bytes_up": 0, "bytes_down": 0, "seed": seed}

    def save(self):
        if not self.stats_path:
            return
        temporary = self.stats_path + ".tmp"
        with open(temporary, "w", encoding="utf-8") as out:
            json.dump(self.stats, out)
        os.replace(temporary, self.stats_path)

    @staticmethod
    def reset(writer):
        """Closes with RST, as a dropped link's gateway does."""
        sock = writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def client(self, reader, writer):
        self.stats["connections"] += 1
        try:
            up_reader, up_writer = await asyncio.open_connection(*self.target)
        except OSError:
            self.reset(writer)
            return
        state = {"sent": 0}
        budget = self.plan[0] if self.plan else None

        async def up():
            nonlocal budget
            while data := await reader.read(4096):
                if budget is not None and state["sent"] + len(data) > budget and self.plan:
                    data = data[: max(0, budget - state["sent"])]
                    up_writer.write(data)
                    await up_writer.drain()
                    self.stats["bytes_up"] += len(data)
                    self.plan.pop(0)
                    self.stats["cuts"] += 1
                    raise ConnectionResetError
                up_writer.write(data)
                await up_writer.drain()
                state["sent"] += len(data)
                self.stats["bytes_up"] += len(data)

        async def down():
            while data := await up_reader.read(65536):
                writer.write(data)
                await writer.drain()
                self.stats["bytes_down"] += len(data)

        tasks = [asyncio.create_task(up()), asyncio.create_task(down())]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        failed = any(task.exception() for task in done)
        for side in (writer, up_writer):
            if failed:
                self.reset(side)
            else:
                side.close()
        self.save()


async def serve(args):
    host, _, port = args.target.rpartition(":")
    if host not in ("127.0.0.1", "localhost", "[::1]"):
        sys.exit("cut_proxy: only loopback targets")
    proxy = Proxy((host, int(port)), args.cuts, args.seed, args.low, args.high, args.stats)
    server = await asyncio.start_server(proxy.client, "127.0.0.1", args.port)
    chosen = server.sockets[0].getsockname()[1]
    proxy.save()
    if args.port_file:
        with open(args.port_file + ".tmp", "w", encoding="utf-8") as out:
            out.write(f"{chosen}\n")
        os.replace(args.port_file + ".tmp", args.port_file)
    async with server:
        await asyncio.wait_for(server.serve_forever(), args.lifetime)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", required=True, help="host:port on loopback")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file")
    parser.add_argument("--stats")
    parser.add_argument("--cuts", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--low", type=int, default=2500, help="fewest client bytes before a cut")
    parser.add_argument("--high", type=int, default=9000, help="most client bytes before a cut")
    parser.add_argument("--lifetime", type=float, default=600, help="seconds until it ends by itself")
    args = parser.parse_args()
    try:
        asyncio.run(serve(args))
    except (asyncio.TimeoutError, KeyboardInterrupt):
        pass


if __name__ == "__main__":
    main()

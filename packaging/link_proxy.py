#!/usr/bin/env python3
"""A TCP proxy on loopback that behaves like a bad link: slow, and cut in the middle of a body.

It relays 127.0.0.1:PORT to a target. A planned cut resets both sides once the client has sent a
seeded number of bytes over one connection; after the planned cuts it relays everything. --rate
slows each direction. Counters go to --stats as JSON after every change. One event loop, no threads.
"""
import argparse
import asyncio
import json
import os
import random
import socket
import struct
import sys


def replace_file(path, text):
    with open(path + ".tmp", "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(path + ".tmp", path)


class Proxy:
    def __init__(self, args, target):
        self.target = target
        self.rate = args.rate
        draw = random.Random(args.seed)
        self.plan = [draw.randint(args.low, args.high) for _ in range(args.cuts)]
        self.stats_path = args.stats
        self.stats = {
            "connections": 0,
            "cuts": 0,
            "bytes_up": 0,
            "bytes_down": 0,
            "seed": args.seed,
        }

    def save(self):
        if self.stats_path:
            replace_file(self.stats_path, json.dumps(self.stats))

    async def relay(self, reader, writer, counter, budget=None):
        """Copies until the end, or until `budget` bytes are through: then the link is cut."""
        sent = 0
        while data := await reader.read(1400):
            if budget is not None:
                data = data[: budget - sent]
            if self.rate:
                await asyncio.sleep(len(data) / self.rate)
            writer.write(data)
            await writer.drain()
            sent += len(data)
            self.stats[counter] += len(data)
            if budget is not None and sent >= budget:
                self.plan.pop(0)
                self.stats["cuts"] += 1
                raise ConnectionResetError

    @staticmethod
    def end(writer, reset):
        sock = writer.get_extra_info("socket")
        if reset and sock is not None:  # with RST, as the gateway of a dropped link does
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.close()

    async def client(self, reader, writer):
        self.stats["connections"] += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            self.end(writer, reset=True)
            return
        budget = self.plan[0] if self.plan else None
        tasks = [
            asyncio.create_task(self.relay(reader, far_writer, "bytes_up", budget)),
            asyncio.create_task(self.relay(far_reader, writer, "bytes_down")),
        ]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        failed = any(task.exception() for task in done)
        self.end(writer, failed)
        self.end(far_writer, failed)
        self.save()


async def serve(args):
    host, _, port = args.target.rpartition(":")
    if host not in ("127.0.0.1", "localhost"):
        sys.exit("link_proxy: only loopback targets")
    proxy = Proxy(args, (host, int(port)))
    server = await asyncio.start_server(proxy.client, "127.0.0.1", args.port)
    proxy.save()
    if args.port_file:
        replace_file(args.port_file, f"{server.sockets[0].getsockname()[1]}\n")
    async with server:
        await asyncio.wait_for(server.serve_forever(), args.lifetime)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", required=True, help="host:port on loopback")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file")
    parser.add_argument("--stats", help="JSON file for the counters")
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--low", type=int, default=2500, help="fewest client bytes before a cut")
    parser.add_argument("--high", type=int, default=6000, help="most client bytes before a cut")
    parser.add_argument("--rate", type=int, default=0, help="bytes a second each way; 0 = no limit")
    parser.add_argument(
        "--lifetime", type=float, default=600, help="seconds until it ends by itself"
    )
    args = parser.parse_args()
    try:
        asyncio.run(serve(args))
    except (asyncio.TimeoutError, KeyboardInterrupt):
        pass


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# A chat of lines on a TCP port, for the bridge to be tried with: python3 chat.py [PORT].
#
# SAY <person> <tag> <text> is told to all as SAID <number> <person> <tag> <text>. Whoever comes is told all
# that stands, then READY. DELETE <number> takes one away (GONE <number>); other words are told to all as is.
import socketserver
import sys
import threading

said, clients, lock, newest = {}, [], threading.RLock(), 0


def tell_all(line):
    for client in list(clients):
        client.tell(line)


def take(line):
    global newest
    word, _, rest = line.partition(" ")
    if word == "SAY" and len(rest.split(" ", 2)) == 3:
        newest += 1
        said[str(newest)] = rest
        tell_all(f"SAID {newest} {rest}")
    elif word == "DELETE" and said.pop(rest, None) is not None:
        tell_all(f"GONE {rest}")
    elif word not in ("SAY", "DELETE"):
        tell_all(line)


class Client(socketserver.StreamRequestHandler):
    def tell(self, line):
        try:
            self.wfile.write((line + "\n").encode())
        except OSError:
            pass  # It has gone; its own thread takes it off the list.

    def handle(self):
        with lock:
            for number, rest in said.items():
                self.tell(f"SAID {number} {rest}")
            self.tell("READY")
            clients.append(self)
        try:
            for line in self.rfile:
                with lock:
                    take(line.decode("utf-8", "replace").rstrip("\r\n"))
        except OSError:
            pass
        finally:
            with lock:
                clients.remove(self)


class Chat(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


with Chat(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Client) as chat:
    print(chat.server_address[1], flush=True)
    chat.serve_forever()

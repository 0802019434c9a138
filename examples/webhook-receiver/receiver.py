#!/usr/bin/env python3
# Takes what a community's webhook sends, and says what it was told. How to start it is in README.md.
import hashlib
import hmac
import http.server
import json
import os
import sys
import time

SECRET = os.environ["KITH_SECRET"].encode()
ANSWER = int(os.environ.get("ANSWER", "204"))
TOLERANCE_S = int(os.environ.get("TOLERANCE_S", "300"))
told = set()


def is_signed(header, body):
    """Whether a letter is Kith's and of now: one that somebody kept cannot be sent again tomorrow."""
    fields = dict(field.split("=", 1) for field in header.split(",") if "=" in field)
    at, sent = fields.get("t", ""), fields.get("v1", "")
    mac = hmac.new(SECRET, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return at.isdigit() and abs(time.time() - int(at)) <= TOLERANCE_S and hmac.compare_digest(mac, sent)


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not is_signed(self.headers.get("Kith-Signature", ""), body):
            return self.answer(401, "FORGED")
        event = json.loads(body)
        # A letter may come twice, after a crash on either side: its id says so.
        word = "AGAIN" if event["id"] in told else "TOLD"
        told.add(event["id"])
        data = json.dumps(event["data"], ensure_ascii=False)
        self.answer(ANSWER, f"{word} {event['id']} {event['type']} {event.get('subject', '-')} {data}")

    def answer(self, status, line):
        print(line, flush=True)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if 300 <= status < 400:
            self.send_header("Location", os.environ["LOCATION"])
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
print("READY", flush=True)
server.serve_forever()

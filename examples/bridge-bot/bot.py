#!/usr/bin/env python3
# Bridges a chat of lines to a community. How to start it is in README.md.
#
# It keeps no file: what stands in the chat says what was posted there, and the community knows messages by
# the chat's own numbers. So whatever was cut off is done again after a restart, and nothing is said twice.
import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request

BASE, TOKEN = os.environ["KITH_CONNECTOR"].rstrip("/"), os.environ["KITH_TOKEN"]
host, port = os.environ["CHAT"].rsplit(":", 1)
chat = socket.create_connection((host, int(port)))
posted, known = {}, threading.Condition()  # The community's id of what the bot posted -> the chat's number.


def ask(path, body=None):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(BASE + path, sent, headers), timeout=60)


def say(*words):
    chat.sendall((" ".join(words).replace("\n", " ") + "\n").encode())


def relay(number, person, tag, text):
    """Somebody said something in the chat."""
    if person == "bridge":
        with known:
            posted[tag] = number
            return known.notify_all()
    parts = [{"type": "text", "text": text}]
    message = {"external_person": person, "nickname": person, "external_channel": "lobby",
               "external_id": number, "parts": parts}
    while True:
        try:
            verdict = json.load(ask("/messages", message))
            return [say("TELL", person, why["reason"]) for why in verdict["receipts"]]
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:  # They may not speak there: a ban, a mute.
                say("TELL", person, json.load(error)["title"])
                return say("DELETE", number)
        except OSError:
            pass
        time.sleep(1)


def carry_out(kind, effect):
    """The community wants something done in the chat."""
    message = effect.get("message")
    if kind == "post" and message not in posted:
        words = [part.get("text") or part.get("url") or f"[{part['type']}]" for part in effect["parts"]]
        say("SAY", "bridge", message, effect["author"]["nickname"] + ":", *words)
        with known:
            known.wait_for(lambda: message in posted)
    elif kind == "delete" and (number := effect.get("external_id") or posted.get(message)):
        say("DELETE", number)
    elif kind in ("mute", "unmute", "remove", "ban", "unban"):
        say(kind.upper(), effect["external_person"], effect.get("until", ""))


def listen():
    """Does what is asked, for ever. What a record asks is acknowledged once the next one asks something."""
    while True:
        try:
            for line in ask("/effects"):
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    ask("/acks", {"seq": int(value.split(".")[0]) - 1}).close()
                elif field == "event":
                    kind = value
                elif field == "data":
                    carry_out(kind, json.loads(value))
        except (OSError, ValueError):
            pass
        time.sleep(1)


for line in chat.makefile("r", encoding="utf-8", newline="\n"):
    word, *rest = line.rstrip("\n").split(" ", 4)
    if word == "READY":
        threading.Thread(target=listen, daemon=True).start()
    elif word == "SAID" and len(rest) == 4:
        relay(*rest)

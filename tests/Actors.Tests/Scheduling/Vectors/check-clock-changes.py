#!/usr/bin/env python3
"""Checks the columns of cron and Prefect in the table of clock changes of docs/schedules.md.

cron is gone through minute by minute as Vixie's cron.c does it, Prefect by its server's steps (Prefect 3, Python 3.13) with the
croniter that is installed. Prints the rows it finds otherwise; with --print all of them.
"""

import datetime as dt
import os
import sys
import zoneinfo

from croniter import croniter

UTC = dt.timezone.utc
DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..", "docs", "schedules.md")


def values(text, low, high):
    found = set()
    for item in text.split(","):
        body, _, step = item.partition("/")
        first, _, last = (f"{low}-{high}" if body == "*" else body).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def cron(expression, zone, start, end):
    """Expressions that restrict only minutes and hours."""
    minute, hour = expression.split()[:2]
    minutes, hours, wild = values(minute, 0, 59), values(hour, 0, 23), minute[0] == "*" or hour[0] == "*"
    runs = []

    def local(at):
        return (at + int(dt.datetime.fromtimestamp(at, zone).utcoffset().total_seconds())) // 60

    def run(virtual, wilds, others, at):
        if virtual % 60 in minutes and virtual // 60 % 24 in hours and (wilds if wild else others):
            runs.append(at)

    at = start // 60 * 60 - 7200
    virtual = local(at)
    while at <= end:
        at += 60
        now = local(at)
        jump = now - virtual
        if jump == 1 or abs(jump) > 180:
            virtual = now
            run(virtual, True, True, at)
        elif jump > 5:
            run(now, True, False, at)
            while virtual < now:
                virtual += 1
                run(virtual, False, True, at)
        elif jump > 0:
            while virtual < now:
                virtual += 1
                run(virtual, True, True, at)
        else:
            run(now, True, False, at)
    return [at for at in runs if start <= at <= end]


def prefect(expression, zone, start, end):
    bare = dt.datetime.fromtimestamp(start - 1, zone).replace(tzinfo=None, fold=0)
    asked, found = croniter(expression, bare), set()
    while not found or max(found) <= end:
        found.add(int(asked.get_next(dt.datetime).replace(tzinfo=zone).timestamp()))
    return sorted(at for at in found if start <= at <= end)


def show(found, zone, days):
    shown = []
    for at in found:
        local = dt.datetime.fromtimestamp(at, zone)
        first, second = (local.replace(fold=fold).timestamp() for fold in (0, 1))
        text = local.strftime("%d %H:%M" if days else "%H:%M") + ("" if first == second else "a" if at == first else "b")
        if shown and shown[-1][0] == text:
            shown[-1][1] += 1
        else:
            shown.append([text, 1])
    return ", ".join(text if count == 1 else f"{text} ×{count}" for text, count in shown)


def main():
    with open(DOCUMENT, encoding="utf-8") as file:
        lines = file.read().splitlines()
    table = next(i for i, line in enumerate(lines) if line.startswith("| zone | local times |")) + 2
    for line in lines[table:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
        zone = zoneinfo.ZoneInfo(cells[0])
        first, last = cells[1].split(" – ")
        last = last if "-" in last else f"{first[:10]} {last}"
        first, last = (dt.datetime.fromisoformat(end).replace(tzinfo=zone) for end in (first, last))
        start, end, days = int(first.timestamp()), int(last.timestamp()), first.date() != last.date()
        found = [show(ask(cells[2], zone, start, end), zone, days) for ask in (cron, prefect)]
        if found != cells[3:5] or "--print" in sys.argv:
            print(cells[0], cells[1], cells[2], *found, sep=" | ")


main()

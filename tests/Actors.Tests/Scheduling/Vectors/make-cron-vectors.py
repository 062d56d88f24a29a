#!/usr/bin/env python3
"""Writes cron-vectors.jsonl beside this file: what other implementations answer for cron expressions.

Needs Debian's python3-croniter 1.3.5, python3-tz and tzdata. The seed is fixed and every start lies in the past, so the file
changes only with those packages. One line is one case:

  k  who answered: croniter (in UTC), pytz (croniter on local times with an offset), prefect (croniter on bare local times, made
     instants as Prefect 3 does on Python 3.13), or scan (this script, looking at every day; for what croniter cannot read)
  e  the expression; z its zone if not UTC; o 0 where day_or is false
  f  the instant asked from, in seconds since 1970
  d  seconds from each occurrence to the next, the first one's from f; empty: it never occurs
"""

import calendar
import datetime as dt
import json
import os
import random
import zoneinfo

import pytz
from croniter import CroniterBadDateError, croniter

HERE = os.path.dirname(os.path.abspath(__file__))
UTC = dt.timezone.utc
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()
ZONES = """Europe/Berlin America/New_York Australia/Lord_Howe Pacific/Apia America/Havana Asia/Beirut Europe/Dublin
    Africa/Casablanca Asia/Kathmandu Asia/Pyongyang Antarctica/Troll America/Sao_Paulo America/Caracas Asia/Tehran
    Pacific/Chatham Africa/Cairo Pacific/Kwajalein Pacific/Kiritimati Europe/Moscow America/St_Johns""".split()
rng = random.Random(20260301)


class Field:
    """How a field is written here and for croniter (None: it cannot read that), and what it means."""

    def __init__(self, text, theirs, allows, restricts=True, values=None):
        self.text, self.theirs, self.allows, self.restricts, self.values = text, theirs, allows, restricts, values


def name(value, names, first):
    """A number or its name, in some case."""
    if not names or rng.random() < 0.5:
        return str(value)
    word = names[(value - first) % len(names)]
    return rng.choice([word, word.upper(), word.capitalize()])


def items(low, high, names=None, wraps=False):
    """One item of a list: text, text for croniter, values. With wraps, 7 is Sunday once more."""
    count = high - low + 1
    end = 7 if wraps else high
    kind = rng.choice("vvvvrrwso")
    first = rng.randint(low, end)
    last = rng.randint(low, end)
    step = rng.randint(2, max(3, count // 2))
    if kind == "v":
        text = name(first, names, low)
        return text, text, [first % 7 if wraps else first]
    if kind == "o":
        values = list(range(first, end + 1, step))
        text = f"{first if first == 7 else name(first, names, low)}/{step}"
        return text, text, sorted({v % 7 for v in values}) if wraps else values
    if kind == "s":
        return f"*/{step}", f"*/{step}", list(range(low, high + 1, step))
    if kind == "r" and first > last:
        first, last = last, first
    pace = step if rng.random() < 0.4 else 1
    if wraps and first == 7:
        first = 0
        last = 0 if last == 7 else last
    length = last - first if last >= first else last - first + count
    values = [low + (first - low + i) % count for i in range(0, length + 1, pace)]
    slash = f"/{pace}" if pace > 1 else ""
    text = f"{name(first, names, low)}-{name(last, names, low)}{slash}"
    if wraps and "sun" in text.lower():
        text = f"{first}-{last}{slash}"
    theirs = text if first <= last else ",".join(map(str, values))
    return text, theirs, values


def plain(low, high, star, of, names=None, wraps=False):
    if rng.random() < star:
        return Field("*", "*", lambda t: True, False)
    parts = [items(low, high, names, wraps) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    values = {v for p in parts for v in p[2]}
    return Field(",".join(p[0] for p in parts), ",".join(p[1] for p in parts), lambda t: of(t) in values, values=values)


def weekday(day):
    return day.isoweekday() % 7


def length(day):
    return calendar.monthrange(day.year, day.month)[1]


def nearest(day, target):
    """Whether a day is the Monday to Friday nearest to the target of its month, which may not be one of its days."""
    if not 1 <= target <= length(day):
        return False
    month = [day.replace(day=d) for d in range(1, length(day) + 1)]
    working = [d for d in month if d.isoweekday() < 6]
    return day == min(working, key=lambda d: (abs(d.day - target), d.day))


def date_shape(only_croniters):
    kind = rng.choice("L" if only_croniters else "LNWwX")
    n = rng.randint(0, 30)
    d = rng.randint(1, 31)
    last = rng.choice("Ll")
    if kind == "L":
        return Field(last, "l", lambda t: t.day == length(t))
    if kind == "N":
        return Field(f"{last}-{n}", None, lambda t: t.day == length(t) - n)
    if kind == "W":
        return Field(f"{d}W", None, lambda t: nearest(t, d))
    if kind == "w":
        return Field("LW", None, lambda t: nearest(t, length(t)))
    return Field(f"L-{n}W", None, lambda t: nearest(t, length(t) - n))


def weekday_shape():
    d = rng.randint(0, 7)
    n = rng.randint(1, 5)
    written = name(d, DAYS, 0)
    if rng.random() < 0.5:
        return Field(f"{written}#{n}", f"{written}#{n}", lambda t: weekday(t) == d % 7 and (t.day + 6) // 7 == n)
    return Field(f"{written}L", f"l{d}", lambda t: weekday(t) == d % 7 and t.day + 7 > length(t))


def union(a, b):
    theirs = None if a.theirs is None or b.theirs is None else f"{a.theirs},{b.theirs}"
    return Field(f"{a.text},{b.text}", theirs, lambda t: a.allows(t) or b.allows(t), a.restricts and b.restricts)


def day_fields(only_croniters):
    dom = plain(1, 31, 0.5, lambda t: t.day)
    dow = plain(0, 6, 0.5, weekday, DAYS, wraps=True)
    roll = rng.random()
    if roll < (0.15 if only_croniters else 0.55):
        shape = date_shape(only_croniters)
        dom = shape if rng.random() < 0.5 or dom.text == "*" else union(dom, shape)
    if roll > (0.85 if only_croniters else 0.5):
        shape = weekday_shape()
        dow = union(shape, weekday_shape()) if rng.random() < 0.2 else shape
        if not only_croniters and rng.random() < 0.4:
            dow = union(dow, plain(0, 6, 0, weekday, DAYS, wraps=True))
    if not only_croniters and dow.text == "*" and rng.random() < 0.3:
        dow = Field("?", None, lambda t: True, False)
    return dom, dow


def start():
    return int(dt.datetime(rng.randint(1971, 2060), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59),
                           rng.choice([0, 0, rng.randint(0, 59)]), tzinfo=UTC).timestamp())


def write(out, kind, text, after, found, zone=None, day_or=True):
    case = {"k": kind, "e": text}
    if zone:
        case["z"] = zone
    if not day_or:
        case["o"] = 0
    case["f"] = after
    case["d"] = [b - a for a, b in zip([after] + found, found)]
    out.append(json.dumps(case, separators=(",", ":")))


def ask_croniter(theirs, after, day_or, count):
    """In UTC. Empty: not in a hundred years, which for a calendar of fields is never."""
    cron = croniter(theirs, dt.datetime.fromtimestamp(after, UTC), day_or=day_or, max_years_between_matches=100)
    try:
        return [int(cron.get_next(float)) for _ in range(count)]
    except CroniterBadDateError:
        return []


def utc_case(out, seconds):
    star = 0.3 if not seconds else 0.5
    fields = [plain(0, 59, star, None), plain(0, 23, star, None), None, plain(1, 12, 0.6, None, MONTHS), None]
    fields[2], fields[4] = day_fields(only_croniters=True)
    day_or = rng.random() < 0.7
    if fields[2].restricts and fields[4].restricts and fields[4].values is None and rng.random() < 0.9:
        day_or = False  # croniter 1.3.5 does not have a date or an nth weekday
    text, theirs = " ".join(f.text for f in fields), " ".join(f.theirs for f in fields)
    if seconds:
        second = plain(0, 59, 0.2, None)
        if fields[4].values:
            # With six fields, croniter 1.3.5 takes 7 for no day at all.
            fields[4].theirs = ",".join(map(str, sorted(fields[4].values)))
            theirs = " ".join(f.theirs for f in fields)
        text, theirs = f"{second.text} {text}", f"{theirs} {second.theirs}"
    after = start()
    write(out, "croniter", text, after, ask_croniter(theirs, after, day_or, rng.randint(4, 8)), day_or=day_or)


def scan_case(out):
    """Days that croniter cannot read, at one or two fixed times of theirs."""
    dom, dow = day_fields(only_croniters=False)
    month = plain(1, 12, 0.6, lambda t: t.month, MONTHS)
    day_or = rng.random() < 0.7
    hours = sorted({rng.randint(0, 23) for _ in range(rng.choice([1, 2]))})
    minute = rng.randint(0, 59)
    seconds = sorted({rng.randint(0, 59) for _ in range(2)}) if rng.random() < 0.3 else None
    text = f"{minute} {','.join(map(str, hours))} {dom.text} {month.text} {dow.text}"
    text = f"{','.join(map(str, seconds))} {text}" if seconds else text
    after = start()
    day = dt.datetime.fromtimestamp(after, UTC).date()
    either = day_or and dom.restricts and dow.restricts
    found = []
    for _ in range(45 * 366):
        fits = dom.allows(day) or dow.allows(day) if either else dom.allows(day) and dow.allows(day)
        if fits and month.allows(day):
            midnight = calendar.timegm(day.timetuple())
            times = [midnight + h * 3600 + minute * 60 + s for h in hours for s in seconds or [0]]
            found += [t for t in times if t > after]
        if len(found) >= 6:
            break
        day += dt.timedelta(days=1)
    write(out, "scan", text, after, found[:6], day_or=day_or)


def changes(zone):
    """The instants from 1975 to 2024 at which a zone's offset changes, with the offsets before and after."""
    rules = zoneinfo.ZoneInfo(zone)

    def offset(t):
        return int(dt.datetime.fromtimestamp(t, UTC).astimezone(rules).utcoffset().total_seconds())

    found = []
    at, end = calendar.timegm((1975, 1, 1, 0, 0, 0)), calendar.timegm((2025, 1, 1, 0, 0, 0))
    while at < end:
        later = at + 86400
        if offset(at) != offset(later):
            low, high = at, later
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            found.append((high, offset(at), offset(high)))
        at = later
    return found


def near(at, before, after):
    """An expression that is likely to meet a change of the clocks."""
    local = dt.datetime.fromtimestamp(at + rng.choice([before, after]) + rng.randint(-7200, 7200), UTC)
    hour, minute = local.hour, local.minute // 5 * 5
    kind = rng.choice("fffflhsrR")
    return {
        "f": f"{minute} {hour} * * *",
        "l": f"{minute},{(minute + 25) % 60} {hour},{(hour + 1) % 24} * * *",
        "h": f"{minute} * * * *",
        "s": f"*/{rng.choice([7, 10, 15, 20, 30])} * * * *",
        "r": f"{minute} {min(hour, 22)}-{min(hour, 22) + 1} * * *",
        "R": f"{minute} */{rng.choice([2, 3, 4, 6])} * * {rng.choice(['*', 'sat,sun', '5-1'])}",
    }[kind]


def zone_case(out, kind):
    zone = rng.choice(ZONES)
    at, before, after = rng.choice(CHANGES[zone])
    text = near(at, before, after)
    asked = at - rng.randint(0, 30 * 3600) if kind == "prefect" or rng.random() < 0.7 else at + rng.randint(-1800, 7200)
    theirs = text.replace("5-1", "5,6,0,1")
    (write_prefect if kind == "prefect" else write_pytz)(out, text, theirs, zone, asked)


def write_prefect(out, text, theirs, zone, after):
    """A bare local time that is in a gap moves on by the gap's length, a repeated one is its first pass."""
    rules = zoneinfo.ZoneInfo(zone)
    bare = dt.datetime.fromtimestamp(after, UTC).astimezone(rules).replace(tzinfo=None, fold=0)
    cron = croniter(theirs, bare)
    found = {int(cron.get_next(dt.datetime).replace(tzinfo=rules).timestamp()) for _ in range(8)}
    write(out, "prefect", text, after, sorted(t for t in found if t > after), zone)


def write_pytz(out, text, theirs, zone, after):
    cron = croniter(theirs, dt.datetime.fromtimestamp(after, pytz.utc).astimezone(pytz.timezone(zone)))
    found = sorted({int(cron.get_next(float)) for _ in range(8)})
    write(out, "pytz", text, after, [t for t in found if t > after], zone)


BY_HAND = """* * * * *|*/5 * * * *|3/10 * * * *|10-50/7 * * * *|0 0 29 2 *|0 0 31 2 *|0 0 30 2 *|0 0 31 4,6,9,11 *|0 0 31 * *|0 0 13 * 5
    0 0 */2 * 1|0 0 * * 7|0 0 * * 0|0 0 * * 1-7/2|0 0 * * 1/2|0 0 * * */7|0 22-23 * * sat-sun|@hourly|@daily|@midnight|@weekly|@monthly
    @yearly|@annually|0 0 L * *|0 0 1,L * *|0 0 1,15,L 2 *|59 23 31 12 *|0 12 * jan,JUL Mon-FRI|0 0 29 2 1|0 0 1-7 * 1|5,10 4 1 1 0
    0 0 27,31,L * *|0 0 1,30 * *|0 0 31 2 5|0 0 1-31 * 5|0 0 13 * 5#2|0 0 * * 5#2|0 0 * * MON#1,fri#5"""


def by_hand(out):
    for text in BY_HAND.replace("\n", "|").split("|"):
        for after in ("1999-12-31T23:59:59", "2023-02-28T12:00:00", "2024-02-29T00:00:00", "2096-03-01T00:00:00"):
            for day_or in (True, False):
                asked = int(dt.datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp())
                theirs = text.strip().replace("sat-sun", "sat,sun")
                write(out, "croniter", text.strip(), asked, ask_croniter(theirs, asked, day_or, 8), day_or=day_or)


CHANGES = {zone: changes(zone) for zone in ZONES}
lines = []
by_hand(lines)
for _ in range(2800):
    utc_case(lines, seconds=False)
for _ in range(900):
    utc_case(lines, seconds=True)
for _ in range(1500):
    scan_case(lines)
for _ in range(600):
    zone_case(lines, "prefect")
for _ in range(300):
    zone_case(lines, "pytz")
with open(os.path.join(HERE, "cron-vectors.jsonl"), "w", encoding="utf-8") as file:
    file.write("\n".join(lines) + "\n")
print(f"{len(lines)} cases")

#!/usr/bin/python3
"""Writes rrule.jsonl: recurrences and what python3-dateutil 2.8.2 answers, for RecurrenceVectorTests.

    /usr/bin/python3 make-rrule-vectors.py > rrule.jsonl

A line is [kind, text, zone, after, occurrences, ended]: the first occurrences strictly after an instant, in UTC, and whether there
are no more. dateutil knows no zones here: it works on wall-clock times, and this script turns them into instants by the rules of
RFC 5545 and by Python's own zoneinfo: a time that does not exist is dropped (3.3.10), of a repeated one the first is taken (3.3.5).
COUNT and UNTIL are applied after that by this script where a zone changes its clocks, and by dateutil otherwise.

Where dateutil's answer is not what RFC 5545 says, it stands here all the same: the test knows those classes by name.
A set has only rules that occur: one that never does is refused by this project, also beside others. Rules that dateutil works on for more than 0.15 s of processor time are left out, so the file may differ by some cases on another machine.
"""
import itertools
import json
import random
import signal
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import dateutil
from dateutil import rrule as du

assert dateutil.__version__ == "2.8.2", dateutil.__version__
R = random.Random(5545)
SHOWN = 5
FREQS = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana", "Asia/Beirut",
         "Europe/Dublin", "Africa/Casablanca", "Asia/Kathmandu", "Antarctica/Troll", "America/St_Johns", "Asia/Tehran"]
UTC = timezone.utc


class TooLong(Exception):
    pass


def alarm(*_):
    raise TooLong


signal.signal(signal.SIGVTALRM, alarm)


def stamp(time):
    return time.strftime("%Y%m%dT%H%M%S").rjust(15, "0")


def parts(rule):
    return dict(part.split("=") for part in rule.split(";"))


def weekday(text):
    number = text[:-2]
    day = getattr(du, text[-2:])
    return day(int(number)) if number else day


NUMBERS = {"BYMONTH": "bymonth", "BYMONTHDAY": "bymonthday", "BYYEARDAY": "byyearday", "BYWEEKNO": "byweekno", "BYHOUR": "byhour",
           "BYMINUTE": "byminute", "BYSECOND": "bysecond", "BYSETPOS": "bysetpos"}


def naive(rule, start, bounds=True):
    """dateutil's rule of wall-clock times."""
    values = parts(rule)
    options = {"interval": int(values.get("INTERVAL", 1)), "dtstart": start}
    if "WKST" in values:
        options["wkst"] = getattr(du, values["WKST"])
    for name, option in NUMBERS.items():
        if name in values:
            options[option] = [int(number) for number in values[name].split(",")]
    if "BYDAY" in values:
        options["byweekday"] = [weekday(text) for text in values["BYDAY"].split(",")]
    if bounds and "COUNT" in values:
        options["count"] = int(values["COUNT"])
    if bounds and "UNTIL" in values:
        options["until"] = local(values["UNTIL"])
    return du.rrule(getattr(du, values["FREQ"]), **options)


def local(text):
    text = text.rstrip("Z")
    return datetime.strptime(text, "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d")


def instant(time, zone):
    """The first instant at which the zone's clocks show a time; None when they never do."""
    utc = time.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return utc if utc.astimezone(zone).replace(tzinfo=None) == time else None


def bounded(rule, start, zone):
    """A rule's instants, where clocks change: COUNT counts those that exist."""
    values = parts(rule)
    left = int(values.get("COUNT", 10 ** 9))
    until = values.get("UNTIL")
    for time in naive(rule, start, bounds=False):
        utc = instant(time, zone)
        if utc is None:
            continue
        if until and (utc > local(until).replace(tzinfo=UTC) if until.endswith("Z") else time > local(until)):
            return
        if left == 0:
            return
        left -= 1
        yield utc


def merged(streams):
    import heapq
    last = None
    for time in heapq.merge(*streams):
        if time != last:
            yield time
        last = time


def occurrences(start, zone, rules, exrules=(), rdates=(), exdates=()):
    """All instants of a set."""
    if zone is None:
        zone = UTC
        streams = [(time.replace(tzinfo=UTC) for time in naive(rule, start)) for rule in rules]
        excluded = [(time.replace(tzinfo=UTC) for time in naive(rule, start)) for rule in exrules]
    else:
        streams = [bounded(rule, start, zone) for rule in rules]
        excluded = [bounded(rule, start, zone) for rule in exrules]
    found = merged(streams + [sorted(date.replace(tzinfo=zone).astimezone(UTC) for date in rdates)])
    out = merged(excluded + [sorted(date.replace(tzinfo=zone).astimezone(UTC) for date in exdates)])
    skip = next(out, None)
    for time in found:
        while skip is not None and skip < time:
            skip = next(out, None)
        if time != skip:
            yield time


CASES = []


def add(kind, text, zone, after, stream):
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.15)
    try:
        later = itertools.dropwhile(lambda time: time <= after, stream)
        shown = list(itertools.islice(later, SHOWN + 1))
    except (TooLong, ValueError):  # ValueError: a combination that dateutil finds to be empty
        return False
    except OverflowError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    CASES.append([kind, text, zone, stamp(after), " ".join(stamp(time) for time in shown[:SHOWN]), len(shown) <= SHOWN])
    return True


def header(start, zone):
    return f"DTSTART;TZID={zone}:{stamp(start)}" if zone else f"DTSTART:{stamp(start)}Z"


def one(kind, rule, start, after=None, zone=None, **extra):
    """A case of one rule and maybe more lines; the lines are made from the same values that dateutil gets."""
    lines = [header(start, zone), "RRULE:" + rule] + ["RRULE:" + more for more in extra.get("more", ())]
    lines += ["EXRULE:" + more for more in extra.get("exrules", ())]
    for name in ("rdates", "exdates"):
        dates = extra.get(name, ())
        if dates:
            suffix = "" if zone else "Z"
            lines.append(name[:-1].upper() + (f";TZID={zone}:" if zone else ":") + ",".join(stamp(date) + suffix for date in dates))
    info = ZoneInfo(zone) if zone else None
    after = after or start.replace(tzinfo=UTC) - timedelta(days=2)
    stream = occurrences(start, info, [rule, *extra.get("more", ())], extra.get("exrules", ()), extra.get("rdates", ()), extra.get("exdates", ()))
    return add(kind, "\n".join(lines), zone or "UTC", after.astimezone(UTC), stream)


def numbers(values, most=3):
    return ",".join(str(number) for number in sorted(R.sample(values, R.randint(1, min(most, len(values))))))


def signed(limit, usual=None):
    return [n for n in range(-(usual or limit), (usual or limit) + 1) if n]


def random_rule(freq=None, setpos=0.18):
    freq = freq or R.choice(FREQS)
    sub = FREQS.index(freq) >= 4
    values = {"FREQ": freq}
    if R.random() < 0.45:
        values["INTERVAL"] = R.choice([2, 2, 3, 4, 5, 6, 7, 10, 12, 15, 18, 20, 24, 30, 36, 45, 60, 90, 100, 120, 1440] if sub else [2, 2, 3, 3, 4, 5, 6, 7, 9, 13, 17, 40])
    if freq == "YEARLY" and values.get("INTERVAL", 1) > 9:
        values["INTERVAL"] = 4

    def maybe(chance, name, make):
        if R.random() < chance:
            values[name] = make()

    maybe(0.28, "BYMONTH", lambda: numbers(range(1, 13), 4))
    if freq == "YEARLY":
        maybe(0.2, "BYWEEKNO", lambda: numbers(signed(53) if R.random() < 0.5 else [1, 2, 52, 53, -1, -2, 20], 3))
    if freq == "YEARLY" or sub:
        maybe(0.18, "BYYEARDAY", lambda: numbers(signed(366) if R.random() < 0.6 else [1, 2, 60, 100, 365, 366, -1, -366], 5))
    if freq != "WEEKLY":
        maybe(0.25, "BYMONTHDAY", lambda: numbers(signed(31), 5))
    if R.random() < (0.6 if freq == "WEEKLY" else 0.35):
        days = R.sample(DAYS, R.randint(1, 4))
        if freq in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in values and R.random() < 0.6:
            reach = 5 if freq == "MONTHLY" or "BYMONTH" in values else R.choice([5, 53])
            plain = R.random() < 0.12
            days = [day if plain and R.random() < 0.5 else str(R.choice(signed(reach))) + day for day in days]
        values["BYDAY"] = ",".join(days)
    maybe(0.3, "BYHOUR", lambda: numbers(range(24), 5))
    maybe(0.3, "BYMINUTE", lambda: numbers(range(60), 5))
    maybe(0.2, "BYSECOND", lambda: numbers(range(60), 4))
    if any(name.startswith("BY") for name in values):
        most = 3 if freq in ("DAILY", "WEEKLY", "HOURLY", "MINUTELY") else 12
        maybe(setpos, "BYSETPOS", lambda: numbers(signed(most) if R.random() < 0.8 else signed(200), 3))
    if R.random() < 0.3:
        values["WKST"] = R.choice(DAYS)
    order = list(values.items())
    return ";".join(f"{name}={value}" for name, value in order), freq


def random_start():
    start = datetime(R.randint(1996, 2028), R.randint(1, 12), R.randint(1, 28)) + timedelta(days=R.choice([0, 0, 0, 1, 2, 3]))
    return start + timedelta(seconds=R.choice([0, 9 * 3600, R.randrange(86400), R.randrange(1440) * 60]))


REACH = {"YEARLY": 3000, "MONTHLY": 1500, "WEEKLY": 700, "DAILY": 300, "HOURLY": 30, "MINUTELY": 1, "SECONDLY": 0.03}


def random_after(start, freq):
    if R.random() < 0.25:
        return start.replace(tzinfo=UTC) - timedelta(days=R.choice([1, 400]))
    return start.replace(tzinfo=UTC, microsecond=0) + timedelta(seconds=int(R.random() * REACH[freq] * 86400))


def with_bound(rule, start, freq):
    chance = R.random()
    if chance < 0.2:
        return rule + f";COUNT={R.choice([1, 2, 3, 7, 10, 30, 100])}"
    if chance < 0.35:
        end = start + timedelta(seconds=int(R.random() * REACH[freq] * 1.2 * 86400))
        return rule + f";UNTIL={stamp(end)}Z" if R.random() < 0.8 else rule + f";UNTIL={end.strftime('%Y%m%d')}"
    return rule


def by_hand():
    york = "America/New_York"

    def rfc(start, rule, **extra):
        start = local(start + "T090000")
        for later in (0, 40, 400, 4000):
            one("rfc5545", rule, start, start.replace(tzinfo=UTC) + timedelta(days=later - 2), zone=york, **extra)
        one("rfc5545", rule, start, start.replace(tzinfo=UTC) + timedelta(hours=6), zone=york, **extra)

    s = "19970902"
    rfc(s, "FREQ=DAILY;COUNT=10")
    rfc(s, "FREQ=DAILY;UNTIL=19971224T000000Z")
    rfc(s, "FREQ=DAILY;INTERVAL=2")
    rfc(s, "FREQ=DAILY;INTERVAL=10;COUNT=5")
    rfc("19980101", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA")
    rfc("19980101", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1")
    rfc(s, "FREQ=WEEKLY;COUNT=10")
    rfc(s, "FREQ=WEEKLY;UNTIL=19971224T000000Z")
    rfc(s, "FREQ=WEEKLY;INTERVAL=2;WKST=SU")
    rfc(s, "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH")
    rfc(s, "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH")
    rfc("19970901", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR")
    rfc(s, "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH")
    rfc("19970905", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR")
    rfc("19970905", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR")
    rfc("19970907", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU")
    rfc("19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO")
    rfc("19970928", "FREQ=MONTHLY;BYMONTHDAY=-3")
    rfc(s, "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15")
    rfc("19970930", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1")
    rfc("19970910", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15")
    rfc(s, "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU")
    rfc("19970610", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7")
    rfc("19970310", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3")
    rfc("19970101", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200")
    rfc("19970519", "FREQ=YEARLY;BYDAY=20MO")
    rfc("19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO")
    rfc("19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH")
    rfc("19970605", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8")
    rfc(s, "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", exdates=[local(s + "T090000")])
    rfc("19970913", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13")
    rfc("19961105", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8")
    rfc("19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3")
    rfc("19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2")
    rfc(s, "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z")
    rfc(s, "FREQ=MINUTELY;INTERVAL=15;COUNT=6")
    rfc(s, "FREQ=MINUTELY;INTERVAL=90;COUNT=4")
    rfc(s, "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40")
    rfc(s, "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16")
    rfc("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO")
    rfc("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU")
    rfc("20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5")

    leap = datetime(2000, 2, 29, 12)
    for rule in ("FREQ=YEARLY", "FREQ=YEARLY;INTERVAL=3", "FREQ=YEARLY;INTERVAL=4", "FREQ=YEARLY;INTERVAL=100", "FREQ=MONTHLY;BYMONTH=2",
                 "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "FREQ=YEARLY;BYYEARDAY=366",
                 "FREQ=YEARLY;BYYEARDAY=-366", "FREQ=YEARLY;BYYEARDAY=60", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYMONTHDAY=29,30,31",
                 "FREQ=HOURLY;BYYEARDAY=366", "FREQ=MONTHLY;INTERVAL=12", "FREQ=DAILY;INTERVAL=366", "FREQ=WEEKLY;INTERVAL=52"):
        for year in (1999, 2001, 2015, 2095, 2099, 2103):
            one("leap", rule, leap, datetime(year, 12, 30, tzinfo=UTC))

    for wkst in DAYS:
        for week in (1, 2, 26, 51, 52, 53, -1, -2, -26, -51, -52, -53):
            for year in (1998, 2004, 2010, 2015, 2020, 2023):
                one("weeks", f"FREQ=YEARLY;BYWEEKNO={week};WKST={wkst};BYDAY={','.join(R.sample(DAYS, 3))}", datetime(1997, 5, 6, 8), datetime(year, 6, 1, tzinfo=UTC))
        for interval in (2, 3):
            one("weeks", f"FREQ=WEEKLY;INTERVAL={interval};WKST={wkst};BYDAY=MO,WE,SU", datetime(2020, 1, 8, 8), datetime(2024, 12, 28, tzinfo=UTC))

    for place in signed(5):
        for day in DAYS:
            one("ordinals", f"FREQ=MONTHLY;BYDAY={place}{day}", datetime(2021, 3, 3, 7, 30), datetime(R.randint(2020, 2040), 2, 1, tzinfo=UTC))
        one("ordinals", f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={place}", datetime(2021, 3, 3, 7, 30), datetime(2030, 2, 1, tzinfo=UTC))
    for place in (1, 2, 27, 52, 53, -1, -2, -27, -52, -53):
        for day in DAYS:
            one("ordinals", f"FREQ=YEARLY;BYDAY={place}{day}", datetime(2001, 3, 3, 7, 30), datetime(R.randint(2020, 2040), 2, 1, tzinfo=UTC))
            one("ordinals", f"FREQ=YEARLY;BYMONTH=2,11;BYDAY={place}{day}", datetime(2001, 3, 3), datetime(R.randint(2020, 2040), 2, 1, tzinfo=UTC)) if abs(place) < 3 else None


    for zone, start, change in (("Europe/Berlin", "20260320T010000", "20260328T120000"), ("America/New_York", "20260301T010000", "20260307T120000"),
                                ("Australia/Lord_Howe", "20260920T010000", "20261003T120000")):
        for rule in ("FREQ=DAILY;BYHOUR=2,3,4;BYSETPOS=1", "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,30;BYSETPOS=4,-1", "FREQ=HOURLY;BYMINUTE=0,20,40;BYSETPOS=1",
                     "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=2;BYMINUTE=15,45;BYSETPOS=2,3"):
            one("gaps", rule, local(start), local(change).replace(tzinfo=UTC), zone=zone)


def random_cases(count):
    while count:
        start = random_start()
        rule, freq = random_rule()
        rule = with_bound(rule, start, freq)
        count -= one("random", rule, start, random_after(start, freq))


def some_of(rule, start):
    """The first occurrences of a rule, to take out again; none of one that takes long or that dateutil finds to be empty."""
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.15)
    try:
        return list(itertools.islice(naive(rule, start), 30))
    except (TooLong, ValueError, OverflowError):
        return []
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def random_sets(count):
    while count:
        start = random_start()
        freq = R.choice(["MONTHLY", "WEEKLY", "DAILY", "HOURLY"])
        first = with_bound(random_rule(freq, 0.05)[0], start, freq)
        near = some_of(first, start)
        other = [start + timedelta(hours=R.randrange(-500, 5000)) for _ in range(R.randint(1, 4))]
        extra = {}
        if R.random() < 0.4:
            extra["more"] = [random_rule(freq, 0)[0]]
        if R.random() < 0.5:
            extra["rdates"] = other
        if near and R.random() < 0.6:
            extra["exdates"] = R.sample(near, R.randint(1, min(6, len(near)))) + other[:1]
        if R.random() < 0.4:
            extra["exrules"] = [random_rule(freq, 0)[0]]
        if all(some_of(rule, start) for rule in [first, *extra.get("more", ()), *extra.get("exrules", ())]):
            count -= one("set", first, start, random_after(start, freq), **extra)


def changes(zone):
    """Instants within an hour of a clock change."""
    found = []
    time = datetime(2005, 1, 1, tzinfo=UTC)
    while time.year < 2030:
        later = time + timedelta(hours=1)
        if time.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(later)
        time = later
    return found


def zone_cases(count):
    near = {name: changes(ZoneInfo(name)) for name in ZONES}
    while count:
        name = R.choice([zone for zone in ZONES if near[zone]])
        zone = ZoneInfo(name)
        change = R.choice(near[name])
        shown = change.astimezone(zone).replace(tzinfo=None)
        freq = R.choice(["MONTHLY", "WEEKLY", "DAILY", "DAILY", "HOURLY", "MINUTELY"])
        start = shown - timedelta(seconds=R.choice([R.randrange(86400), R.randrange(10 * 86400), 86400, 7 * 86400, 1800]))
        start = start.replace(minute=R.choice([0, 15, 30, start.minute]), second=0)
        if R.random() < 0.6:
            rule = f"FREQ={freq};INTERVAL={R.choice([1, 1, 2, 3, 5, 20, 25])}" + R.choice(["", "", f";BYMINUTE={numbers(range(0, 60, 5), 4)}"])
            if freq in ("DAILY", "WEEKLY") and R.random() < 0.7:
                rule += f";BYHOUR={numbers(range(0, 5), 4)}"
        else:
            rule = random_rule(freq, 0.15)[0]
        rule = with_bound(rule, start, freq)
        after = change + timedelta(minutes=R.choice([R.randrange(-200, 200), R.randrange(-3000, 3000)]))
        count -= one("zone", rule, start, after, zone=name)


by_hand()
random_cases(4200)
random_sets(450)
zone_cases(900)
for case in CASES:
    print(json.dumps(case, separators=(",", ":")))
print(len(CASES), "cases", file=sys.stderr)

using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Runner.Actors.Scheduling;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Actors.Tests.Scheduling;

public class RecurrencePropertyTests
{
    private static readonly string[] Weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

    private static readonly Gen<RuleCase> AnyRule =
        from frequency in Gen.Elements("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
        from interval in Gen.Frequency((4, Gen.Constant(1)), (4, Gen.Choose(2, 40)), (1, Gen.Choose(41, 5000)))
        from months in Sometimes(4, "BYMONTH", Numbers(1, 12, signed: false))
        from weeks in Sometimes(frequency == "YEARLY" ? 4 : 0, "BYWEEKNO", Numbers(1, 53))
        from yearDays in Sometimes(frequency is "YEARLY" or "HOURLY" or "MINUTELY" or "SECONDLY" ? 6 : 0, "BYYEARDAY", Numbers(1, 366))
        from monthDays in Sometimes(frequency == "WEEKLY" ? 0 : 4, "BYMONTHDAY", Numbers(1, 31))
        from days in Sometimes(3, "BYDAY", WeekdayList(frequency is "MONTHLY" or "YEARLY" && weeks.Length == 0))
        from hours in Sometimes(3, "BYHOUR", Numbers(0, 23, signed: false))
        from minutes in Sometimes(3, "BYMINUTE", Numbers(0, 59, signed: false))
        from seconds in Sometimes(4, "BYSECOND", Numbers(0, 59, signed: false))
        let choice = months + weeks + yearDays + monthDays + days + hours + minutes + seconds
        from positions in Sometimes(choice.Length > 0 ? 5 : 0, "BYSETPOS", Numbers(1, 9))
        from weekStart in Sometimes(4, "WKST", Gen.Elements(Weekdays))
        from start in Seconds(new DateTime(1996, 1, 1), new DateTime(2028, 1, 1))
        from count in Sometimes(5, "COUNT", Gen.Choose(1, 60).Select(n => n.ToString(CultureInfo.InvariantCulture)))
        from until in Sometimes(count.Length > 0 ? 0 : 5, "UNTIL", Seconds(start, start.AddDays(1000)).Select(time => Stamp(time) + "Z"))
        from zone in Gen.Elements(Zones.Unusual)
        select new RuleCase(
            $"FREQ={frequency}" + (interval > 1 ? $";INTERVAL={interval}" : "") + choice + positions + weekStart + count + until, start, zone);

    private static readonly Gen<RecurrenceSchedule> AnySchedule =
        from one in AnyRule
        from dates in Sometimes(4, "\nRDATE", Seconds(one.Start, one.Start.AddDays(200)).Select(Stamp), ':')
        from exclusions in Sometimes(
            4, "\nEXDATE", Seconds(one.Start, one.Start.AddDays(200)).Select(time => $"{Stamp(one.Start)},{Stamp(time)}"), ':')
        from excluded in Sometimes(4, "\nEXRULE", AnyRule.Select(other => other.Rule), ':')
        let schedule = Parse(one.Text + dates + exclusions + excluded, one.Zone)
        where schedule is not null
        select schedule;

    private static readonly Gen<DateTimeOffset> AnyInstant = Gen.Frequency(
        (5, Seconds(new DateTime(1995, 1, 1), new DateTime(2035, 1, 1))
            .Select(time => new DateTimeOffset(time.AddTicks(time.Second % 3), TimeSpan.Zero))),
        (1, Seconds(DateTime.MinValue, DateTime.MaxValue).Select(time => new DateTimeOffset(time, TimeSpan.Zero))),
        (1, Gen.Elements(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, DateTimeOffset.MaxValue.AddTicks(-1))));

    [Fact]
    public void Next_is_later_monotone_and_skips_nothing()
    {
        var cases = from schedule in AnySchedule
                    from after in AnyInstant
                    from part in Gen.Choose(0, 1000)
                    select (schedule, after, part);
        Check(cases, 2000, item =>
        {
            var (schedule, after, part) = item;
            if (!schedule.TryNext(after, out var found, out _))
            {
                return schedule.Next(after) is null;
            }

            if (found is not { } next)
            {
                return schedule.Next(after.AddTicks((DateTimeOffset.MaxValue - after).Ticks / 1000 * part)) is null;
            }

            var between = after + TimeSpan.FromTicks((next - after).Ticks / 1000 * part);
            between = between < next ? between : next.AddTicks(-1);
            return next > after
                && next.Offset == TimeSpan.Zero
                && !schedule.IsMoved(next)
                && schedule.Next(between) == next
                && schedule.Next(next.AddTicks(-1)) == next
                && (schedule.Next(next) is not { } second || second > next);
        });
    }

    [Fact]
    public void Occurrences_are_those_of_walking_through_every_period() =>
        Check(from one in AnyRule from part in Gen.Choose(-50, 1000) select (one, part), 1500, item =>
        {
            var oracle = new RecurrenceOracle(item.one.Rule, item.one.Start, Zones.Zone(item.one.Zone));
            var reach = oracle.Reach;
            return AgreesWithWalk(item.one, oracle, item.one.Start + (reach * (item.part / 1000.0)), reach / 3);
        });

    [Fact]
    public void Occurrences_around_clock_changes_are_those_of_walking_through_every_period()
    {
        var changes = Zones.Unusual.Where(zone => zone is not ("UTC" or "Asia/Kathmandu")).Select(zone => (zone, change: ChangeIn(zone))).ToArray();
        var times = from frequency in Gen.Elements("DAILY", "WEEKLY;BYDAY=SA,SU,MO,FR", "HOURLY", "MINUTELY", "MONTHLY;BYDAY=SU,MO,TU,WE,TH,FR,SA")
                    from interval in Gen.Elements(1, 1, 2, 3, 7, 20, 45)
                    from hours in Sometimes(2, "BYHOUR", Numbers(0, 4, signed: false))
                    from minutes in Sometimes(2, "BYMINUTE", Gen.Elements("0", "0,30", "15,45", "5,10,59"))
                    from positions in Sometimes((hours + minutes).Length > 0 ? 3 : 0, "BYSETPOS", Numbers(1, 4))
                    from count in Sometimes(3, "COUNT", Gen.Elements("1", "2", "3", "5", "20"))
                    from place in Gen.Elements(changes)
                    from back in Gen.Choose(0, 5000)
                    from at in Gen.Choose(-200, 3000)
                    let start = place.change.AddMinutes(-back)
                    select (
                        one: new RuleCase($"FREQ={frequency};INTERVAL={interval}{hours}{minutes}{positions}{count}", start, place.zone),
                        after: place.change.AddMinutes(at - 1500));
        Check(times, 2000, item => AgreesWithWalk(
            item.one, new RecurrenceOracle(item.one.Rule, item.one.Start, Zones.Zone(item.one.Zone)), item.after, TimeSpan.FromDays(2)));
    }

    [Fact]
    public void Exclusions_are_those_of_walking_through_every_period()
    {
        var dense = from frequency in Gen.Elements("SECONDLY", "SECONDLY", "MINUTELY", "HOURLY")
                    from interval in Gen.Elements(1, 1, 1, 2, 7)
                    from hours in Sometimes(2, "BYHOUR", Runs(23))
                    from minutes in Sometimes(2, "BYMINUTE", Runs(59))
                    from seconds in Sometimes(2, "BYSECOND", Runs(59))
                    select $"FREQ={frequency};INTERVAL={interval}{hours}{minutes}{seconds}";
        var cases = from rule in dense
                    from excluded in dense
                    from place in Gen.Elements(
                        Zones.Unusual.Where(zone => zone is not ("UTC" or "Asia/Kathmandu")).Select(zone => (zone, change: ChangeIn(zone))).ToArray())
                    from back in Gen.Choose(0, 20_000)
                    from at in Gen.Choose(-10_000, 20_000)
                    select (one: new RuleCase(rule, place.change.AddSeconds(-back), place.zone), excluded, after: place.change.AddSeconds(at));
        Check(cases, 200, item =>
        {
            var (start, zone, reach) = (item.one.Start, Zones.Zone(item.one.Zone), TimeSpan.FromHours(2));
            var excluded = new RecurrenceOracle(item.excluded, start, zone).Occurrences(item.after, reach).ToList();

            // One that never occurs is refused.
            var occurs = Parse(new RuleCase(item.excluded, start, item.one.Zone).Text, item.one.Zone) is not null;
            return AgreesWithWalk(
                item.one with { More = occurs ? "\nEXRULE:" + item.excluded : "" },
                [.. new RecurrenceOracle(item.one.Rule, start, zone).Occurrences(item.after, reach).Except(excluded).Take(4)], item.after, reach);
        });
    }

    [Fact]
    public void A_text_and_what_it_was_stored_as_answer_the_same() =>
        Check(from schedule in AnySchedule from after in AnyInstant select (schedule, after), 1000, item =>
        {
            var spec = new ScheduleSpec { Rrule = item.schedule.ToString(), Timezone = item.schedule.Zone.Id };
            var stored = JsonSerializer.Deserialize(
                JsonSerializer.Serialize(spec, MessagesJson.Default.ScheduleSpec), MessagesJson.Default.ScheduleSpec)!;
            return RecurrenceSchedule.TryParse(stored.Rrule, Zones.Zone(stored.Timezone!), out var again, out _)
                && again.Next(item.after) == item.schedule.Next(item.after)
                && again.ToString() == item.schedule.ToString();
        });

    [Fact]
    public void TryParse_never_throws_and_always_explains()
    {
        var tokens = Gen.Elements(
            "FREQ=", "YEARLY", "SECONDLY", "INTERVAL=", "COUNT=", "UNTIL=", "BYDAY=", "BYSETPOS=", "BYWEEKNO=", "BYSECOND=", "RRULE:", "EXRULE:",
            "RDATE", "EXDATE", "DTSTART",
            ";", ":", "=", ",", "-", "+", "\n", "\r\n", "\n ", "\"", "TZID=", "VALUE=DATE", "Z", "T", "20260131", "20260131T090000",
            "99999999999999999999", "0", "1", "53", "366", "MO", "-1FR", "é", "\0", "\ud800", "/");
        var soup = Gen.Choose(0, 30).SelectMany(length => tokens.ArrayOf(length)).Select(string.Concat);
        var broken = from one in AnyRule
                     from at in Gen.Choose(0, one.Text.Length - 1)
                     from length in Gen.Choose(0, 5)
                     from token in tokens
                     select one.Text[..at] + token + one.Text[Math.Min(one.Text.Length, at + length)..];
        var longer = from one in AnyRule from times in Gen.Choose(2, 80) select one.Text
            + string.Concat(Enumerable.Repeat("\nRRULE:" + one.Rule, times));
        var any = ArbMap.Default.GeneratorFor<string>();
        Check(Gen.Frequency((4, soup), (8, broken), (1, longer), (2, any)), 6000, text =>
            RecurrenceSchedule.TryParse(text, TimeZoneInfo.Utc, out var schedule, out var error)
                ? schedule.Next(DateTimeOffset.MinValue) is not null && error is null
                : schedule is null
                    && (error.Contains("; expected ", StringComparison.Ordinal) || error.Contains("time zone", StringComparison.Ordinal)));
    }

    private static bool AgreesWithWalk(RuleCase one, RecurrenceOracle oracle, DateTime after, TimeSpan reach) =>
        AgreesWithWalk(one, [.. oracle.Occurrences(after, reach).Take(4)], after, reach);

    private static bool AgreesWithWalk(RuleCase one, List<DateTime> walked, DateTime after, TimeSpan reach)
    {
        if (Parse(one.Text, one.Zone) is not { } schedule)
        {
            return walked.Count == 0;
        }

        var next = schedule.Next(new DateTimeOffset(after, TimeSpan.Zero));
        foreach (var time in walked)
        {
            if (next?.UtcDateTime != time)
            {
                return false;
            }

            next = schedule.Next(next.Value);
        }

        return walked.Count == 4 || next is null || next.Value.UtcDateTime >= after + reach;
    }

    /// <summary>A time within a minute of a clock change, on the wall clock, from 2011 on.</summary>
    private static DateTime ChangeIn(string zone)
    {
        var timeline = ZoneTimeline.Of(Zones.Zone(zone));
        var stretch = timeline.At(new DateTime(2011, 2, 1).Ticks);
        while (timeline.At(stretch.End).Offset <= stretch.Offset)
        {
            stretch = timeline.At(stretch.End);
        }

        return new DateTime(stretch.LocalEnd);
    }

    private static RecurrenceSchedule? Parse(string text, string zone) =>
        RecurrenceSchedule.TryParse(text, Zones.Zone(zone), out var schedule, out _) ? schedule : null;

    private static Gen<string> Sometimes(int oneIn, string part, Gen<string> value, char separator = '=') =>
        oneIn == 0 ? Gen.Constant("") : from chosen in Gen.Choose(1, oneIn)
                                        from text in value
                                        select chosen > 1 ? "" : $"{(part[0] == '\n' ? "" : ";")}{part}{separator}{text}";

    private static Gen<string> Numbers(int min, int max, bool signed = true) =>
        from length in Gen.Choose(1, 4)
        from numbers in (from number in Gen.Choose(min, max) from negative in Gen.Elements(false, signed) select negative ? -number : number)
            .ArrayOf(length)
        select string.Join(',', numbers);

    /// <summary>Neighbouring numbers up to a largest one, and sometimes all from 0 on.</summary>
    private static Gen<string> Runs(int max) =>
        from first in Gen.Choose(0, max)
        from last in Gen.Choose(first, max)
        from all in Gen.Elements(true, false, false)
        select string.Join(',', Enumerable.Range(all ? 0 : first, (all ? max : last - first) + 1));

    private static Gen<string> WeekdayList(bool numbered) =>
        from length in Gen.Choose(1, 4)
        from days in (from number in Gen.Choose(-5, 5) from day in Gen.Elements(Weekdays) select numbered && number != 0 ? $"{number}{day}" : day)
            .ArrayOf(length)
        select string.Join(',', days);

    private static Gen<DateTime> Seconds(DateTime first, DateTime last) =>
        from high in Gen.Choose(0, int.MaxValue)
        from low in Gen.Choose(0, int.MaxValue)
        select first.AddSeconds(((long)high << 31 | (long)low) % Math.Max(1, (last - first).Ticks / TimeSpan.TicksPerSecond));

    private static string Stamp(DateTime time) => time.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);

    private static void Check<T>(Gen<T> cases, int count, Func<T, bool> holds) =>
        Prop.ForAll(cases.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(count));

    private sealed record RuleCase(string Rule, DateTime Start, string Zone)
    {
        public string More { get; init; } = "";

        public string Text => $"DTSTART:{Stamp(Start)}\nRRULE:{Rule}{More}";
    }
}

using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Runner.Actors.Scheduling;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Actors.Tests.Scheduling;

public class SchedulePropertyTests
{
    private static readonly Gen<TimeZoneInfo> AnyZone = Gen.Elements(Zones.Unusual).Select(Zones.Zone);

    private static readonly Gen<DateTimeOffset> AnyInstant =
        Ticks(0, DateTime.MaxValue.Ticks).Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    private static readonly Gen<DateTimeOffset> RecentInstant =
        Ticks(new DateTime(2005, 1, 1).Ticks, new DateTime(2035, 1, 1).Ticks).Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    private static readonly Gen<ISchedule> AnyCron =
        from item in Gen.OneOf(CronCase.Cases, CronCase.CasesWithSeconds)
        from zone in AnyZone
        where CronSchedule.TryParse(item.Expression, zone, out _, out _, item.DayOr)
        select (ISchedule)CronSchedule.Parse(item.Expression, zone, item.DayOr);

    private static readonly Gen<ISchedule> AnyInterval =
        from ticks in Gen.OneOf(
            Ticks(IntervalSchedule.Shortest.Ticks, TimeSpan.TicksPerDay),
            Ticks(1, 3653).Select(days => days * TimeSpan.TicksPerDay))
        from anchor in RecentInstant
        from zone in AnyZone
        select (ISchedule)new IntervalSchedule(TimeSpan.FromTicks(ticks), anchor, zone);

    private static readonly Gen<ISchedule> AnySchedule = Gen.OneOf(AnyCron, AnyInterval);

    [Fact]
    public void Next_is_later_monotone_and_skips_nothing()
    {
        var cases = from schedule in AnySchedule
                    from after in Gen.OneOf(RecentInstant, AnyInstant)
                    from part in Gen.Choose(0, 1000)
                    select (schedule, after, part);
        Check(cases, 2000, item =>
        {
            var (schedule, after, part) = item;
            if (schedule.Next(after) is not { } next)
            {
                return schedule.Next(after + (DateTimeOffset.MaxValue - after) * (part / 1000.0)) is null;
            }

            var between = after + TimeSpan.FromTicks((next - after).Ticks / 1000 * part);
            between = between < next ? between : next.AddTicks(-1);
            return next > after
                && next.Offset == TimeSpan.Zero
                && schedule.Next(between) == next
                && schedule.Next(next.AddTicks(-1)) == next
                && (schedule.Next(next) is not { } second || second > next);
        });
    }

    [Fact]
    public void Next_never_throws_for_any_instant()
    {
        var edge = from days in Ticks(0, 4 * TimeSpan.TicksPerDay)
                   from end in Gen.Elements(false, true)
                   select end ? new DateTimeOffset(DateTime.MaxValue.Ticks - days, TimeSpan.Zero) : new DateTimeOffset(days, TimeSpan.Zero);
        var cases = from schedule in AnySchedule
                    from after in Gen.OneOf(edge, AnyInstant)
                    select (schedule, after);
        Check(cases, 3000, item => item.schedule.Next(item.after) is not { } next || next > item.after);
    }

    [Fact]
    public void TryParse_never_throws_and_always_explains()
    {
        var letters = Gen.Elements("0123456789*/-,?LW#@ \tmonjanfebsu\0é".ToCharArray());
        var likely = Gen.Choose(0, 24).SelectMany(length => letters.ArrayOf(length)).Select(chars => new string(chars));
        var fields = from text in likely
                     from other in likely
                     from shape in Gen.Elements("{0} * * * *", "{0} * * * * *", "0 0 {0} * *", "0 0 * * {0}", "0 0 {0} 2 {1}", "0 0 {0} {1} *")
                     select string.Format(CultureInfo.InvariantCulture, shape, text, other);
        var any = ArbMap.Default.GeneratorFor<string>();
        Check(from text in Gen.OneOf(likely, fields, any) from dayOr in Gen.Elements(true, false) select (text, dayOr), 10_000, item =>
            CronSchedule.TryParse(item.text, TimeZoneInfo.Utc, out var schedule, out var error, item.dayOr)
                ? error is null
                    && schedule.Next(DateTimeOffset.UnixEpoch) > DateTimeOffset.UnixEpoch
                    && schedule.Next(DateTimeOffset.MinValue) > DateTimeOffset.MinValue
                    && schedule.Next(DateTimeOffset.MaxValue) is null
                : schedule is null && error.Contains("; expected ", StringComparison.Ordinal));
    }

    [Fact]
    public void Cron_in_UTC_agrees_with_looking_at_every_minute() =>
        Check(
            from item in CronCase.Cases from after in RecentInstant select (item, after),
            300,
            pair => AgreesWithWalk(pair.item, pair.after, 30 * 24 * 60, TimeZoneInfo.Utc));

    [Fact]
    public void B33_cron_around_clock_changes_agrees_with_looking_at_every_minute()
    {
        var changes = Zones.Unusual.Select(Zones.Zone).SelectMany(zone => ChangesOf(zone).Select(change => (zone, change))).ToArray();
        var cases = from item in CronCase.Cases
                    from place in Gen.Elements(changes)
                    from minutes in Gen.OneOf(Gen.Choose(-27 * 60, 27 * 60), Gen.Choose(-70, 70))
                    select (item, place.zone, after: place.change.AddMinutes(minutes));
        Check(cases, 3000, item => AgreesWithWalk(item.item, item.after, 2 * 24 * 60, item.zone));
    }

    [Fact]
    public void B33_cron_with_seconds_around_clock_changes_agrees_with_looking_at_every_second()
    {
        var changes = Zones.Unusual.Select(Zones.Zone).SelectMany(zone => ChangesOf(zone).Select(change => (zone, change))).ToArray();
        var cases = from item in CronCase.CasesWithSeconds
                    from place in Gen.Elements(changes)
                    from seconds in Gen.OneOf(Gen.Choose(-2 * 3600, 2 * 3600), Gen.Choose(-100, 100))
                    select (item, place.zone, after: place.change.AddSeconds(seconds));
        Check(cases, 1500, item => AgreesWithWalk(item.item, item.after, 3 * 3600, item.zone));
    }

    [Fact]
    public void Days_agree_with_looking_at_every_one_of_years()
    {
        var cases = from item in CronCase.Cases
                    from after in RecentInstant
                    select (item: item with { Second = null, Minute = Midnight, Hour = Midnight }, after);
        Check(cases, 2000, pair =>
        {
            if (!CronSchedule.TryParse(pair.item.Expression, TimeZoneInfo.Utc, out var schedule, out _, pair.item.DayOr))
            {
                return !Enumerable.Range(0, 40 * 366).Any(day => pair.item.Matches(pair.after.Date.AddDays(day)));
            }

            var next = schedule.Next(pair.after)!.Value.Date;
            return pair.item.Matches(next)
                && !Enumerable.Range(1, (next - pair.after.Date).Days)
                    .Any(day => pair.item.Matches(next.AddDays(-day)) && next.AddDays(-day) > pair.after.UtcDateTime);
        });
    }

    [Fact]
    public void A_spec_read_back_from_JSON_describes_the_same_schedule()
    {
        var cron = from item in Gen.OneOf(CronCase.Cases, CronCase.CasesWithSeconds)
                   from zone in Gen.Elements(Zones.Unusual)
                   where CronSchedule.TryParse(item.Expression, TimeZoneInfo.Utc, out _, out _, item.DayOr)
                   select new ScheduleSpec { Cron = item.Expression, DayOr = item.DayOr, Timezone = zone };
        var interval = from schedule in AnyInterval
                       select new ScheduleSpec
                       {
                           Interval = ((IntervalSchedule)schedule).Interval, Anchor = ((IntervalSchedule)schedule).Anchor,
                           Timezone = ((IntervalSchedule)schedule).Zone.Id
                       };
        var cases = from spec in Gen.OneOf(cron, interval)
                    from after in RecentInstant
                    select (spec, after);
        Check(cases, 2000, item =>
        {
            var text = JsonSerializer.Serialize(item.spec, MessagesJson.Default.ScheduleSpec);
            var read = JsonSerializer.Deserialize(text, MessagesJson.Default.ScheduleSpec)!;
            return read.Cron == item.spec.Cron && read.DayOr == item.spec.DayOr && read.Interval == item.spec.Interval
                && Made(read).Next(item.after) == Made(item.spec).Next(item.after)
                && JsonSerializer.Serialize(read, MessagesJson.Default.ScheduleSpec) == text;
        });

        static ISchedule Made(ScheduleSpec spec) => spec.Cron is null
            ? new IntervalSchedule(spec.Interval!.Value, spec.Anchor!.Value, Zones.Zone(spec.Timezone!))
            : CronSchedule.Parse(spec.Cron, Zones.Zone(spec.Timezone!), spec.DayOr!.Value);
    }

    [Fact]
    public void B33_an_occurrence_is_marked_as_moved_when_its_wall_clock_time_is_not_the_patterns()
    {
        var changes = Zones.Unusual.Select(Zones.Zone).SelectMany(zone => ChangesOf(zone).Select(change => (zone, change))).ToArray();
        var cases = from item in CronCase.Cases
                    from place in Gen.Elements(changes)
                    where CronSchedule.TryParse(item.Expression, place.zone, out _, out _, item.DayOr)
                    select (item, place.zone, place.change);
        Check(cases, 3000, item => IsMarkedRightly(item.item, item.zone, item.change));
    }

    [Fact]
    public void B33_an_occurrence_is_marked_as_moved_also_when_the_next_one_is_in_the_gap_of_another_year()
    {
        // After the change of 2011 the next Sunday that is a 1st, 14th or 27th of April or December is the day of the change of 2012.
        var item = CronText.Read("19 */8 */13 4,12 sun", dayOr: false);
        var (zone, change) = (Zones.Zone("America/Havana"), Zones.At("2011-03-20T05:00:00Z"));
        Assert.Equal(Zones.At("2012-04-01T05:00:00Z"), CronSchedule.Parse(item.Expression, zone, item.DayOr).Next(change.AddTicks(-1)));
        Assert.True(IsMarkedRightly(item, zone, change));
    }

    [Fact]
    public void B33_intervals_agree_with_counting_from_the_anchor()
    {
        var cases = from schedule in AnyInterval
                    from after in Gen.OneOf(RecentInstant, Gen.Elements(Zones.Unusual).Select(Zones.Zone)
                        .SelectMany(z => Gen.Elements(ChangesOf(z).DefaultIfEmpty(DateTimeOffset.UnixEpoch).ToArray())))
                    select ((IntervalSchedule)schedule, after);
        Check(cases, 1000, item => item.Item1.Next(item.after) == Counted(item.Item1, item.after));

        // Every n near the instant, below and above.
        static DateTimeOffset? Counted(IntervalSchedule schedule, DateTimeOffset after)
        {
            var near = (after - schedule.Anchor).Ticks / schedule.Interval.Ticks;
            return Enumerable.Range(-3, 8).Select(i => Occurrence(schedule, near + i)).Where(at => at > after).Min();
        }

        static DateTimeOffset Occurrence(IntervalSchedule schedule, long n)
        {
            var zone = schedule.Zone;
            if (schedule.Interval.Ticks % TimeSpan.TicksPerDay != 0 || n == 0)
            {
                return schedule.Anchor + TimeSpan.FromTicks(schedule.Interval.Ticks * n);
            }

            // The first minute whose clock shows the wall-clock time or a later one.
            var local = schedule.Anchor.UtcDateTime + zone.GetUtcOffset(schedule.Anchor.UtcDateTime)
                + TimeSpan.FromTicks(schedule.Interval.Ticks * n);
            var at = local.AddHours(-15);
            while (at + zone.GetUtcOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) < local)
            {
                at = at.AddMinutes(1);
            }

            var shown = at + zone.GetUtcOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc));
            return new DateTimeOffset(shown == local ? at.Ticks : at.Ticks - (at.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        }
    }

    /// <summary>
    /// Whether the first occurrence since a clock change is marked as moved if it is no wall-clock time of the pattern, and then at the end of a gap.
    /// </summary>
    private static bool IsMarkedRightly(CronCase item, TimeZoneInfo zone, DateTimeOffset change)
    {
        var schedule = CronSchedule.Parse(item.Expression, zone, item.DayOr);
        var next = schedule.Next(change.AddTicks(-1))!.Value;
        var local = next.UtcDateTime + zone.GetUtcOffset(next.UtcDateTime);
        return schedule.IsMoved(next) == !item.Matches(local) && (!schedule.IsMoved(next) || IsEndOfGap(next, zone));
    }

    private static bool IsEndOfGap(DateTimeOffset instant, TimeZoneInfo zone) =>
        zone.GetUtcOffset(instant.UtcDateTime) > zone.GetUtcOffset(instant.UtcDateTime.AddTicks(-1));

    private static readonly FieldCase Midnight = new("0", time => time.Hour == 0 && time.Minute == 0, true, false);

    /// <param name="units">Minutes, or seconds for six fields.</param>
    private static bool AgreesWithWalk(CronCase item, DateTimeOffset after, int units, TimeZoneInfo zone)
    {
        if (!CronSchedule.TryParse(item.Expression, zone, out var schedule, out _, item.DayOr))
        {
            return true;
        }

        after = new DateTimeOffset(after.Ticks - (after.Ticks % item.Unit.Ticks), TimeSpan.Zero);
        var next = schedule.Next(after);
        var walked = item.Walk(after, units, zone);
        return walked is null ? next is null || next > after + (item.Unit * units) : next == walked;
    }

    /// <summary>When clocks changed from 2005 to 2035.</summary>
    private static IEnumerable<DateTimeOffset> ChangesOf(TimeZoneInfo zone)
    {
        var timeline = ZoneTimeline.Of(zone);
        var end = new DateTime(2035, 1, 1).Ticks;
        for (var stretch = timeline.At(new DateTime(2005, 1, 1).Ticks); stretch.End < end;)
        {
            var next = timeline.At(stretch.End);
            if (next.Offset != stretch.Offset)
            {
                yield return new DateTimeOffset(next.Start, TimeSpan.Zero);
            }

            stretch = next;
        }
    }

    /// <summary>Any number in a range wider than an int.</summary>
    private static Gen<long> Ticks(long min, long max) =>
        from high in Gen.Choose(0, int.MaxValue)
        from low in Gen.Choose(0, int.MaxValue)
        select min + (((long)high << 31 | (long)low) % (max - min + 1));

    private static void Check<T>(Gen<T> cases, int count, Func<T, bool> holds) =>
        Prop.ForAll(cases.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(count));
}

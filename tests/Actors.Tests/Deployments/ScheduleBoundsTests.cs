using System.Collections.Immutable;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors.Tests.Deployments;

/// <summary>A schedule's end, its number of runs and what somebody switches it to.</summary>
public sealed class ScheduleBoundsTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ScheduleSpec EveryMinute = new() { Id = "minute", Interval = TimeSpan.FromMinutes(1) };
    private static readonly ScheduleSpec EveryHour = new() { Id = "hour", Cron = "0 * * * *" };
    private static readonly DeploymentBehaviour Behaviour = new(new FlowRunBehaviour("n"), new JournalCodec());

    [Fact]
    public void An_occurrence_at_the_end_itself_runs_and_none_after_it()
    {
        var state = Registered(EveryMinute with { End = Start.AddMinutes(2) });

        Assert.Equal([Start.AddMinutes(1), Start.AddMinutes(2)], Due(ref state, Start.AddMinutes(10)));
        Assert.Null(state.NextRun);
        Assert.Equal(
            "Nothing occurs any more before its end, 2026-05-01T12:02:00Z. A later one lets it go on.", View(state, Start.AddMinutes(10))[0].Ended);
        Assert.Empty(View(state, Start.AddMinutes(10))[0].Next);
    }

    [Fact]
    public void A_schedule_stops_after_its_runs_and_its_view_says_so()
    {
        var state = Registered(EveryMinute with { MaxRuns = 3 });
        Assert.Equal(3, View(state, Start)[0].Next.Length);

        Assert.Equal([Start.AddMinutes(1), Start.AddMinutes(2)], Due(ref state, Start.AddMinutes(2)));
        Assert.Equal((2, 3, null), (View(state, Start)[0].Runs, View(state, Start)[0].MaxRuns, View(state, Start)[0].Ended));
        Assert.Single(View(state, Start.AddMinutes(2))[0].Next);

        Assert.Equal([Start.AddMinutes(3)], Due(ref state, Start.AddMinutes(60)));
        Assert.Null(state.NextRun);
        Assert.Equal("It has made its 3 runs. A higher max_runs lets it go on.", View(state, Start.AddMinutes(60))[0].Ended);
    }

    [Theory]
    [InlineData(CatchUpPolicy.All, 3)]
    [InlineData(CatchUpPolicy.Latest, 3)]
    [InlineData(CatchUpPolicy.None, 3)]
    public void Occurrences_that_are_on_time_together_count_one_by_one(CatchUpPolicy policy, int runs)
    {
        var often = EveryMinute with { Interval = TimeSpan.FromMilliseconds(100), MaxRuns = runs };
        var state = Then(Behaviour.Initial("flow/d"), new RegisterDeployment(Spec(often) with { CatchUp = policy }), Start);

        Assert.Equal(runs, Due(ref state, Start.AddSeconds(1)).Count);
        Assert.Null(state.NextRun);
    }

    [Fact]
    public void Runs_count_on_across_redeploys_that_keep_the_id_and_a_higher_bound_goes_on_from_then()
    {
        var state = Registered(EveryMinute with { MaxRuns = 2 });
        Due(ref state, Start.AddMinutes(1));
        state = Then(state, new RegisterDeployment(Spec(EveryMinute with { MaxRuns = 2, Jitter = TimeSpan.FromSeconds(1) })), Start.AddSeconds(80));
        Due(ref state, Start.AddMinutes(5));
        Assert.Null(state.NextRun);
        Assert.Equal(2, View(state, Start)[0].Runs);

        // What came due while it had nothing more to make was nobody's.
        state = Then(state, new RegisterDeployment(Spec(EveryMinute with { MaxRuns = 4 })), Start.AddMinutes(30).AddSeconds(1));
        Assert.Equal(Start.AddMinutes(31), state.NextRun);
        Assert.Equal([Start.AddMinutes(31), Start.AddMinutes(32)], Due(ref state, Start.AddMinutes(40)));
        Assert.Null(state.NextRun);
    }

    [Fact]
    public void A_bound_that_comes_later_counts_what_was_made_before()
    {
        var state = Registered(EveryMinute);
        Due(ref state, Start.AddMinutes(3));

        state = Then(state, new RegisterDeployment(Spec(EveryMinute with { MaxRuns = 3 })), Start.AddMinutes(3));

        Assert.Null(state.NextRun);
        Assert.Equal("It has made its 3 runs. A higher max_runs lets it go on.", View(state, Start)[0].Ended);

        state = Then(state, new RegisterDeployment(Spec(EveryMinute with { MaxRuns = 2 })), Start.AddMinutes(4));
        Assert.Equal("It has made 3 runs, and its max_runs is 2. One above 3 lets it go on.", View(state, Start)[0].Ended);
    }

    [Fact]
    public void A_schedule_that_is_removed_and_comes_back_begins_anew()
    {
        var state = Registered(EveryMinute with { MaxRuns = 1 });
        Due(ref state, Start.AddMinutes(1));
        state = Then(state, new RegisterDeployment(Spec(EveryHour)), Start.AddMinutes(2));

        state = Then(state, new RegisterDeployment(Spec(EveryMinute with { MaxRuns = 1 })), Start.AddMinutes(3));

        Assert.Equal((0, Start.AddMinutes(4)), (View(state, Start)[0].Runs, state.NextRun!.Value));
    }

    /// <summary>B32.</summary>
    [Fact]
    public void An_exhausted_and_an_ended_schedule_do_not_starve_their_siblings()
    {
        var state = Registered(
            EveryMinute with { Id = "exhausted", MaxRuns = 1 }, EveryMinute with { Id = "ended", End = Start.AddMinutes(1) },
            EveryMinute with { Id = "other" });
        Assert.Equal(3, Due(ref state, Start.AddMinutes(1)).Count);

        Assert.Equal(Start.AddMinutes(2), state.NextRun);
        Assert.Equal([Start.AddMinutes(2)], Due(ref state, Start.AddMinutes(2)));
        Assert.Equal([true, true, false], View(state, Start.AddMinutes(2)).Select(s => s.Ended is not null));
    }

    /// <summary>B32.</summary>
    [Fact]
    public void A_recurrence_whose_search_is_given_up_says_so_and_does_not_starve_its_siblings()
    {
        static string To(int last) => string.Join(',', Enumerable.Range(1, last));

        // Every second but for those of four exceptions, which leave a second a month.
        var hopeless = new ScheduleSpec
        {
            Id = "hopeless",
            Rrule = $"DTSTART:20260401T000000Z\nRRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY;BYSECOND={To(59)}\nEXRULE:FREQ=MINUTELY;BYMINUTE={To(59)}\n"
                + $"EXRULE:FREQ=HOURLY;BYHOUR={To(23)}\nEXRULE:FREQ=MONTHLY;BYMONTHDAY={string.Join(',', Enumerable.Range(2, 30))}",
        };

        var state = Registered(hopeless, EveryMinute);

        Assert.Contains("was given up", View(state, Start)[0].Problem, StringComparison.Ordinal);
        Assert.Null(View(state, Start)[0].Ended);
        Assert.Equal([Start.AddMinutes(1)], Due(ref state, Start.AddMinutes(1)));
        Assert.Equal(Start.AddMinutes(2), state.NextRun);
    }

    /// <summary>B29.</summary>
    [Fact]
    public void A_schedule_that_is_due_at_other_times_under_its_old_id_begins_now()
    {
        var state = Registered(EveryMinute);
        Due(ref state, Start.AddMinutes(1));

        // Its times of this morning were never those of the schedule.
        state = Then(state, new RegisterDeployment(Spec(EveryMinute with { Interval = TimeSpan.FromSeconds(7) })), Start.AddSeconds(110));

        Assert.True(state.NextRun > Start.AddSeconds(110));
        Assert.Equal(1, View(state, Start)[0].Runs);
    }

    /// <summary>B29: what is due by now is not the future.</summary>
    [Fact]
    public void What_is_due_when_a_schedule_changes_runs_as_it_was_declared()
    {
        var state = Registered(EveryMinute with { Parameters = Parameter("old") });

        var decision = Behaviour.Decide(state, new RegisterDeployment(Spec(EveryHour)), Start.AddMinutes(1));

        Assert.Equal(Start.AddMinutes(1), Assert.Single(Assert.IsType<OccurrencesEmitted>(decision.Events[0]).Occurrences).Due);
        Assert.IsType<DeploymentDeclared>(decision.Events[1]);
        Assert.Contains("old", System.Text.Encoding.UTF8.GetString(Assert.Single(decision.Creates).Events[0].Payload.Span), StringComparison.Ordinal);
        Assert.Single(decision.Intents.OfType<WakeRun>());
        Assert.Empty(Behaviour.Decide(state, new RegisterDeployment(Spec(EveryHour), DryRun: true), Start.AddMinutes(1)).Events);
    }

    /// <summary>B29: as much as a node that was down over a weekend has missed.</summary>
    [Fact]
    public void All_that_was_missed_runs_before_a_schedule_changes()
    {
        var state = Then(Behaviour.Initial("flow/d"), new RegisterDeployment(Spec(EveryMinute) with { CatchUp = CatchUpPolicy.All }), Start);

        var decision = Behaviour.Decide(state, new RegisterDeployment(Spec(EveryHour) with { CatchUp = CatchUpPolicy.All }), Start.AddDays(2.5));

        Assert.Equal(2.5 * 24 * 60, decision.Creates.Length);
    }

    /// <summary>B30.</summary>
    [Fact]
    public void A_schedule_that_somebody_switches_off_and_on_keeps_its_anchor_and_its_count_and_leaves_its_siblings_alone()
    {
        var state = Registered(EveryMinute with { Anchor = Start.AddSeconds(17) }, EveryHour);
        Due(ref state, Start.AddMinutes(1).AddSeconds(20));
        state = Then(state, new SwitchSchedule("flow/d", "minute", false), Start.AddMinutes(2));
        Assert.Equal(Start.AddHours(1), state.NextRun);
        Assert.False(View(state, Start)[0].Active);

        state = Then(state, new SwitchSchedule("flow/d", "minute", true), Start.AddMinutes(10));

        Assert.Equal(Start.AddMinutes(10).AddSeconds(17), state.NextRun);
        Assert.Equal(2, View(state, Start)[0].Runs);
    }

    /// <summary>B28: an alarm rings some milliseconds late, and a pause may come before it.</summary>
    [Fact]
    public void What_was_due_before_somebody_paused_runs_and_what_came_due_meanwhile_does_not()
    {
        var now = Start.AddMinutes(3).AddMilliseconds(5);
        foreach (var (off, on) in new (object, object)[]
        {
            (new PauseDeployment("flow/d"), new ResumeDeployment("flow/d")),
            (new SwitchSchedule("flow/d", "minute", false), new SwitchSchedule("flow/d", "minute", true)),
        })
        {
            var decision = Behaviour.Decide(Registered(EveryMinute), off, now);
            Assert.Equal(new DeploymentChanged("flow/d", true), decision.Reply);
            Assert.Equal((3, 3), (decision.Creates.Length, decision.Intents.OfType<WakeRun>().Count()));

            var state = Then(Then(Registered(EveryMinute), off, now), on, Start.AddMinutes(10));
            Assert.Equal((3, Start.AddMinutes(11)), (View(state, Start)[0].Runs, state.NextRun!.Value));
        }

        // A node that stops is to have nothing to catch up with.
        Assert.IsType<DeploymentPaused>(
            Assert.Single(Behaviour.Decide(Registered(EveryMinute), new PauseDeployment("flow/d", PauseReason.Shutdown), now).Events));
    }

    [Fact]
    public void What_somebody_switched_stays_until_another_word_is_declared_for_it()
    {
        var off = Then(Registered(EveryMinute), new SwitchSchedule("flow/d", "minute", false), Start);
        Assert.Null(Then(off, new RegisterDeployment(Spec(EveryMinute) with { Version = "2" }), Start).NextRun);
        Assert.Null(Then(off, new ResumeDeployment("flow/d"), Start).NextRun);
        Assert.NotNull(Then(off, new RegisterDeployment(Spec(EveryMinute with { Active = true })), Start).NextRun);

        var declaredOff = Registered(EveryMinute with { Active = false });
        Assert.NotNull(Then(declaredOff, new SwitchSchedule("flow/d", "minute", true), Start).NextRun);
    }

    [Fact]
    public void A_switch_says_whether_it_changed_anything_and_what_it_does_not_know()
    {
        var state = Registered(EveryMinute);
        Assert.Equal(new DeploymentChanged("flow/d", false), Behaviour.Decide(state, new SwitchSchedule("flow/d", "minute", true), Start).Reply);
        Assert.Equal(new DeploymentChanged("flow/d", true), Behaviour.Decide(state, new SwitchSchedule("flow/d", "minute", false), Start).Reply);
        Assert.Equal(
            new Messages.ScheduleNotFound("flow/d", "hour"), Behaviour.Decide(state, new SwitchSchedule("flow/d", "hour", false), Start).Reply);
        Assert.IsType<Messages.DeploymentNotFound>(
            Behaviour.Decide(Behaviour.Initial("flow/x"), new SwitchSchedule("flow/x", "hour", false), Start).Reply);
    }

    [Fact]
    public void A_bounded_catch_up_runs_the_newest_ones_in_commits_of_a_hundred_while_the_clock_moves_on()
    {
        var spec = Spec(EveryMinute) with { CatchUp = CatchUpPolicy.All, CatchUpLimit = 250 };
        var state = Then(Behaviour.Initial("flow/d"), new RegisterDeployment(spec), Start);
        var now = Start.AddDays(30).AddSeconds(30);
        var due = new List<DateTimeOffset>();
        do
        {
            var some = Due(ref state, now);
            Assert.InRange(some.Count, 0, DeploymentBehaviour.OccurrencesPerCommit);
            due.AddRange(some);
            // Snapshots remember which ones it is about.
            state = Behaviour.FromSnapshot("flow/d", Behaviour.Snapshot(state)!);
            now = now.AddMinutes(1);
        }
        while (state.PlaceOf(state.Schedules[0]).CatchUpTo is not null);

        Assert.Equal(Enumerable.Range(0, 250).Select(i => Start.AddDays(30).AddMinutes(i - 249)), due);
        // Those that came while these were made are next.
        Assert.Equal(Start.AddDays(30).AddMinutes(1), state.NextRun);
    }

    [Fact]
    public void A_run_with_jitter_starts_later_and_is_known_by_when_it_is_due()
    {
        var jitter = TimeSpan.FromSeconds(30);
        var decision = Behaviour.Decide(Registered(EveryMinute with { Jitter = jitter }), WakeUpNow.Instance, Start.AddMinutes(1));

        var stored = Assert.Single(decision.Creates).Events[0];
        var run = Assert.IsType<RunScheduled>(EventCatalog.Read(stored.Type, stored.Version, stored.Payload.Span));
        var id = RunIds.ForOccurrence("flow/d", "minute", Start.AddMinutes(1));
        Assert.Equal(Start.AddMinutes(1), run.Due);
        Assert.Equal(Start.AddMinutes(1) + StartJitter.Of(id, jitter), run.StartAt);
        Assert.Equal(id.ToString("D"), decision.Creates[0].Entity.Id);
        Assert.Null(Scheduled(EveryMinute).StartAt);
        Assert.Null(Scheduled(EveryMinute with { Jitter = TimeSpan.Zero }).StartAt);
    }

    /// <summary>B34.</summary>
    [Fact]
    public void What_has_been_is_not_shown_as_next_when_the_clock_has_stepped_back()
    {
        var state = Registered(EveryMinute);
        Due(ref state, Start.AddMinutes(5));

        Assert.Equal(Start.AddMinutes(6), View(state, Start.AddMinutes(2))[0].Next[0]);
        Assert.Equal(Start.AddMinutes(6), state.NextRun);
    }

    private static RunScheduled Scheduled(ScheduleSpec schedule)
    {
        var stored = Behaviour.Decide(Registered(schedule), WakeUpNow.Instance, Start.AddMinutes(1)).Creates[0].Events[0];
        return (RunScheduled)EventCatalog.Read(stored.Type, stored.Version, stored.Payload.Span);
    }

    private static ImmutableArray<ScheduleView> View(DeploymentState state, DateTimeOffset now) =>
        Assert.IsType<DeploymentView>(Behaviour.Decide(state, new GetDeployment("flow/d"), now).Reply).Schedules;

    private static List<DateTimeOffset> Due(ref DeploymentState state, DateTimeOffset now)
    {
        var decision = Behaviour.Decide(state, WakeUpNow.Instance, now);
        state = decision.Events.Aggregate(state, (s, e) => Behaviour.Apply(s, e, now));
        return [.. decision.Events.OfType<OccurrencesEmitted>().SelectMany(e => e.Occurrences).Select(o => o.Due)];
    }

    private static ImmutableSortedDictionary<string, System.Text.Json.JsonElement> Parameter(string value) =>
        ImmutableSortedDictionary<string, System.Text.Json.JsonElement>.Empty.Add("which", System.Text.Json.JsonElement.Parse($"\"{value}\""));

    private static DeploymentSpec Spec(params ImmutableArray<ScheduleSpec> schedules) =>
        new() { Name = "flow/d", Command = ["true"], Workdir = "/", Schedules = schedules, CatchUp = CatchUpPolicy.All };

    private static DeploymentState Registered(params ImmutableArray<ScheduleSpec> schedules) =>
        Then(Behaviour.Initial("flow/d"), new RegisterDeployment(Spec(schedules)), Start);

    private static DeploymentState Then(DeploymentState state, object message, DateTimeOffset now) =>
        Behaviour.Decide(state, message, now).Events.Aggregate(state, (s, e) => Behaviour.Apply(s, e, now));
}

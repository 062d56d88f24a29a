using System.Collections.Immutable;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Nodes;
using Runner.Actors.Scheduling;
using Runner.Entities;
using Runner.Messages.Deployments;

namespace Runner.Actors.Tests.Deployments;

/// <summary>A deployment has any number of schedules.</summary>
public sealed class ManySchedulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ScheduleSpec EveryMinute = new() { Interval = TimeSpan.FromMinutes(1) };
    private static readonly DeploymentBehaviour Behaviour = new(new FlowRunBehaviour("n"), new JournalCodec());

    [Fact]
    public void Thousands_are_registered_each_under_an_id_of_its_own_and_each_is_due()
    {
        var state = Registered([.. Enumerable.Repeat(EveryMinute, 10_000)]);

        var due = Due(ref state, Start.AddMinutes(1));

        Assert.Equal(10_000, due.Select(o => (o.Schedule, o.Run)).Distinct().Count());
        Assert.Equal(Start.AddMinutes(2), state.NextRun);
    }

    [Fact]
    public void Ids_of_schedules_that_are_the_same_are_numbered_and_leave_those_given_alone()
    {
        var first = Schedules.WithIds(Spec([EveryMinute])).Schedules[0].Id!;

        var ids = Schedules.WithIds(Spec([EveryMinute, EveryMinute with { Id = $"{first}-2" }, EveryMinute, EveryMinute])).Schedules
            .Select(s => s.Id);

        Assert.Equal([first, $"{first}-2", $"{first}-3", $"{first}-4"], ids);
    }

    [Fact]
    public void More_than_can_be_are_refused()
    {
        var problem = Assert.Single(DeploymentRules.Problems(Spec([.. Enumerable.Repeat(EveryMinute, 10_001)])));

        Assert.Equal(("schedules", "there are 10001; at most 10000 are possible"), (problem.Field, problem.Message));
    }

    /// <summary>B28, B31.</summary>
    [Fact]
    public void What_many_have_missed_is_made_in_commits_of_a_bounded_size_and_none_of_it_is_left_out()
    {
        var state = Registered([.. Enumerable.Range(0, 1000).Select(i => EveryMinute with { Anchor = Start.AddMilliseconds(i) })]);
        var all = new HashSet<(string, DateTimeOffset)>();

        for (var due = Due(ref state, Start.AddMinutes(25).AddSeconds(30)); due.Count > 0; due = Due(ref state, Start.AddMinutes(25).AddSeconds(30)))
        {
            Assert.InRange(due.Count, 1, DeploymentBehaviour.OccurrencesPerChange);
            Assert.All(due, o => Assert.True(all.Add((o.Schedule, o.Due))));
        }

        // The first of them was due when it was registered.
        Assert.Equal((1000 * 26) - 1, all.Count);
    }

    /// <summary>B32: a search that is given up takes milliseconds, and all schedules are asked whenever one of them is due.</summary>
    [Fact]
    public void Recurrences_are_not_searched_again_for_what_is_known()
    {
        var state = Registered([new() { Rrule = "FREQ=HOURLY" }, new() { Rrule = "FREQ=HOURLY", End = Start.AddDays(1) }]);

        Assert.All(state.Schedules, s => Assert.IsType<RememberingSchedule>(s.Schedule));
        Assert.Equal(Start.AddHours(1), state.NextRun);
    }

    private static List<Occurrence> Due(ref DeploymentState state, DateTimeOffset now)
    {
        var decision = Behaviour.Decide(state, WakeUpNow.Instance, now);
        state = decision.Events.Aggregate(state, (s, e) => Behaviour.Apply(s, e, now));
        return [.. decision.Events.OfType<OccurrencesEmitted>().SelectMany(e => e.Occurrences)];
    }

    private static DeploymentState Registered(ImmutableArray<ScheduleSpec> schedules)
    {
        var decision = Behaviour.Decide(Behaviour.Initial("flow/d"), new RegisterDeployment(Spec(schedules)), Start);
        Assert.IsType<DeploymentRegistered>(decision.Reply);
        return decision.Events.Aggregate(Behaviour.Initial("flow/d"), (s, e) => Behaviour.Apply(s, e, Start));
    }

    private static DeploymentSpec Spec(ImmutableArray<ScheduleSpec> schedules) =>
        new() { Name = "flow/d", Command = ["true"], Workdir = "/", Schedules = schedules, CatchUp = CatchUpPolicy.All };
}

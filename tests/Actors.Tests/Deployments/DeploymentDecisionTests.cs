using System.Collections.Immutable;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Deployments;

/// <summary>What a deployment decides, as a pure function.</summary>
public sealed class DeploymentDecisionTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ScheduleSpec EveryMinute = new() { Interval = TimeSpan.FromMinutes(1) };
    private static readonly ScheduleSpec EveryHour = new() { Cron = "0 * * * *" };
    private static readonly DeploymentBehaviour Behaviour = new(new FlowRunBehaviour("n"), new JournalCodec());

    /// <summary>B28.</summary>
    [Fact]
    public void An_occurrence_and_the_first_event_of_its_run_are_one_commit_and_the_run_has_a_computed_id()
    {
        var decision = Behaviour.Decide(Registered(EveryMinute), WakeUpNow.Instance, Start.AddMinutes(1));

        var occurrence = Assert.Single(Assert.IsType<OccurrencesEmitted>(Assert.Single(decision.Events)).Occurrences);
        var create = Assert.Single(decision.Creates);
        Assert.Equal(Start.AddMinutes(1), occurrence.Due);
        Assert.Equal(RunIds.ForOccurrence("flow/d", occurrence.Schedule, occurrence.Due), occurrence.Run);
        Assert.Equal((occurrence.Run.ToString("D"), WritePrecondition.CreateIfAbsent), (create.Entity.Id, create.Precondition));
    }

    /// <summary>B28, B34.</summary>
    [Fact]
    public void Nothing_is_due_twice_though_it_is_woken_again_registered_again_or_the_clock_steps_back()
    {
        var emitted = Then(Registered(EveryMinute), WakeUpNow.Instance, Start.AddMinutes(1));

        Assert.Empty(Behaviour.Decide(emitted, WakeUpNow.Instance, Start.AddMinutes(1)).Events);
        Assert.Empty(Behaviour.Decide(emitted, Recovered.Instance, Start.AddSeconds(-30)).Events);
        var again = Then(emitted, new RegisterDeployment(Spec(EveryMinute) with { Description = "another" }), Start.AddSeconds(70));
        Assert.Equal(Start.AddMinutes(2), again.NextRun);
    }

    /// <summary>B29.</summary>
    [Fact]
    public void A_changed_schedule_begins_anew_and_its_siblings_keep_their_place()
    {
        var state = Registered(EveryMinute, EveryHour);
        var changed = Then(
            state, new RegisterDeployment(Spec(EveryMinute with { Interval = TimeSpan.FromMinutes(7) }, EveryHour)), Start.AddMinutes(10));

        Assert.Equal(Start.AddMinutes(10), changed.CursorOf(changed.Schedules[0]));
        Assert.Equal(state.CursorOf(state.Schedules[1]), changed.CursorOf(changed.Schedules[1]));
        Assert.Equal(state.Schedules[1].Id, changed.Schedules[1].Id);
    }

    /// <summary>B30.</summary>
    [Fact]
    public void Switching_a_schedule_off_and_on_does_not_move_its_anchor()
    {
        var off = Then(Registered(EveryMinute), new RegisterDeployment(Spec(EveryMinute with { Active = false })), Start.AddSeconds(90));
        Assert.Null(off.NextRun);

        var on = Then(off, new RegisterDeployment(Spec(EveryMinute)), Start.AddSeconds(150));
        Assert.Equal(off.Schedules[0].Id, on.Schedules[0].Id);
        Assert.Equal(Start.AddMinutes(3), on.NextRun);
    }

    /// <summary>B31.</summary>
    [Theory]
    [InlineData(CatchUpPolicy.All, 5)]
    [InlineData(CatchUpPolicy.Latest, 1)]
    [InlineData(CatchUpPolicy.None, 0)]
    public void After_downtime_the_policy_decides(CatchUpPolicy policy, int runs)
    {
        var state = Then(Behaviour.Initial("flow/d"), new RegisterDeployment(Spec(EveryMinute) with { CatchUp = policy }), Start);
        var now = Start.AddMinutes(5).AddSeconds(30);

        var decision = Behaviour.Decide(state, Recovered.Instance, now);

        Assert.Equal(runs, decision.Creates.Length);
        Assert.Equal(Start.AddMinutes(6), Then(state, Recovered.Instance, now).NextRun);
    }

    [Fact]
    public void A_long_downtime_is_caught_up_with_in_commits_of_a_hundred_and_no_occurrence_is_left_out()
    {
        var now = Start.AddMinutes(250);
        var state = Then(Behaviour.Initial("flow/d"), new RegisterDeployment(Spec(EveryMinute) with { CatchUp = CatchUpPolicy.All }), Start);
        var due = new List<DateTimeOffset>();
        while (state.NextRun <= now)
        {
            var decision = Behaviour.Decide(state, WakeUpNow.Instance, now);
            Assert.InRange(decision.Creates.Length, 1, DeploymentBehaviour.OccurrencesPerCommit);
            due.AddRange(((OccurrencesEmitted)decision.Events[0]).Occurrences.Select(o => o.Due));
            state = Then(state, WakeUpNow.Instance, now);
        }

        Assert.Equal(Enumerable.Range(1, 250).Select(i => Start.AddMinutes(i)), due);
    }

    /// <summary>B32.</summary>
    [Fact]
    public void A_schedule_that_cannot_say_when_it_is_due_does_not_starve_its_siblings()
    {
        // A zone that this machine has lost since it was registered.
        var broken = EveryHour with { Id = "broken", Timezone = "Atlantis/Capital" };
        var declared = new DeploymentDeclared(
            Spec(EveryMinute with { Id = "good" }, broken), [new("good", Start), new("broken", Start)], Paused: false);
        var state = Behaviour.Apply(Behaviour.Initial("flow/d"), declared, Start);

        Assert.NotNull(state.Schedules[1].Problem);
        Assert.Equal(Start.AddMinutes(1), state.NextRun);
        Assert.Single(Behaviour.Decide(state, WakeUpNow.Instance, Start.AddMinutes(1)).Creates);
    }

    [Fact]
    public void What_came_due_during_a_pause_stays_undone()
    {
        var paused = Then(Registered(EveryMinute), new PauseDeployment("flow/d"), Start.AddSeconds(30));
        Assert.Null(paused.NextRun);
        Assert.Empty(Behaviour.Decide(paused, WakeUpNow.Instance, Start.AddMinutes(5)).Events);

        var resumed = Then(paused, new ResumeDeployment("flow/d"), Start.AddSeconds(330));
        Assert.Equal(Start.AddMinutes(6), resumed.NextRun);
    }

    /// <summary>B22.</summary>
    [Fact]
    public void What_a_shutdown_paused_goes_on_when_it_is_served_again_and_what_a_user_paused_does_not()
    {
        var register = new RegisterDeployment(Spec(EveryMinute));
        var shutDown = Then(Registered(EveryMinute), new PauseDeployment("flow/d", PauseReason.Shutdown), Start);
        Assert.False(Then(shutDown, register, Start.AddMinutes(1)).Paused);

        var byUser = Then(Registered(EveryMinute), new PauseDeployment("flow/d"), Start);
        Assert.True(Then(Then(byUser, new PauseDeployment("flow/d", PauseReason.Shutdown), Start), register, Start.AddMinutes(1)).Paused);
    }

    /// <summary>B27.</summary>
    [Theory]
    [InlineData(RunsOnDelete.Keep)]
    [InlineData(RunsOnDelete.Cancel)]
    public void A_deleted_deployment_is_due_no_more_and_cancels_its_runs_if_asked_to(RunsOnDelete runs)
    {
        var decision = Behaviour.Decide(Registered(EveryMinute), new DeleteDeployment("flow/d", runs), Start);
        var deleted = Then(Registered(EveryMinute), new DeleteDeployment("flow/d", runs), Start);

        Assert.Null(deleted.NextRun);
        Assert.IsType<DeploymentNotFound>(Behaviour.Decide(deleted, new GetDeployment("flow/d"), Start).Reply);
        Assert.Equal(runs == RunsOnDelete.Cancel, decision.Intents.OfType<CancelOpenRuns>().Any());
        Assert.Equal(runs == RunsOnDelete.Cancel ? EntityWakeUps.FromStartUp : null, Behaviour.WakeUpAt(deleted));
        Assert.Null(Behaviour.WakeUpAt(Then(deleted, NoOpenRuns.Instance, Start)));
    }

    [Fact]
    public void A_changed_limit_is_told_and_an_unchanged_one_is_not()
    {
        var limited = Spec(EveryMinute) with { Concurrency = new ConcurrencySpec(2) };
        var decision = Behaviour.Decide(Registered(EveryMinute), new RegisterDeployment(limited), Start);
        Assert.Equal(new LimitSizeChanged("deployment:flow/d", 2), Assert.Single(decision.Intents));

        var state = Then(Registered(EveryMinute), new RegisterDeployment(limited), Start);
        Assert.Empty(Behaviour.Decide(state, new RegisterDeployment(limited with { Version = "2" }), Start).Intents);
        Assert.Equal(
            new LimitSizeChanged("deployment:flow/d", null),
            Assert.Single(Behaviour.Decide(state, new DeleteDeployment("flow/d"), Start).Intents));
    }

    [Fact]
    public void The_same_key_leads_to_the_same_run_and_no_key_to_a_new_one()
    {
        var state = Registered(EveryMinute);
        Assert.Equal(Placed(state, "k", Guid.Parse("00000000-0000-0000-0000-000000000001")), Placed(state, "k", Guid.Empty));

        var fresh = Guid.Parse("00000000-0000-0000-0000-000000000002");
        Assert.Equal(fresh, Placed(state, null, fresh));
    }

    [Fact]
    public void A_snapshot_is_the_state()
    {
        var state = Then(Registered(EveryMinute, EveryHour), WakeUpNow.Instance, Start.AddMinutes(1));
        var again = Behaviour.FromSnapshot("flow/d", Behaviour.Snapshot(state));

        Assert.Equal(Behaviour.Snapshot(state), Behaviour.Snapshot(again));
        Assert.Equal(state.NextRun, again.NextRun);
    }

    private static Guid Placed(DeploymentState state, string? key, Guid fresh)
    {
        var decision = Behaviour.Decide(state, new PlaceRun(new SubmitRun("flow/d", IdempotencyKey: key), fresh), Start);
        return Assert.IsType<CreateRun>(Assert.IsType<AnswerFrom>(decision.Reply).Message).Run;
    }

    private static DeploymentSpec Spec(params ImmutableArray<ScheduleSpec> schedules) =>
        new() { Name = "flow/d", Command = ["true"], Workdir = "/", Schedules = schedules };

    private static DeploymentState Registered(params ImmutableArray<ScheduleSpec> schedules) =>
        Then(Behaviour.Initial("flow/d"), new RegisterDeployment(Spec(schedules)), Start);

    private static DeploymentState Then(DeploymentState state, object message, DateTimeOffset now) =>
        Behaviour.Decide(state, message, now).Events.Aggregate(state, (s, e) => Behaviour.Apply(s, e, now));
}

using Runner.Actors.Limits;
using Runner.Actors.Tests.Kit;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.Deployments;

/// <summary>
/// What the shell of a deployment does itself: wakes the runs that it has made, tells the limiter, and cancels what a deletion has to.
/// </summary>
public sealed class DeploymentActorTests : NodeWorld
{
    private static readonly EntityKey Deployed = new(EntityKinds.Deployment, Deployment);
    private static readonly Guid[] Open = [.. Enumerable.Range(1, 3).Select(i => new Guid($"00000000-0000-8000-8000-00000000000{i}"))];
    private static readonly DeploymentSpec Spec = new() { Name = Deployment, Command = ["true"], Workdir = "/" };

    // What is told to runs is noted, and they do nothing.
    public DeploymentActorTests(ITestOutputHelper output)
        : base(output) => Router.NotHere.Add(EntityKinds.FlowRun);

    private CancelRun[] Cancelled => [.. Router.Sent.Select(sent => sent.Message).OfType<CancelRun>()];

    [Fact]
    public void A_run_that_it_has_made_is_counted_and_woken_once_it_is_durable()
    {
        Register(Spec with { Schedules = [new ScheduleSpec { Interval = TimeSpan.FromMinutes(1) }] });
        Pass(TimeSpan.FromSeconds(5));
        var next = Assert.IsType<DeploymentView>(Get(Deployed, new GetDeployment(Deployment))).NextRun!.Value;
        Time.StepWallClock(next - Now);
        Store.Holding = true;
        Tell(Deployed, WakeUpNow.Instance);
        Assert.Equal(0, Occurred);
        Router.Sent.Clear();

        Store.ReleaseAll();
        Settle();

        Assert.Equal(1, Occurred);
        var (run, message) = Assert.Single(Router.Sent);
        Assert.Equal((EntityKinds.FlowRun, WakeUpNow.Instance), (run.Kind, message));
        Assert.Equal(["run.scheduled"], Events(run));
    }

    [Fact]
    public void The_limiter_is_told_of_its_concurrency_once_that_is_durable()
    {
        Store.Holding = true;
        var registered = Ask(Deployed, new RegisterDeployment(Spec with { Concurrency = new ConcurrencySpec(2) }));
        Settle();
        Assert.Empty(ToLimiter);
        Store.ReleaseAll();
        Settle();
        Assert.IsType<DeploymentRegistered>(Ended(registered));
        Assert.Equal([new LimitSizeChanged("deployment:flow/d", 2)], NewAtLimiter());
    }

    [Fact]
    public void Of_a_concurrency_that_was_written_though_nobody_heard_it_is_told_by_the_next_life()
    {
        Register(Spec);
        Store.Answers.Enqueue(Answer.LostAfter);
        Assert.IsType<StoreNotAvailable>(Get(Deployed, new RegisterDeployment(Spec with { Concurrency = new ConcurrencySpec(2) })));
        Assert.Empty(ToLimiter);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([new LimitSizeChanged("deployment:flow/d", 2)], NewAtLimiter());

        // And of nothing else.
        Store.Answers.Enqueue(Answer.LostAfter);
        Get(Deployed, new PauseDeployment(Deployment));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(ToLimiter);
    }

    [Fact]
    public void A_submission_goes_on_to_its_run_and_the_deployment_writes_nothing()
    {
        Register(Spec);
        Store.Commits.Clear();
        var fresh = Open[0];
        var submitted = Ask(Deployed, new Actors.Deployments.PlaceRun(new SubmitRun(Deployment), fresh));
        Settle();
        var (run, message) = Router.Sent[^1];
        Assert.Equal(Key(fresh), run);
        Assert.True(Assert.IsAssignableFrom<ICreation>(message).HasFreshId);
        Assert.False(submitted.IsCompleted);

        // A key that somebody may have given before makes an id that others know.
        _ = Ask(Deployed, new Actors.Deployments.PlaceRun(new SubmitRun(Deployment) { IdempotencyKey = "k" }, fresh));
        Settle();
        Assert.False(Assert.IsAssignableFrom<ICreation>(Router.Sent[^1].Message).HasFreshId);
        Assert.Empty(Store.Commits);
    }

    [Fact]
    public void A_deletion_cancels_what_is_open_and_looks_each_second_until_nothing_is()
    {
        Delete();
        Assert.Equal(Open, Cancelled.Select(c => c.Run).Order());
        Assert.All(Cancelled, c => Assert.Equal("Its deployment 'flow/d' was deleted.", c.Reason));
        Assert.Equal("deployment.deleted", Events(Deployed)[^1]);

        // One has not heard, or has not ended yet.
        End(Open[0]);
        End(Open[1]);
        Router.Sent.Clear();
        Pass(TimeSpan.FromMilliseconds(999));
        Assert.Empty(Cancelled);
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal([Open[2]], Cancelled.Select(c => c.Run));
        // It is there until that is done.
        Assert.NotNull(Services.Residents.Find(Deployed));

        End(Open[2]);
        Router.Sent.Clear();
        Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(Cancelled);
        Assert.Equal("deployment.deleted-runs-cancelled", Events(Deployed)[^1]);
        Pass(TimeSpan.FromMinutes(1));
        Assert.Null(Services.Residents.Find(Deployed));
        Assert.Empty(Router.Sent);
    }

    [Fact]
    public void It_does_not_leave_memory_before_all_are_cancelled()
    {
        Delete();
        Pass(TimeSpan.FromSeconds(30));
        Assert.NotNull(Services.Residents.Find(Deployed));
        Assert.Equal(1, Lives);
        Assert.InRange(Cancelled.Length, 3 * 30, 3 * 31);
    }

    [Fact]
    public void Open_runs_that_cannot_be_read_are_looked_for_again_a_second_later()
    {
        Register(Spec);
        WriteOpen();
        Store.Holding = true;
        var deleted = Ask(Deployed, new DeleteDeployment(Deployment, RunsOnDelete.Cancel));
        Settle();
        // The commit is the last thing that the store does for now.
        Store.ReleaseOne();
        Store.Away = true;
        Settle();
        Assert.IsType<DeploymentChanged>(Ended(deleted));
        Assert.Empty(Cancelled);
        Pass(TimeSpan.FromSeconds(3));
        Assert.Empty(Cancelled);

        Store.ReleaseAll();
        Store.Away = false;
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Open, Cancelled.Select(c => c.Run).Order());
    }

    [Fact]
    public void A_deletion_goes_on_in_the_next_life()
    {
        Delete();
        Router.Sent.Clear();
        Router.HandOver(EntityKinds.Deployment);
        Settle();
        Assert.Equal(2, Lives);
        Assert.Equal(Open, Cancelled.Select(c => c.Run).Order());
    }

    private void Register(DeploymentSpec spec) => Assert.IsType<DeploymentRegistered>(Get(Deployed, new RegisterDeployment(spec)));

    private void WriteOpen()
    {
        foreach (var run in Open)
        {
            Write(FlowRuns.Behaviour, $"{run:D}", Recipe());
        }
    }

    private void Delete()
    {
        Register(Spec);
        WriteOpen();
        Assert.IsType<DeploymentChanged>(Get(Deployed, new DeleteDeployment(Deployment, RunsOnDelete.Cancel)));
    }

    private void End(Guid run) => Assert.IsType<CommitResult.Committed>(Ended(Store.Memory.CommitAsync(new EntityCommit(
    [
        new EntityWrite(Key(run), 1, [new StoredEvent(2, "run.late", 1, Now, "{}"u8.ToArray())]) { Rows = [OpenRunRow.Delete(run)] },
    ]))));
}

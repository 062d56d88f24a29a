using Runner.Engine.Actors;

namespace Runner.Engine.Tests.Actors;

public sealed class AskTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly World _world = new();

    [Fact]
    public void An_ask_without_an_answer_names_target_message_and_time()
    {
        var silent = _world.Spawn(() => new ScriptedActor(), "silent");
        var task = silent.Ask<string>(42, Second, _world.System);
        var e = Assert.Throws<AskTimeoutException>(() => Outcome(task));
        Assert.Equal(("/user/silent", typeof(int), Second), (e.Target, e.MessageType, e.Timeout));
        Assert.Equal(World.Start + Second, _world.Simulation.Now);
    }

    [Fact]
    public void A_status_failure_faults_the_task_with_its_cause()
    {
        var actor = Replier(new Status.Failure(new InvalidOperationException("no")));
        var task = actor.Ask<string>("x", Second, _world.System);
        Assert.Equal("no", Assert.Throws<InvalidOperationException>(() => Outcome(task)).Message);
    }

    [Fact]
    public void An_answer_of_another_type_faults_the_task()
    {
        var task = Replier(1).Ask<string>("x", Second, _world.System);
        Assert.Throws<InvalidCastException>(() => Outcome(task));
    }

    [Fact]
    public void Only_the_first_answer_counts_and_later_ones_are_dead_letters()
    {
        var dead = new List<object>();
        using var subscription = _world.System.EventStream.Subscribe<DeadLetter>(letter => dead.Add(letter.Message));
        var task = Replier("one", "two").Ask<string>("x", Second, _world.System);
        _world.Simulation.RunUntilIdle();
        Assert.Equal("one", Outcome(task));
        Assert.Equal(["two"], dead);
        Assert.Equal(World.Start, _world.Simulation.Now); // The timeout's timer is gone.
    }

    [Fact]
    public void A_cancelled_ask_is_a_cancelled_task()
    {
        using var cancellation = new CancellationTokenSource();
        var task = _world.Spawn(() => new ScriptedActor()).Ask<string>("x", Timeout.InfiniteTimeSpan, _world.System, cancellation.Token);
        cancellation.Cancel();
        _world.Simulation.RunUntilIdle();
        Assert.True(task.IsCanceled);
        Assert.True(_world.Probe.Ref.Ask<string>("x", Second, _world.System, cancellation.Token).IsCanceled);
        _world.Probe.ExpectNoMsg();
    }

    [Fact]
    public void PipeTo_sends_the_result_the_failure_or_what_was_made_of_them()
    {
        var probe = _world.Probe;
        var result = new TaskCompletionSource<int>();
        result.Task.PipeTo(probe.Ref, success: number => $"got {number}");
        result.SetResult(1);
        probe.ExpectMsg("got 1");
        Task.FromResult(2).PipeTo(probe.Ref);
        probe.ExpectMsg(2);
        Task.FromException<int>(new InvalidOperationException("no")).PipeTo(probe.Ref);
        Assert.Equal("no", probe.ExpectMsg<Status.Failure>().Cause.Message);
        Task.FromException<int>(new InvalidOperationException("no")).PipeTo(probe.Ref, failure: e => e.Message);
        probe.ExpectMsg("no");
        Task.CompletedTask.PipeTo(probe.Ref);
        probe.ExpectMsg(new Status.Success(null));
        Task.FromCanceled(new CancellationToken(true)).PipeTo(probe.Ref);
        Assert.IsType<TaskCanceledException>(probe.ExpectMsg<Status.Failure>().Cause);
        Task.FromResult(3).PipeTo(probe.Ref, success: _ => throw new InvalidOperationException("success failed"));
        Assert.Equal("success failed", probe.ExpectMsg<Status.Failure>().Cause.Message);
    }

    [Fact]
    public void GracefulStop_tells_whether_the_actor_stopped_in_time()
    {
        Assert.True(Outcome(_world.Spawn(() => new ScriptedActor()).GracefulStop(Second, _world.System)));
        Assert.False(Outcome(_world.Spawn(() => new ScriptedActor()).GracefulStop(Second, _world.System, "please")));
    }

    [Fact]
    public void Code_that_awaits_asks_continues_on_the_simulators_thread()
    {
        int thread = Environment.CurrentManagedThreadId;
        var threads = new List<int>();
        var actor = Replier("reply");
        async Task Conversation()
        {
            for (int i = 0; i < 10; i++)
            {
                await actor.Ask<string>("x", Second, _world.System);
                threads.Add(Environment.CurrentManagedThreadId);
            }
        }

        Task? conversation = null;
        _world.Simulation.Schedule(TimeSpan.Zero, () => conversation = Conversation());
        _world.Simulation.RunUntilIdle();
        Assert.True(conversation!.IsCompletedSuccessfully);
        Assert.All(threads, id => Assert.Equal(thread, id));
    }

    [Fact]
    public async Task Thousands_of_asks_on_real_threads_all_get_their_own_answer()
    {
        var system = World.Real();
        var echo = system.ActorOf(Props.Create(() => new ScriptedActor { OnMessage = (self, m) => self.Sender.Tell(m, self.Self) }));
        var asks = Enumerable.Range(0, 20_000).Select(i => echo.Ask<int>(i, TimeSpan.FromSeconds(30), system)).ToArray();
        Assert.Equal(Enumerable.Range(0, 20_000), await Task.WhenAll(asks));
        await Assert.ThrowsAsync<AskTimeoutException>(() => system.DeadLetters.Ask<int>(1, TimeSpan.FromMilliseconds(20), system));
    }

    private IActorRef Replier(params object[] replies) => _world.Spawn(() => new ScriptedActor
    {
        OnMessage = (self, _) => Array.ForEach(replies, reply => self.Sender.Tell(reply, self.Self)),
    });

    private T Outcome<T>(Task<T> task)
    {
        _world.Simulation.RunUntilCompleted(task, TimeSpan.FromSeconds(10));
        return task.GetAwaiter().GetResult();
    }
}

using Akka.Actor;
using Akka.Event;
using Runner.Messages;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

public sealed class ResidentEntitiesTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void The_next_life_is_found_though_the_former_has_not_gone_yet()
    {
        var residents = new ResidentEntities();
        var (former, next) = (CreateTestProbe().Ref, CreateTestProbe().Ref);
        residents.Add(Key(), former);
        residents.Add(Key(), next);
        residents.Remove(Key(), former);

        Assert.Equal(next, residents.Find(Key()));
        Assert.Equal(1, residents.Count(CounterBehaviour.CounterKind));
        Assert.Equal(0, residents.Count("Other"));
        residents.Remove(Key(), next);
        Assert.Null(residents.Find(Key()));
    }
}

public sealed class EntityDeadLettersTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void A_request_that_came_too_late_is_refused_and_a_command_goes_to_the_next_life()
    {
        Get(new Add(1));
        var former = Services.Residents.Find(Key())!;
        Pass(TimeSpan.FromMinutes(1));
        var asked = PromiseRef.AskAsync(Sys, Time, inline: true, TimeSpan.FromHours(1), sender => former.Tell(new Add(1), sender), default);
        former.Tell(new Note(5));
        Settle();

        Assert.Contains("Counter/c cannot be reached now", Assert.IsType<StoreNotAvailable>(Ended(asked)).Detail, StringComparison.Ordinal);
        Assert.Equal(6, Durable());
        Assert.Equal(2, Lives);
    }

    [Fact]
    public void A_message_that_is_no_request_is_neither_answered_nor_sent_again()
    {
        Get(new Add(1));
        var former = Services.Residents.Find(Key())!;
        Pass(TimeSpan.FromMinutes(1));
        Router.Sent.Clear();
        former.Tell("anything");
        former.Tell(WakeUpNow.Instance);
        former.Tell(LeaveMemory.Instance);
        // It is no entity's path.
        Sys.EventStream.Publish(new DeadLetter(new Note(1), ActorRefs.Nobody, Sys.ActorOf(BlackHoleActor.Props)));
        Settle();
        Assert.Empty(Router.Sent);
    }

    private sealed class BlackHoleActor : UntypedActor
    {
        public static Props Props { get; } = Akka.Actor.Props.Create(() => new BlackHoleActor());

        protected override void OnReceive(object message)
        {
        }
    }
}

public sealed class PromiseRefTests(ITestOutputHelper output) : EntityWorld(output)
{
    [Fact]
    public void A_promise_takes_one_answer_and_is_gone()
    {
        IActorRef? promise = null;
        var asked = Asked(sender => promise = sender);
        Assert.False(asked.IsCompleted);
        var path = promise!.Path;
        promise.Tell("first");
        promise.Tell("second");

        Assert.Equal("first", Ended(asked));
        Assert.IsNotType<PromiseRef>(((ExtendedActorSystem)Sys).Provider.ResolveActorRef(path.ToString()));
    }

    [Fact]
    public void A_promise_is_found_by_its_path_while_it_waits()
    {
        IActorRef? promise = null;
        var asked = Asked(sender => promise = sender);
        ((ExtendedActorSystem)Sys).Provider.ResolveActorRef(promise!.Path.ToString()).Tell("by path");
        Assert.Equal("by path", Ended(asked));
    }

    [Fact]
    public void Without_an_answer_in_time_there_is_none()
    {
        var asked = Asked(_ => { });
        Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(asked.IsCompleted);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(Ended(asked));
    }

    [Fact]
    public void What_may_have_been_lost_is_asked_again_soon_and_then_each_second()
    {
        var sent = new List<TimeSpan>();
        var began = Time.GetTimestamp();
        Turns.OnThisThread();
        var asked = PromiseRef.AskAsync(
            Sys, Time, inline: true, TimeSpan.FromSeconds(4), _ => sent.Add(Time.GetElapsedTime(began)), default,
            again: TimeSpan.FromMilliseconds(250));
        for (var i = 0; i < 80; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal([0, 250, 750, 1750, 2750, 3750], sent.Select(at => at.TotalMilliseconds));
        Assert.Null(Ended(asked));
    }

    [Fact]
    public void Who_gives_up_waits_no_longer_and_who_has_given_up_asks_nothing()
    {
        using var source = new CancellationTokenSource();
        var asked = Asked(_ => { }, source.Token);
        source.Cancel();
        Assert.True(asked.IsCanceled);

        var sent = false;
        Assert.True(Asked(_ => sent = true, source.Token).IsCanceled);
        Assert.False(sent);
    }

    [Fact]
    public void An_exception_while_a_question_is_sent_reaches_the_caller()
    {
        var asked = Asked(_ => throw new InvalidOperationException("It cannot."));
        Assert.Equal("It cannot.", Assert.IsType<InvalidOperationException>(asked.Exception!.InnerException).Message);
    }

    [Fact]
    public void A_caller_that_is_not_inline_goes_on_in_another_thread()
    {
        IActorRef? promise = null;
        var here = Environment.CurrentManagedThreadId;
        var asked = GoesOnAsync();
        promise!.Tell("answer");
        Assert.NotEqual(here, Awaited(asked));

        async Task<int> GoesOnAsync()
        {
            await PromiseRef.AskAsync(Sys, Time, inline: false, TimeSpan.FromSeconds(1), sender => promise = sender, default).ConfigureAwait(false);
            return Environment.CurrentManagedThreadId;
        }
    }

    /// <summary>Keeps this thread, so that nobody else goes on here.</summary>
    private static T Awaited<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private Task<object?> Asked(Action<IActorRef> send, CancellationToken cancel = default)
    {
        Turns.OnThisThread();
        return PromiseRef.AskAsync(Sys, Time, inline: true, TimeSpan.FromSeconds(1), send, cancel);
    }
}

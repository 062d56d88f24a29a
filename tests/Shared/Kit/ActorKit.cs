using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Runner.Entities;
using Runner.Persistence.Journal;
using Serilog;
using Serilog.Events;
using Xunit.Abstractions;

namespace Runner.Tests.Kit;

/// <summary>
/// Actors on a store that answers when the test says, under virtual time, one turn after the other, with every message written and read
/// on its way.
/// </summary>
public abstract class ActorKit : TestKit
{
    private static readonly Config s_config = ConfigurationFactory.ParseString("""
        akka.loglevel = ERROR
        akka.log-dead-letters = off
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        """)
        .WithFallback(TurnsDispatcherConfigurator.For("akka.actor.default-dispatcher", "akka.actor.internal-dispatcher"));

    private readonly Turns _turns;

    /// <param name="serialization">Has messages written.</param>
    private protected ActorKit(HeldStore store, IEventCodec codec, Config serialization, ITestOutputHelper output)
        : this(new Turns(), store, codec, serialization, output)
    {
    }

    private ActorKit(Turns turns, HeldStore store, IEventCodec codec, Config serialization, ITestOutputHelper output)
        : base(Setup(turns, store, codec, serialization), output: output)
    {
        (_turns, Store) = (turns, store);
        NodeLog = new LoggerConfiguration().MinimumLevel.Debug().WriteTo.Sink(Lines).CreateLogger();
    }

    private protected VirtualTime Time { get; } = new();

    private protected HeldStore Store { get; }

    private protected LogLines Lines { get; } = new();

    private protected ILogger NodeLog { get; }

    private protected new DateTimeOffset Now => Time.GetUtcNow();

    private protected Random? Chance
    {
        get => _turns.Chance;
        set => _turns.Chance = value;
    }

    /// <summary>The types of ours that somebody sent and nothing can write.</summary>
    private protected abstract IEnumerable<Type> Unwritten { get; }

    /// <summary>From now on turns are the test's. To be called once the actors that the test begins with are made.</summary>
    private protected void TakeTurns()
    {
        _turns.Take();
        Settle();
    }

    /// <summary>What came of a task, of which nothing is left to wait for.</summary>
    private protected static T Ended<T>(Task<T> task)
    {
        Assert.True(task.IsCompleted, "It has not ended.");
        return task.GetAwaiter().GetResult();
    }

    private protected bool Step() => _turns.Step();

    /// <summary>Lets everything happen that needs no time to pass.</summary>
    private protected void Settle()
    {
        for (var turns = 0; Step(); turns++)
        {
            Assert.True(turns < 1_000_000, "It never ends.");
        }
    }

    /// <summary>Lets time pass, in steps that are short where little time passes.</summary>
    private protected void Pass(TimeSpan time)
    {
        Settle();
        var step = TimeSpan.FromMilliseconds(time <= TimeSpan.FromSeconds(1) ? 1 : time <= TimeSpan.FromMinutes(2) ? 10 : 500);
        for (var left = time; left > TimeSpan.Zero; left -= step)
        {
            var next = left < step ? left : step;
            Time.Advance(next);
            ((TestScheduler)Sys.Scheduler).Advance(next);
            Settle();
        }
    }

    protected override void AfterAll()
    {
        var refused = Unwritten.ToArray();
        _turns.GiveBack();
        base.AfterAll();
        Assert.Empty(refused);
    }

    private static ActorSystemSetup Setup(Turns turns, HeldStore store, IEventCodec codec, Config serialization) => ActorSystemSetup.Create(
        BootstrapSetup.Create().WithConfig(s_config.WithFallback(serialization).WithFallback(EntityJournalSetup.StoreConfig())),
        new EntityStoreSetup(store, codec), turns);

    private protected sealed class LogLines : Serilog.Core.ILogEventSink
    {
        public List<(LogEventLevel Level, string Text)> All { get; } = [];

        public void Emit(LogEvent logEvent) => All.Add((logEvent.Level, logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }
}

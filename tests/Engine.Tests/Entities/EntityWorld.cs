using System.Collections.Immutable;
using Runner.Engine.Actors;
using Runner.Engine.Entities;
using Runner.Entities.Store;
using Runner.Persistence.InMemory;
using Runner.Engine.Tests.Actors;

namespace Runner.Engine.Tests.Entities;

/// <summary>Counters on a store that answers when the test says, under virtual time.</summary>
internal sealed class EntityWorld
{
    public static readonly EntityKey Key = new("Counter", "c");
    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(10);

    public EntityWorld(ulong seed = 1)
    {
        World = new World(seed);
        var clock = World.Simulation.Runtime.Clock;
        IActorRef? region = null;
        var alarms = World.System.ActorOf(Props.Create(() => new AlarmClock(
            Store, clock, entity => region!.Tell(new EntityMessage(entity, WakeUpNow.Instance), World.System.DeadLetters), World.Log)));
        var services = new EntityServices(
            Store, new CounterCodec(), clock, alarms, (entity, message, sender) => region!.Tell(new EntityMessage(entity, message), sender), World.Log);
        var behaviour = new CounterBehaviour();
        region = World.System.ActorOf(Props.Create(() => new EntityRegion(
            id =>
            {
                Lives++;
                return new CounterActor(services, behaviour, id, Said.Add);
            },
            clock, IdleAfter)));
        Region = region;
        Settle();
    }

    public World World { get; }

    public HeldStore Store { get; } = new();

    public IActorRef Region { get; }

    public List<string> Said { get; } = [];

    /// <summary>How often a counter was brought to memory.</summary>
    public int Lives { get; private set; }

    public Task<object> Ask(object message) => Ask(message, Key.Id);

    public Task<object> Ask(object message, string id) =>
        Region.Ask<object>(new EntityMessage(Key with { Id = id }, message), TimeSpan.FromMinutes(5), World.System);

    public void Tell(object message) => Region.Tell(new EntityMessage(Key, message), World.System.DeadLetters);

    /// <summary>Lets everything happen that needs no time to pass.</summary>
    public void Settle() => Pass(TimeSpan.Zero);

    public void Pass(TimeSpan time) => World.Simulation.RunFor(time);

    /// <summary>The sum of what the journal holds.</summary>
    public async Task<int> Durable()
    {
        var history = await Store.Memory.LoadAsync(Key);
        var behaviour = new CounterBehaviour();
        var codec = new CounterCodec();
        var start = history.Snapshot is { } snapshot ? behaviour.FromSnapshot(Key.Id, snapshot.Payload) : behaviour.Initial(Key.Id);
        return history.Events.Aggregate(start, (s, e) => behaviour.Apply(s, codec.Read(e.Type, e.Version, e.Payload.Span), e.At)).Value;
    }
}

/// <summary>What a store does with a commit.</summary>
internal enum Answer
{
    Truth,
    FailedBefore,
    LostAfter,
}

/// <summary>An in-memory store whose commits can be held back, fail, or lose their answer.</summary>
internal sealed class HeldStore : IEntityStore
{
    private readonly Queue<Action> _held = new();

    public InMemoryEntityStore Memory { get; } = new([]);

    /// <summary>What the next commits get; the truth once it is empty.</summary>
    public Queue<Answer> Answers { get; } = new();

    public bool Holding { get; set; }

    public bool Away { get; set; }

    public List<EntityCommit> Commits { get; } = [];

    /// <summary>The histories that were asked for.</summary>
    public List<EntityKey> Loads { get; } = [];

    public void ReleaseOne() => _held.Dequeue()();

    public Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        Commits.Add(commit);
        if (!Holding)
        {
            return Commit(commit);
        }

        var answer = new TaskCompletionSource<CommitResult>();
        _held.Enqueue(() => answer.SetResult(Commit(commit).GetAwaiter().GetResult()));
        return answer.Task;
    }

    public Task<EntityHistory> LoadAsync(EntityKey entity)
    {
        Loads.Add(entity);
        return Away ? Gone<EntityHistory>() : Memory.LoadAsync(entity);
    }

    public Task<ImmutableArray<StoredEvent>> EventsAsync(EntityKey entity, long afterSequence, int atMost) => Memory.EventsAsync(entity, afterSequence, atMost);

    public Task<ImmutableArray<WakeUp>> WakeUpsAsync(DateTimeOffset until, WakeUp? after, int atMost, int? slice = null) =>
        Away ? Gone<ImmutableArray<WakeUp>>() : Memory.WakeUpsAsync(until, after, atMost, slice);

    public Task<ImmutableArray<SlotRow>> SlotsAsync() => Memory.SlotsAsync();

    public Task<Row?> RowAsync(string table, string key) => Memory.RowAsync(table, key);

    public Task<ImmutableArray<Row>> RowsAsync(RowQuery query) => Memory.RowsAsync(query);

    public Task<RowPosition?> PlaceAsync(RowQuery query, long skip) => Memory.PlaceAsync(query, skip);

    public Task<StoreSpace> SpaceAsync() => Memory.SpaceAsync();

    public Task PingAsync() => Memory.PingAsync();

    public ValueTask DisposeAsync() => Memory.DisposeAsync();

    private Task<CommitResult> Commit(EntityCommit commit)
    {
        var answer = Answers.Count > 0 ? Answers.Dequeue() : Answer.Truth;
        if (Away || answer == Answer.FailedBefore)
        {
            return Gone<CommitResult>();
        }

        var result = Memory.CommitAsync(commit);
        return answer == Answer.LostAfter ? Gone<CommitResult>() : result;
    }

    private static Task<T> Gone<T>() => Task.FromException<T>(new StoreUnavailableException("It is away."));
}

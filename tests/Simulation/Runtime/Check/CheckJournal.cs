using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Runner.Simulation.Runtime.Check;

/// <summary>What <see cref="CheckJournal"/>s have written; outlives the systems that write it.</summary>
internal sealed class CheckStore(SimulatedRandom random) : Setup
{
    private readonly Dictionary<string, List<object>> _events = new(StringComparer.Ordinal);

    public SimulatedRandom Random => random;

    public List<object> Of(string persistenceId)
    {
        if (!_events.TryGetValue(persistenceId, out var events))
        {
            _events.Add(persistenceId, events = []);
        }

        return events;
    }
}

/// <summary>A journal that answers later, in any order, and now and then fails.</summary>
internal sealed class CheckJournal : AsyncWriteJournal
{
    private const int FailsOneIn = 200;

    private readonly SimulatedNode _node = SimulatedNode.Of(Context.System);
    private readonly CheckStore _store = Context.System.Settings.Setup.Get<CheckStore>().Value;

    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback) =>
        Later(() =>
        {
            var events = _store.Of(persistenceId);
            for (var number = Math.Max(1, fromSequenceNr); number <= Math.Min(toSequenceNr, events.Count); number++)
            {
                recoveryCallback(new Persistent(events[(int)number - 1], number, persistenceId));
            }

            return true;
        });

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        Later(() => (long)_store.Of(persistenceId).Count);

    protected override Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        return Later<IImmutableList<Exception?>>(() => [.. writes.Select(Write)]);
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) => Task.CompletedTask;

    private Exception? Write(AtomicWrite write)
    {
        var events = _store.Of(write.PersistenceId);
        if (events.Count != write.LowestSequenceNr - 1)
        {
            return new InvalidOperationException("There is another writer.");
        }

        events.AddRange(((IEnumerable<IPersistentRepresentation>)write.Payload).Select(p => p.Payload));
        return null;
    }

    private Task<T> Later<T>(Func<T> work)
    {
        var answer = new TaskCompletionSource<T>();
        var fails = _store.Random.Next(FailsOneIn) == 0;
        _node.Schedule(TimeSpan.FromTicks(1 + _store.Random.Next(30_000)), () =>
        {
            if (fails)
            {
                answer.SetException(new InvalidOperationException("The journal fails."));
            }
            else
            {
                answer.SetResult(work());
            }
        });
        return answer.Task;
    }
}

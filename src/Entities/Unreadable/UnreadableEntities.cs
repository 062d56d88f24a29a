using System.Collections.Immutable;
using Akka.Actor;
using Runner.Entities.Store;
using Runner.Messages;
using Serilog;

namespace Runner.Entities.Unreadable;

/// <summary>An entity that rests because it cannot be read.</summary>
/// <param name="Sequence">The number of the event that keeps it from being read; 0 if nothing can be read.</param>
/// <param name="Problem">What is wrong with that, as the end of a sentence about the event.</param>
/// <param name="Quarantined">Whether it is read again once an hour only: the first tries did not help.</param>
public sealed record UnreadableEntity(EntityKey Entity, long Sequence, string Problem, bool Quarantined);

/// <summary>
/// The entities of this node that cannot be read and rest: how long each rests before it is read again, and the few lines of the log about them. Each
/// is said once, and not more than one line a minute about all of them together. Thread-safe.
/// </summary>
public sealed class UnreadableEntities(TimeProvider time, ILogger log)
{
    /// <summary>After these an entity is read again, in case somebody has mended it meanwhile; then it is in quarantine.</summary>
    private static readonly ImmutableArray<TimeSpan> Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1)];

    /// <summary>How often one in quarantine is read.</summary>
    private static readonly TimeSpan InQuarantine = TimeSpan.FromHours(1);

    private static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    /// <summary>One that has left to be read again and has not come back here so soon is on another node, or nobody asks for it.</summary>
    private static readonly TimeSpan ComesBack = TimeSpan.FromMinutes(1);

    private const int NamedInLine = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<EntityKey, Rest> _resting = [];
    private ITimer? _timer;
    private long? _lastLine;
    private int _unsaid;
    private volatile int _count;

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <summary>Whether an entity rests in this node's memory: it need not be told that its wake-up is due.</summary>
    public bool IsHere(EntityKey entity)
    {
        if (_count == 0)
        {
            return false;
        }

        lock (_lock)
        {
            return _resting.GetValueOrDefault(entity)?.Actor is not null;
        }
    }

    /// <summary>How many there are, and the first of them by kind and id.</summary>
    public (int Count, ImmutableArray<UnreadableEntity> First) Look(int atMost)
    {
        lock (_lock)
        {
            foreach (var (entity, rest) in _resting)
            {
                if (rest.LeftAt is { } left && time.GetElapsedTime(left) > ComesBack)
                {
                    _resting.Remove(entity);
                }
            }

            _count = _resting.Count;
            return (_resting.Count,
            [
                .. _resting.OrderBy(r => r.Key.Kind, StringComparer.Ordinal).ThenBy(r => r.Key.Id, StringComparer.Ordinal).Take(atMost)
                    .Select(r => new UnreadableEntity(r.Key, r.Value.Sequence, r.Value.Problem, r.Value.Tries > Pauses.Length)),
            ]);
        }
    }

    /// <summary>An entity was read and cannot be.</summary>
    /// <returns>How long until it is to be read again.</returns>
    internal TimeSpan Rests(EntityKey entity, long sequence, string problem, IActorRef actor)
    {
        lock (_lock)
        {
            if (!_resting.TryGetValue(entity, out var rest) || (rest.Sequence, rest.Problem) != (sequence, problem))
            {
                // Another event of one that was known is news, too: it gets the short pauses again.
                _resting[entity] = rest = new Rest(sequence, problem);
                _count = _resting.Count;
                Say();
            }

            (rest.Actor, rest.LeftAt) = (actor, null);
            return rest.Tries++ < Pauses.Length ? Pauses[rest.Tries - 1] : InQuarantine;
        }
    }

    /// <summary>An entity has left memory.</summary>
    /// <param name="comesBack">Whether it left in order to be read again.</param>
    internal void Left(EntityKey entity, IActorRef actor, bool comesBack)
    {
        lock (_lock)
        {
            if (!_resting.TryGetValue(entity, out var rest) || !actor.Equals(rest.Actor))
            {
                return;
            }

            (rest.Actor, rest.LeftAt) = (null, time.GetTimestamp());
            if (!comesBack)
            {
                _resting.Remove(entity);
                _count = _resting.Count;
            }
        }
    }

    /// <summary>An entity was read.</summary>
    internal void IsReadable(EntityKey entity)
    {
        if (_count == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_resting.Remove(entity))
            {
                _count = _resting.Count;
                if (_unsaid > 0)
                {
                    _unsaid--;
                }

                log.Information("{Entity} can be read again and goes on", entity);
            }
        }
    }

    // Called with the lock held.
    private void Say()
    {
        _unsaid++;
        if (_lastLine is { } last && time.GetElapsedTime(last) is var ago && ago < BetweenLines)
        {
            _timer ??= time.CreateTimer(_ => SayLater(), null, BetweenLines - ago, Timeout.InfiniteTimeSpan);
            return;
        }

        SayNow();
    }

    private void SayLater()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            if (_unsaid > 0)
            {
                SayNow();
            }
        }
    }

    private void SayNow()
    {
        var count = _unsaid;
        (_unsaid, _lastLine) = (0, time.GetTimestamp());
        UnreadableEntity[] named = [.. _resting.Where(r => !r.Value.Said).Take(NamedInLine)
            .Select(r => new UnreadableEntity(r.Key, r.Value.Sequence, r.Value.Problem, false))];
        foreach (var rest in _resting.Values)
        {
            rest.Said = true;
        }

        if (count == 1 && named is [var one])
        {
            log.Error(
                "{What:l} {ToDo:l}",
                UnreadableWords.What(one.Entity.ToString(), one.Sequence, one.Problem),
                UnreadableWords.WhatToDo(one.Entity.ToString(), one.Sequence));
        }
        else if (named.Length > 0)
        {
            log.Error(
                "{Count} more entities cannot be read and rest, {All} in all; among them {Some:l}. "
                + "`runner health` names them with what to do, `runner verify` finds everything that is damaged",
                count, _resting.Count, string.Join(
                    "; ", named.Select(n => n.Sequence > 0 ? $"{n.Entity}, whose event {n.Sequence} {n.Problem}" : $"{n.Entity}: {n.Problem}")));
        }
    }

    private sealed class Rest(long sequence, string problem)
    {
        public long Sequence => sequence;

        public string Problem => problem;

        /// <summary>How often it was read in vain.</summary>
        public int Tries { get; set; }

        /// <summary>Null while it is not in memory here.</summary>
        public IActorRef? Actor { get; set; }

        /// <summary>Since when it is not.</summary>
        public long? LeftAt { get; set; }

        public bool Said { get; set; }
    }
}

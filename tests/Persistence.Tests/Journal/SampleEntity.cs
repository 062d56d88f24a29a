using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.Persistence;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests.Journal;

/// <summary>Events are texts, written as they are.</summary>
internal sealed class TextCodec : IEventCodec
{
    public (string Name, int Version, byte[] Payload) Write(object @event) => ("sample.noted", 1, Encoding.UTF8.GetBytes((string)@event));

    public object Read(string name, int version, ReadOnlySpan<byte> payload) =>
        name == "sample.noted" && version == 1 ? Encoding.UTF8.GetString(payload)
            : throw new InvalidOperationException($"cannot read {name}/{version}");
}

/// <summary>Has an entity persist texts, in one batch.</summary>
internal sealed record Note(params ImmutableArray<string> Texts) : INoSerializationVerificationNeeded
{
    /// <summary>Changes the commit that it would make.</summary>
    public Func<EntityWrite, EntityCommit> Commit { get; init; } = own => new EntityCommit([own]);

    /// <summary>What to persist instead of it.</summary>
    public object? Instead { get; init; }
}

/// <summary>Has it fail, and so be started again by its parent.</summary>
internal sealed record Fail : INoSerializationVerificationNeeded;

/// <summary>What an entity tells of itself.</summary>
internal abstract record Told : INoSerializationVerificationNeeded
{
    public sealed record Recovered(string[] Texts, DateTimeOffset[] At, long Sequence, string? Snapshot) : Told;

    public sealed record NotRecovered(Exception Cause) : Told;

    public sealed record Written(long Sequence, CommitResult.Committed? Outcome) : Told;

    public sealed record Refused(Exception Cause) : Told;

    public sealed record Failed(Exception Cause) : Told;

    public sealed record SnapshotRefused(Exception Cause) : Told;

    public sealed record DeletionRefused(Exception Cause) : Told;
}

/// <summary>A persistent actor that hands the journal commits, as every entity does, and tells what becomes of them.</summary>
internal sealed class SampleEntity : UntypedPersistentActor
{
    public static readonly DateTimeOffset At = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_567);

    private readonly EntityKey _key;
    private readonly IActorRef _watcher;
    private readonly bool _lives;
    private readonly TextCodec _codec = new();
    private readonly List<string> _texts = [];
    private readonly List<DateTimeOffset> _at = [];
    private string? _snapshot;

    /// <param name="lives">Whether it lives on after a refused write, as no entity should.</param>
    /// <param name="hasSnapshots">Whether it asks for its snapshot.</param>
    /// <param name="isNew">Whether it has its history not looked for, as it should have none.</param>
    public SampleEntity(EntityKey key, IActorRef watcher, bool lives, bool hasSnapshots, string? persistenceId = null, bool isNew = false)
    {
        (_key, _watcher, _lives) = (key, watcher, lives);
        PersistenceId = persistenceId ?? key.ToString();
        Recovery = isNew ? new Recovery(SnapshotSelectionCriteria.None, toSequenceNr: 0) : hasSnapshots ? Recovery.Default
            : new Recovery(SnapshotSelectionCriteria.None);
    }

    public override string PersistenceId { get; }

    public override Recovery Recovery { get; }

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer { Snapshot: JournaledSnapshot snapshot }:
                _snapshot = Encoding.UTF8.GetString(snapshot.Payload.Span);
                break;
            case JournaledEvent noted:
                _texts.Add((string)noted.Event);
                _at.Add(noted.At);
                break;
            case JournaledDamage damage:
                _texts.Add($"{damage.Sequence} {damage.Problem}");
                break;
            case RecoveryCompleted:
                _watcher.Tell(new Told.Recovered([.. _texts], [.. _at], LastSequenceNr, _snapshot));
                break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Note note:
                Write(note);
                break;
            case Fail:
                throw new InvalidOperationException("told to fail");
            case DeleteMessagesFailure failure:
                _watcher.Tell(new Told.DeletionRefused(failure.Cause));
                break;
            case SaveSnapshotFailure failure:
                _watcher.Tell(new Told.SnapshotRefused(failure.Cause));
                break;
            case "delete":
                DeleteMessages(LastSequenceNr);
                break;
            case "save":
                SaveSnapshot("anything");
                break;
        }
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _watcher.Tell(new Told.Refused(cause));
        if (!_lives)
        {
            Context.Stop(Self);
        }
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _watcher.Tell(new Told.Failed(cause));

    protected override void OnRecoveryFailure(Exception reason, object? message = null) => _watcher.Tell(new Told.NotRecovered(reason));

    private void Write(Note note)
    {
        var events = note.Texts.Select((text, i) =>
        {
            var (name, version, payload) = _codec.Write(text);
            return new StoredEvent(LastSequenceNr + i + 1, name, version, At.AddTicks(LastSequenceNr + i + 1), payload);
        });
        var commit = new PersistedCommit(note.Commit(new EntityWrite(_key, LastSequenceNr, [.. events])));
        object[] persisted = [note.Instead ?? commit, .. note.Texts.Skip(1).Select(_ => PersistedRest.Instance)];
        var written = 0;
        PersistAll(persisted, _ =>
        {
            if (++written == persisted.Length)
            {
                _watcher.Tell(new Told.Written(LastSequenceNr, commit.Outcome));
            }
        });
    }
}

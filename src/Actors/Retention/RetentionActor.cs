using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Runs;
using Serilog;

namespace Runner.Actors.Retention;

/// <summary>
/// Deletes ended runs that no rule keeps, a few at a time: looks, deletes their files, then erases them from the store in one commit, and
/// rests as long as that took, so that half of the time at least is everybody else's. Never two commits at once.
/// </summary>
/// <remarks>
/// <code>
///   Idle ──sweep, request──► looking ──found──► deleting files ──► erasing ──► resting ──► looking …
///     ▲                         │                                                            │
///     └───── all looked at ─────┴──────────── part done, or it failed ───────────────────────┘
/// </code>
/// Files go before rows: whatever is interrupted in between is found again by its row.
/// </remarks>
/// <param name="erased">Called for runs that are gone, so that nobody goes on remembering them.</param>
internal sealed class RetentionActor(
    IEntityStore store, DamagedRows damaged, TimeProvider time, RetentionSettings settings, Action<ImmutableArray<EntityKey>> erased,
    ILogger log)
    : UntypedActor, IWithTimers
{
    private static readonly TimeSpan FirstSweep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private readonly RunFinder _finder = new(store, damaged, time, settings);
    private readonly Queue<PruneJob> _waiting = new();
    private PruneJob? _job;
    private FoundRuns? _found;
    private long _since;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>By the clock that never steps, in ticks.</summary>
    private long Now => time.GetElapsedTime(0).Ticks;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(
        typeof(Sweep), Sweep.Instance, settings.SweepEvery < FirstSweep ? settings.SweepEvery : FirstSweep, settings.SweepEvery);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        foreach (var job in _waiting.Append(_job))
        {
            job?.ReplyTo?.Tell(new NodeStopping(), Self);
        }
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PruneRuns request:
                Begin(new PruneJob(request, Sender));
                break;
            case Sweep:
                if (!_waiting.Append(_job).Any(job => job is { ReplyTo: null }))
                {
                    Begin(new PruneJob(new PruneRuns(), null));
                }

                break;
            case GoOn:
                Look();
                break;
            case FoundRuns found:
                OnFound(found);
                break;
            case OutputSize output:
                OnOutput(output);
                break;
            case CommitResult result:
                OnErased(result);
                break;
            case Failed failed:
                OnFailed(failed.Cause);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Begin(PruneJob job)
    {
        _waiting.Enqueue(job);
        if (_job is null)
        {
            _job = _waiting.Dequeue();
            Look();
        }
    }

    private void Look()
    {
        _since = Now;
        _job!.Began ??= _since;
        Pipe(_finder.FindAsync(_job.Request, _job.Cursor!));
    }

    private void OnFound(FoundRuns found)
    {
        _found = found;
        _job!.Looked += found.Looked;
        if (found.Runs.IsEmpty)
        {
            GoOnAt(found.Next, rest: false);
            return;
        }

        var attempts = found.Runs.Select(r => new RunAttempts(r.Run.Id, r.Run.Attempts)).ToArray();
        Pipe(_job.Request.DryRun ? settings.Output.MeasureAsync(attempts) : settings.Output.DeleteAsync(attempts));
    }

    private void OnOutput(OutputSize output)
    {
        _job!.Bytes += output.Bytes;
        if (output.Problem is { } problem)
        {
            log.Warning(
                "The output of {Count} ended runs cannot be deleted; they stay, and are tried again: {Reason}", output.Failed.Length, problem);
        }

        _found = _found! with { Runs = [.. _found.Runs.Where(r => !output.Failed.Contains(r.Run.Id))] };
        if (_job.Request.DryRun || _found.Runs.IsEmpty)
        {
            _job.Runs += _found.Runs.Length;
            GoOnAt(_found.Next, rest: false);
            return;
        }

        Pipe(store.CommitAsync(new EntityCommit([.. _found.Runs.Select(r =>
            EntityWrite.Erase(KeyOf(r), r.LastSequence, RunRow.Delete(r.Run.Id), RunWordsRow.Delete(r.Run.Id)))])));
    }

    private void OnErased(CommitResult result)
    {
        // Each erasure stands or is left out by itself, so that nothing refuses the whole.
        var skipped = result is CommitResult.Committed committed ? committed.Skipped : [.. _found!.Runs.Select(KeyOf)];
        ImmutableArray<EntityKey> gone = [.. _found!.Runs.Select(KeyOf).Except(skipped)];
        _job!.Runs += gone.Length;
        if (!gone.IsEmpty)
        {
            erased(gone);
        }

        GoOnAt(_found.Next, rest: true);
    }

    private void OnFailed(Exception cause)
    {
        var job = _job!;
        if (job.ReplyTo is null)
        {
            log.Warning("Ended runs cannot be deleted now; trying again in {Pause}: {Reason}", settings.SweepEvery, cause.Message);
        }

        Finish(StoreFailures.Refusal(cause));
    }

    private void GoOnAt(PruneCursor? next, bool rest)
    {
        _found = null;
        _job!.Cursor = next;
        if (_job.IsOver(Now))
        {
            Finish(new PruneReport(_job.Runs, _job.Bytes, settings.KeepAtLeast, next?.ToString(), new StoreRoom(0, 0, false)));
            return;
        }

        // The node's own sweep is in no hurry.
        if (_job.ReplyTo is null && _waiting.TryDequeue(out var other))
        {
            _waiting.Enqueue(_job);
            _job = other;
        }

        if (rest)
        {
            var took = TimeSpan.FromTicks(Now - _since);
            Timers.StartSingleTimer(typeof(GoOn), GoOn.Instance, took < ShortestRest ? ShortestRest : took > LongestRest ? LongestRest : took);
        }
        else
        {
            Look();
        }
    }

    private void Finish(object reply)
    {
        var job = _job!;
        if (job is { ReplyTo: null, Runs: > 0 })
        {
            log.Information("{Runs} ended runs and {Bytes} bytes of their output were deleted by the rules of retention", job.Runs, job.Bytes);
        }

        job.ReplyTo?.Tell(reply, Self);
        (_job, _found) = (_waiting.TryDequeue(out var next) ? next : null, null);
        if (_job is not null)
        {
            Look();
        }
    }

    private void Pipe<T>(Task<T> task)
        where T : class => task.PipeTo(Self, Self, result => result, e => new Failed(e));

    private static EntityKey KeyOf(PrunableRun found) => new(EntityKinds.FlowRun, found.Run.Key);

    private sealed record Failed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Sweep : INoSerializationVerificationNeeded
    {
        public static readonly Sweep Instance = new();
    }

    private sealed record GoOn : INoSerializationVerificationNeeded
    {
        public static readonly GoOn Instance = new();
    }
}

/// <summary>Composes what deletes ended runs, which there is once in a cluster.</summary>
internal static class RetentionHosting
{
    public static AkkaConfigurationBuilder AddRetention(this AkkaConfigurationBuilder builder, NodeParts parts, ClusterRouter router) => builder
        .WithSingleton<RetentionActor>("retention", (_, _, _) => Props(parts), NodeHosting.Singletons)
        .WithActors((_, registry) => router.Retention = registry.Get<RetentionActor>());

    public static Props Props(NodeParts parts) => ActorProducer.Props(() => new RetentionActor(
        parts.Store, parts.DamagedRows, parts.Time, parts.Retention, runs => Erased(parts, runs), parts.Log));

    /// <summary>Those that are in memory here forget what they were.</summary>
    public static void ErasedHere(NodeParts parts, IEnumerable<EntityKey> runs)
    {
        foreach (var run in runs)
        {
            parts.Entities.Residents.Find(run)?.Tell(EntityErased.Instance, ActorRefs.NoSender);
        }
    }

    private static void Erased(NodeParts parts, ImmutableArray<EntityKey> runs)
    {
        ErasedHere(parts, runs);
        parts.Nodes.TellOthers(new RunsErased([.. runs.Select(run => run.Id)]));
    }
}

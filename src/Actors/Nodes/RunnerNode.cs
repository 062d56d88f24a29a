using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Nodes.Health;
using Runner.Actors.Processes;
using Runner.Messages;
using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes;

/// <summary>A node on a store and a flow runner: starts its actors, answers requests, and stops in order.</summary>
public sealed class RunnerNode : IRunnerNode
{
    /// <summary>Three words of a node (<see cref="NodeActor.Beat"/>) may be lost before it is taken for silent.</summary>
    private static readonly TimeSpan LatelyHeard = 3 * NodeActor.Beat;

    private readonly NodeParts _parts;
    private readonly ActorSystem _system;
    private readonly NodeSurroundings _surroundings;
    private readonly ImmutableArray<IHealthCheck> _checks;
    private readonly SpaceGuard _space;
    private readonly RequestRouting _requests;
    private readonly TaskCompletionSource _immediate = new();
    private volatile bool _stopping;
    private volatile bool _abandoned;
    private volatile Task? _programs;

    private RunnerNode(ActorSystem system, NodeParts parts, NodeSurroundings surroundings, SpaceGuard space)
    {
        (_system, _parts, _surroundings, _space) = (system, parts, surroundings, space);
        _requests = new RequestRouting(system, parts, surroundings, () => _stopping ? new NodeStopping() : space.Refusal);
        space.Begin(parts.HoldStarts);
        _checks =
        [
            new StoreCheck(parts.Store),
            new AlarmsCheck(parts.Board, parts.Store, parts.Time, parts.Unreadable.IsHere),
            new UnreadableCheck(parts.Unreadable),
            new DamagedRowsCheck(parts.DamagedRows),
            new QueueCheck(parts.Store, parts.DamagedRows, parts.Time, () => parts.Processes.Current, parts.Settings.ProcessLimit),
        ];
    }

    /// <summary>A sentence about what the store did not take before the node ended; null if it took all, or the node has not ended.</summary>
    public string? Unwritten { get; private set; }

    /// <summary>For tests that speak to an entity as the inside of a node does.</summary>
    internal NodeParts Parts => _parts;

    /// <summary>A node whose actors have been composed in a system, which it ends with itself.</summary>
    internal static RunnerNode Of(ActorSystem system, NodeParts parts, SpaceGuard space, NodeSurroundings surroundings) =>
        new(system, parts, surroundings, space);

    /// <inheritdoc/>
    public Task<Reply<TReply>> AskAsync<TReply>(IRequest<TReply> request, CancellationToken cancel) => _requests.AskAsync(request, cancel);

    /// <inheritdoc/>
    public async Task<HealthReport> HealthAsync(CancellationToken cancel)
    {
        var checks = ImmutableArray.CreateBuilder<HealthCheck>();
        foreach (var check in _checks)
        {
            checks.Add(await check.CheckAsync(cancel).ConfigureAwait(false));
        }

        checks.AddRange(((HealthCheck?[])[_space.Check(), Programs(_parts.FlowRunner as IStartTrouble)]).OfType<HealthCheck>());
        checks.Add(_stopping
            ? new HealthCheck("node", false, "The node is being stopped and takes no new work.")
            : new HealthCheck("node", true, "The node takes work."));
        return HealthReport.Of(checks.DrainToImmutable());
    }

    /// <param name="starts">Null for a flow runner that keeps nothing waiting.</param>
    private static HealthCheck? Programs(IStartTrouble? starts) => starts is null ? null
        : starts.StartTrouble is { } trouble ? new HealthCheck("programs", false, trouble)
        : new HealthCheck("programs", true, "Programs can be started.");

    /// <inheritdoc/>
    public OtherNode? Elsewhere(string? node) => node is null || _parts.Nodes.IsOwn(node) ? null
        : new OtherNode(node, Uri.TryCreate(_parts.Nodes.Find(node)?.Says.ApiUrl, UriKind.Absolute, out var api) ? api : null);

    /// <inheritdoc/>
    public IDisposable Subscribe(Action<RunStateChanged> observer, Action? missed = null, RunsOf of = RunsOf.AllNodes) =>
        _parts.Changes.Subscribe(observer, missed, of);

    /// <inheritdoc/>
    public async Task StopAsync(StopMode mode)
    {
        var programs = StopProgramsAsync(mode);
        _programs ??= programs;
        await programs.ConfigureAwait(false);
        await _surroundings.EndAsync(_system).ConfigureAwait(false);
        var left = _parts.Processes.Current;
        Unwritten = left == 0 ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"The node has ended, but its store did not take how {left:N0} {(left == 1 ? "run" : "runs")} ended (its log says why). "
            + $"The next start finds out what became of {(left == 1 ? "it" : "them")}.");
    }

    /// <summary>
    /// A step of Akka.NET's coordinated shutdown: whoever ends the actor system, programs are ended before the actors that look after them. A
    /// node that was told to stop has ended them already.
    /// </summary>
    internal Task BeforeActorsEndAsync()
    {
        if (_parts.Settings.StoreIsShared && _programs is null)
        {
            // Nobody has stopped the node: its cluster has parted with these actors, and the program goes on with others.
            LetGo();
        }

        return _abandoned ? Task.CompletedTask : _programs ??= StopProgramsAsync(StopMode.Graceful);
    }

    /// <summary>
    /// Whether most nodes of the cluster say that the store does not answer them: then it is away, and not this node cut off from it. Thread-safe.
    /// </summary>
    public bool MostSeeStoreAway => _parts.Nodes.MostSeeStoreAway(LatelyHeard);

    /// <summary>
    /// This life of the node is cut off from its cluster and ends: its programs go on, but for those that are tried again elsewhere.
    /// </summary>
    /// <returns>For <see cref="TakeBack"/> of the life that is a member again.</returns>
    public IsolatedPrograms Isolate()
    {
        // What begins from now on would be seen by nobody; the next life begins it.
        _parts.Processes.Close();
        return new IsolatedPrograms(_parts.Processes.Attempts, _parts.FlowRunner, _parts.Time);
    }

    /// <summary>This life of the node is a member: the programs of a former one go on, if their runs ask for them.</summary>
    public void TakeBack(IsolatedPrograms isolated) => isolated.Back(_parts.Processes.Has);

    private async Task StopProgramsAsync(StopMode mode)
    {
        _stopping = true;
        _space.End();
        _parts.Processes.Close();
        _parts.Nodes.SetOwn(own => own with { Draining = true });
        TellPrograms(mode);
        if (mode != StopMode.Graceful)
        {
            _immediate.TrySetResult();
        }

        var none = _parts.Processes.WhenNone();
        var programs = new LastPrograms(_parts.Processes, _parts.FlowRunner, _parts.Time);
        var unasked = mode != StopMode.TakenOver && programs.EndUnasked(mode == StopMode.Graceful ? StopSignal.Terminate : StopSignal.Kill);
        if (await UntilAsync(programs.Look, Task.WhenAny(none, _immediate.Task), null).ConfigureAwait(false) && !none.IsCompleted
            && _immediate.Task.IsCompleted)
        {
            await UntilAsync(() => false, none, LastPrograms.Commits).ConfigureAwait(false);
            if (!none.IsCompleted)
            {
                // What was not told to end by its run, since that could not be written.
                (_parts.FlowRunner as IKillsAll)?.KillAll();
                await UntilAsync(() => !programs.AnyAlive(), none, LastPrograms.Commits).ConfigureAwait(false);
            }
        }

        if (unasked)
        {
            await UntilAsync(() => !programs.AnyUnasked(), _immediate.Task, LastPrograms.Commits).ConfigureAwait(false);
            programs.EndUnasked(StopSignal.Kill);
        }
    }

    private void TellPrograms(StopMode mode)
    {
        if (mode == StopMode.TakenOver)
        {
            // No run may decide any more that its program is to end; the other node decides what becomes of the run.
            (_parts.FlowRunner as IKillsAll)?.KillAll();
        }
        else
        {
            foreach (var run in _parts.Processes.Runs)
            {
                _parts.Router.Tell(
                    RequestRouting.RunKey(run), new StopForShutdown(mode, _parts.Settings.StoreIsShared ? _parts.Settings.Name : null),
                    ActorRefs.NoSender);
            }
        }
    }

    /// <summary>Waits until something is so, or a task has completed, or for so long; looks again and again.</summary>
    /// <returns>Whether the task has completed.</returns>
    private async Task<bool> UntilAsync(Func<bool> isSo, Task done, TimeSpan? atMost)
    {
        var began = _parts.Time.GetTimestamp();
        while (!done.IsCompleted && (atMost is null || _parts.Time.GetElapsedTime(began) < atMost) && !isSo())
        {
            var paused = new TaskCompletionSource();
            await using var timer = _parts.Time.CreateTimer(_ => paused.TrySetResult(), null, LastPrograms.Pause, Timeout.InfiniteTimeSpan);
            await Task.WhenAny(done, paused.Task).ConfigureAwait(false);
        }

        return done.IsCompleted;
    }

    /// <summary>
    /// Ends the actors as the death of this program would: no program is stopped, and nobody is told. The next life of the node, on the same flow
    /// runner or after it was disposed of, makes of it what it finds.
    /// </summary>
    public Task AbandonAsync()
    {
        LetGo();
        return _surroundings.EndAsync(_system);
    }

    private void LetGo()
    {
        (_abandoned, _stopping) = (true, true);
        _space.End();
    }

}

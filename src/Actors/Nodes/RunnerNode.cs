using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Nodes.Health;
using Runner.Actors.Retention;
using Akka.Actor;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;
using Serilog;

namespace Runner.Actors.Nodes;

/// <summary>A node on a store and a flow runner: starts its actors, routes commands to entities, and stops in order.</summary>
public sealed class RunnerNode : IRunnerNode
{
    private const int HistoryAtOnce = 1000;

    /// <summary>How long an immediate stop waits for the last outcomes to become durable; recovery settles the rest.</summary>
    private static readonly TimeSpan LastCommits = TimeSpan.FromSeconds(5);

    private readonly NodeParts _parts;
    private readonly IEntityStore _store;
    private readonly ActorSystem _system;
    private readonly NodeSurroundings _surroundings;
    private readonly ImmutableArray<IHealthCheck> _checks;
    private readonly SpaceGuard _space;
    private readonly TaskCompletionSource _immediate = new();
    private volatile bool _stopping;
    private volatile bool _abandoned;
    private volatile Task? _programs;

    private RunnerNode(ActorSystem system, NodeParts parts, NodeSurroundings surroundings, SpaceGuard space)
    {
        (_system, _parts, _store, _surroundings, _space) = (system, parts, parts.Store, surroundings, space);
        space.Begin(HoldStarts);
        _checks =
        [
            new StoreCheck(parts.Store),
            new AlarmsCheck(parts.Board, parts.Store, parts.Time),
            new QueueCheck(parts.Store, parts.Time, () => parts.Processes.Current, parts.Settings.ProcessLimit),
        ];
    }

    /// <summary>The number of attempts whose processes this node looks after.</summary>
    public int RunningProcesses => _parts.Processes.Current;

    /// <summary>For tests that speak to an entity as the inside of a node does.</summary>
    internal NodeParts Parts => _parts;

    /// <summary>A node whose actors have been composed in a system, which it ends with itself.</summary>
    internal static RunnerNode Of(ActorSystem system, NodeParts parts, SpaceGuard space, NodeSurroundings surroundings) => new(system, parts, surroundings, space);

    /// <inheritdoc/>
    public async Task<Reply<ImmutableArray<DeploymentRegistered>>> RegisterAsync(
        ImmutableArray<DeploymentSpec> specs, bool dryRun, CancellationToken cancel)
    {
        if (NoNewWork() is { } closed)
        {
            return closed;
        }

        var problems = RegistrationRules.Problems(specs);
        if (!problems.IsEmpty)
        {
            return new DeploymentInvalid(specs.Length == 1 ? specs[0].Name : $"{specs.Length} deployments", problems);
        }

        return await new Registration(
            specs, spec => Ask<DeploymentRegistered>(DeploymentKey(spec.Name), new RegisterDeployment(spec, dryRun), cancel)).RunAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<Reply<DeploymentChanged>> PauseAsync(PauseDeployment command, CancellationToken cancel) =>
        Ask<DeploymentChanged>(DeploymentKey(command.Deployment), command, cancel);

    /// <inheritdoc/>
    public Task<Reply<DeploymentChanged>> ResumeAsync(ResumeDeployment command, CancellationToken cancel) =>
        Ask<DeploymentChanged>(DeploymentKey(command.Deployment), command, cancel);

    /// <inheritdoc/>
    public Task<Reply<DeploymentChanged>> SwitchScheduleAsync(SwitchSchedule command, CancellationToken cancel) =>
        Ask<DeploymentChanged>(DeploymentKey(command.Deployment), command, cancel);

    /// <inheritdoc/>
    public Task<Reply<DeploymentChanged>> DeleteAsync(DeleteDeployment command, CancellationToken cancel) =>
        Ask<DeploymentChanged>(DeploymentKey(command.Deployment), command, cancel);

    /// <inheritdoc/>
    public Task<Reply<DeploymentView>> DeploymentAsync(GetDeployment query, CancellationToken cancel) =>
        Ask<DeploymentView>(DeploymentKey(query.Deployment), query, cancel);

    /// <inheritdoc/>
    public Task<Reply<DeploymentPage>> DeploymentsAsync(ListDeployments query, CancellationToken cancel) =>
        Read(() => Listings.DeploymentsAsync(_store, query));

    /// <inheritdoc/>
    public Task<Reply<RunSubmitted>> SubmitAsync(SubmitRun command, CancellationToken cancel) => NoNewWork() is { } closed
        ? Task.FromResult<Reply<RunSubmitted>>(closed)
        : Ask<RunSubmitted>(
            DeploymentKey(command.Deployment),
            new Deployments.PlaceRun(command, _surroundings.NewId(_parts.Time.GetUtcNow())), cancel);

    /// <inheritdoc/>
    public Task<Reply<RunCancelAccepted>> CancelAsync(CancelRun command, CancellationToken cancel) =>
        Ask<RunCancelAccepted>(RunKey(command.Run), command, cancel);

    /// <inheritdoc/>
    public Task<Reply<RunSubmitted>> RetryAsync(RetryRun command, CancellationToken cancel) => NoNewWork() is { } closed
        ? Task.FromResult<Reply<RunSubmitted>>(closed)
        : Ask<RunSubmitted>(
            RunKey(command.Run), new RepeatRun(command, _surroundings.NewId(_parts.Time.GetUtcNow())), cancel);

    /// <inheritdoc/>
    public Task<Reply<RunView>> RunAsync(GetRun query, CancellationToken cancel) => Ask<RunView>(RunKey(query.Run), query, cancel);

    /// <inheritdoc/>
    public Task<Reply<RunPage>> RunsAsync(ListRuns query, CancellationToken cancel) => Read(() => Listings.RunsAsync(_store, query));

    /// <inheritdoc/>
    public Task<Reply<ImmutableArray<RunStateChange>>> RunHistoryAsync(Guid run, long afterSequence, CancellationToken cancel) =>
        Read<ImmutableArray<RunStateChange>>(async () =>
        {
            var history = await _store.LoadAsync(RunKey(run)).ConfigureAwait(false);
            if (history.Events.IsEmpty)
            {
                return new RunNotFound(run.ToString("D"));
            }

            var state = new FlowRunState(run);
            foreach (var e in history.Events)
            {
                state = FlowRunTransitions.Apply(state, (IRunEvent)EventCatalog.Read(e.Type, e.Version, e.Payload.Span), e.At);
            }

            return state.History.Where(h => h.Sequence > afterSequence).Take(HistoryAtOnce).ToImmutableArray();
        });

    /// <inheritdoc/>
    public async Task<Reply<PruneReport>> PruneAsync(PruneRuns command, CancellationToken cancel)
    {
        var problems = PruneRules.Problems(command);
        if (_stopping || !problems.IsEmpty)
        {
            return _stopping ? new NodeStopping() : new PruneInvalid(problems);
        }

        if (command.Deployment is { } name && await Known(name).ConfigureAwait(false) is { } unknown)
        {
            return unknown;
        }

        var reply = await Ask<PruneReport>(sender => _parts.Router.Retention.Tell(command, sender), cancel).ConfigureAwait(false);
        return reply.Value is not { } report ? reply : await Read<PruneReport>(async () =>
        {
            var space = await _store.SpaceAsync().ConfigureAwait(false);
            return report with { Store = new StoreRoom(space.Bytes, space.FreeBytes, space.GivesBack) };
        }).ConfigureAwait(false);

        // A deployment that was deleted is known as long as there are runs of it.
        async Task<Refusal?> Known(string deployment)
        {
            var found = await Read<bool>(async () =>
                await _store.RowAsync(Tables.Deployments.Name, deployment).ConfigureAwait(false) is not null
                || !(await _store.RowsAsync(new RowQuery(
                    Tables.Runs.Name, [new("deployment", RowOperator.Equal, deployment)], [new("state_name"), new("created")], 1)).ConfigureAwait(false)).IsEmpty).ConfigureAwait(false);
            return found.Refusal ?? (found.Value ? null : new DeploymentNotFound(deployment));
        }
    }

    /// <inheritdoc/>
    public Task<Reply<LimitPage>> LimitsAsync(ListLimits query, CancellationToken cancel) => Listings.PageProblem(query.Limit) is { } problem
        ? Task.FromResult<Reply<LimitPage>>(problem)
        : Ask<LimitPage>(sender => _parts.Router.Limiter.Tell(query, sender), cancel);

    /// <inheritdoc/>
    public Task<Reply<LimitChanged>> SetLimitAsync(SetLimit command, CancellationToken cancel) => Ask<LimitChanged>(LimiterKey, command, cancel);

    /// <inheritdoc/>
    public Task<Reply<LimitChanged>> DeleteLimitAsync(DeleteLimit command, CancellationToken cancel) =>
        Ask<LimitChanged>(LimiterKey, command, cancel);

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
    public IDisposable Subscribe(Action<RunStateChanged> observer) => _parts.Subscribe(observer);

    /// <inheritdoc/>
    public async Task StopAsync(StopMode mode)
    {
        var programs = StopProgramsAsync(mode);
        _programs ??= programs;
        await programs.ConfigureAwait(false);
        await _surroundings.EndAsync(_system).ConfigureAwait(false);
    }

    /// <summary>
    /// A step of Akka.NET's coordinated shutdown: whoever ends the actor system, programs are ended before the actors that look after them. A
    /// node that was told to stop has ended them already.
    /// </summary>
    internal Task BeforeActorsEndAsync() => _abandoned ? Task.CompletedTask : _programs ??= StopProgramsAsync(StopMode.Graceful);

    private async Task StopProgramsAsync(StopMode mode)
    {
        _stopping = true;
        _space.End();
        _parts.Processes.Close();
        _parts.Router.Limiter.Tell(SuspendGrants.Instance, ActorRefs.NoSender);
        if (mode == StopMode.TakenOver)
        {
            // No run may decide any more that its program is to end; the other node decides what becomes of the run.
            (_parts.FlowRunner as IKillsAll)?.KillAll();
        }
        else
        {
            foreach (var run in _parts.Processes.Runs)
            {
                _parts.Router.Tell(RunKey(run), new StopForShutdown(mode), ActorRefs.NoSender);
            }
        }

        if (mode != StopMode.Graceful)
        {
            _immediate.TrySetResult();
        }

        var none = _parts.Processes.WhenNone();
        if (await Task.WhenAny(none, _immediate.Task).ConfigureAwait(false) != none)
        {
            var late = new TaskCompletionSource();
            await using var timer = _parts.Time.CreateTimer(_ => late.TrySetResult(), null, LastCommits, Timeout.InfiniteTimeSpan);
            await Task.WhenAny(none, late.Task).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends the actors as the death of this program would: no program is stopped, nobody is told, and nothing more is written. For tests
    /// of what the next life of the node makes of it; dispose of the flow runner first.
    /// </summary>
    internal Task AbandonAsync()
    {
        (_abandoned, _stopping) = (true, true);
        _space.End();
        return _surroundings.EndAsync(_system);
    }

    private void HoldStarts(bool hold)
    {
        _parts.StartsGate.IsShut = hold;
        _parts.Router.Limiter.Tell(StartsGateChanged.Instance, ActorRefs.NoSender);
    }

    private Refusal? NoNewWork() => _stopping ? new NodeStopping() : _space.Refusal;

    private static EntityKey LimiterKey => new(EntityKinds.Limiter, EntityKinds.LimiterId);

    private static EntityKey DeploymentKey(string name) => new(EntityKinds.Deployment, name);

    private static EntityKey RunKey(Guid run) => new(EntityKinds.FlowRun, run.ToString("D"));

    private Task<Reply<T>> Ask<T>(EntityKey entity, IRequest<T> request, CancellationToken cancel) =>
        // No such name was ever registered, and it might be too long for a key: do not bring an entity to memory for it.
        entity.Kind == EntityKinds.Deployment && Names.ProblemOfDeployment(entity.Id) is not null
            ? Task.FromResult<Reply<T>>(new DeploymentNotFound(entity.Id))
            : Ask<T>(sender => _parts.Router.Tell(entity, request, sender), cancel);

    private async Task<Reply<T>> Ask<T>(Action<IActorRef> send, CancellationToken cancel)
    {
        var timeout = _parts.Settings.AskTimeout;
        return await PromiseRef.AskAsync(_system, _parts.Time, _surroundings.Inline, timeout, send, cancel).ConfigureAwait(false) switch
        {
            null => new StoreNotAvailable(
                $"The node did not answer within {DurationText.Format(timeout)}. It may be overloaded or being stopped; sending the command again is safe."),
            Refusal refusal => refusal,
            var reply => (T)reply,
        };
    }

    private static async Task<Reply<T>> Read<T>(Func<Task<Reply<T>>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            return StoreFailures.Refusal(e);
        }
    }
}

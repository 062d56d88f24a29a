using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Nodes.Health;
using Runner.Actors.Retention;
using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Entities;
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

    private readonly EngineRuntime _runtime;
    private readonly IEntityStore _store;
    private readonly NodeSettings _settings;
    private readonly ActorSystem _system;
    private readonly NodeActors _actors;
    private readonly ImmutableArray<IHealthCheck> _checks;
    private readonly SpaceGuard _space;
    private readonly IStartTrouble? _starts;
    private readonly TaskCompletionSource _immediate = new();
    private volatile bool _stopping;

    private RunnerNode(EngineRuntime runtime, IEntityStore store, IFlowRunner flowRunner, NodeSettings settings, ILogger log)
    {
        _runtime = runtime;
        _store = store;
        _settings = settings;
        _system = ActorSystem.Create(settings.Name, runtime, log);
        _starts = flowRunner as IStartTrouble;
        // Looked at before anything is due: a node that comes up on a full disk starts nothing.
        _space = new SpaceGuard(runtime, settings.FreeSpace, log);
        _actors = new NodeActors(_system, runtime, store, flowRunner, settings, log, _space.IsLow);
        _space.Begin(low => _actors.HoldStarts(low, _system.DeadLetters));
        _checks =
        [
            new StoreCheck(store),
            new AlarmsCheck(_actors.Alarms, _system, store, runtime.Clock),
            new QueueCheck(store, runtime.Clock, () => _actors.Processes.Current, settings.ProcessLimit),
        ];
    }

    /// <summary>The number of attempts whose processes this node looks after.</summary>
    public int RunningProcesses => _actors.Processes.Current;

    /// <summary>For tests that speak to an entity as the inside of a node does.</summary>
    internal NodeActors Actors => _actors;

    /// <summary>
    /// Starts a node. Its entities come to memory as their wake-ups say: what ran when an earlier life ended is looked for first.
    /// </summary>
    /// <param name="store">Opened with <see cref="Tables.All"/>; stays the caller's to dispose, after <see cref="StopAsync"/>.</param>
    public static RunnerNode Start(EngineRuntime runtime, IEntityStore store, IFlowRunner flowRunner, NodeSettings settings, ILogger log) =>
        new(runtime, store, flowRunner, settings, log);

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
            new Deployments.PlaceRun(command, _runtime.Random.NewGuid(_runtime.Clock.UtcNow)), cancel);

    /// <inheritdoc/>
    public Task<Reply<RunCancelAccepted>> CancelAsync(CancelRun command, CancellationToken cancel) =>
        Ask<RunCancelAccepted>(RunKey(command.Run), command, cancel);

    /// <inheritdoc/>
    public Task<Reply<RunSubmitted>> RetryAsync(RetryRun command, CancellationToken cancel) => NoNewWork() is { } closed
        ? Task.FromResult<Reply<RunSubmitted>>(closed)
        : Ask<RunSubmitted>(
            RunKey(command.Run), new RepeatRun(command, _runtime.Random.NewGuid(_runtime.Clock.UtcNow)), cancel);

    /// <inheritdoc/>
    public Task<Reply<RunView>> RunAsync(GetRun query, CancellationToken cancel) => Ask<RunView>(RunKey(query.Run), query, cancel);

    /// <inheritdoc/>
    public Task<Reply<RunPage>> RunsAsync(ListRuns query, CancellationToken cancel) => Read(() => Listings.RunsAsync(_store, query));

    /// <inheritdoc/>
    public Task<Reply<ImmutableArray<RunStateChange>>> RunHistoryAsync(Guid run, long afterSequence, CancellationToken cancel) =>
        Read<ImmutableArray<RunStateChange>>(async () =>
        {
            var history = await _store.LoadAsync(RunKey(run)).ConfigureAwait(false);
            if (history.IsEmpty)
            {
                return new RunNotFound(run.ToString("D"));
            }

            var state = new FlowRunState(run);
            foreach (var e in history.Events)
            {
                state = FlowRunTransitions.Apply(state, EventCatalog.Read(e.Type, e.Version, e.Payload.Span), e.At);
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

        var reply = await Ask<PruneReport>(_actors.Retention, command, cancel).ConfigureAwait(false);
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
        : Ask<LimitPage>(LimiterKey, query, cancel);

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

        checks.AddRange(((HealthCheck?[])[_space.Check(), Programs(_starts)]).OfType<HealthCheck>());
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
    public IDisposable Subscribe(Action<RunStateChanged> observer) => _actors.Subscribe(observer);

    /// <inheritdoc/>
    public async Task StopAsync(StopMode mode)
    {
        _stopping = true;
        _space.End();
        _actors.StopStarting();
        _actors.Limiter.Tell(SuspendGrants.Instance, _system.DeadLetters);
        _system.Stop(_actors.Alarms);
        _system.Stop(_actors.Retention);
        _actors.TellRuns(new StopForShutdown(mode), _system.DeadLetters);
        if (mode == StopMode.Immediate)
        {
            _immediate.TrySetResult();
        }

        var none = _actors.Processes.WhenNone();
        if (await Task.WhenAny(none, _immediate.Task).ConfigureAwait(false) != none)
        {
            var late = new TaskCompletionSource();
            var timeout = _runtime.Timers.ScheduleOnce(LastCommits, () => late.TrySetResult());
            await Task.WhenAny(none, late.Task).ConfigureAwait(false);
            timeout.Cancel();
        }

        await _system.Terminate().ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the actors as the death of this program would: no program is stopped, nobody is told, and nothing more is written. For tests
    /// of what the next life of the node makes of it; dispose of the flow runner first.
    /// </summary>
    internal Task AbandonAsync()
    {
        _stopping = true;
        _space.End();
        return _system.Terminate();
    }

    private Refusal? NoNewWork() => _stopping ? new NodeStopping() : _space.Refusal;

    private static EntityKey LimiterKey => new(EntityKinds.Limiter, EntityKinds.LimiterId);

    private static EntityKey DeploymentKey(string name) => new(EntityKinds.Deployment, name);

    private static EntityKey RunKey(Guid run) => new(EntityKinds.FlowRun, run.ToString("D"));

    private async Task<Reply<T>> Ask<T>(EntityKey entity, object message, CancellationToken cancel)
    {
        // No such name was ever registered, and it might be too long for a key: do not bring an entity to memory for it.
        if (entity.Kind == EntityKinds.Deployment && Names.ProblemOfDeployment(entity.Id) is not null)
        {
            return new DeploymentNotFound(entity.Id);
        }

        return await Ask<T>(new EntityRef(_actors, entity), message, cancel).ConfigureAwait(false);
    }

    private async Task<Reply<T>> Ask<T>(IActorRef actor, object message, CancellationToken cancel)
    {
        try
        {
            var reply = await actor.Ask<object>(message, _settings.AskTimeout, _system, cancel).ConfigureAwait(false);
            return reply is Refusal refusal ? refusal : (T)reply;
        }
        catch (AskTimeoutException)
        {
            return new StoreNotAvailable(
                $"The node did not answer within {DurationText.Format(_settings.AskTimeout)}. It may be overloaded or being stopped; sending the command again is safe.");
        }
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

    /// <summary>An entity as an address to ask.</summary>
    private sealed class EntityRef(NodeActors actors, EntityKey entity) : IActorRef, ILogged
    {
        /// <summary>Whoever asks knows of a run no more than its id.</summary>
        public Serilog.Core.ILogEventEnricher? LogContext =>
            entity.Kind == EntityKinds.FlowRun && Guid.TryParse(entity.Id, out var run) ? new Telemetry.RunLogContext(run, 0, null) : null;

        public string Name => entity.Id;

        public string Path => entity.ToString();

        public void Tell(object message, IActorRef? sender = null) => actors.Tell(entity, message, sender!);
    }
}

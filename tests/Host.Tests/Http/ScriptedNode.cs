using System.Collections.Concurrent;
using System.Collections.Immutable;
using Runner.Actors;
using Runner.Entities.Store;
using Runner.Host.Backup;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.Http;

/// <summary>
/// A node whose runs do what a test says. It stands in where only the API is tested: its runs have a history and no process.
/// </summary>
internal sealed class ScriptedNode : IRunnerNode
{
    public static readonly DateTimeOffset Then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ConcurrentDictionary<Guid, ImmutableArray<RunStateChange>> _runs = new();
    private ImmutableArray<Action<RunStateChanged>> _observers = [];
    private ImmutableArray<Action> _missed = [];

    public ConcurrentQueue<object> Commands { get; } = new();

    /// <summary>What every command is refused with; null if it is not.</summary>
    public Refusal? RefuseWith { get; set; }

    public Exception? FailWith { get; set; }

    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ImmutableDictionary<string, DeploymentView> Deployments { get; set; } = ImmutableDictionary<string, DeploymentView>.Empty;

    public int Observers => _observers.Length;

    /// <summary>What has been made durable unheard may be heard of now.</summary>
    public void Missed()
    {
        foreach (var missed in _missed)
        {
            missed();
        }
    }

    /// <summary>Makes a step of a run durable, as another node does that does not know yet that somebody listens.</summary>
    public RunStateChange StepUnheard(Guid run, StateType type, string name, int attempt = 0)
    {
        var steps = _runs.GetOrAdd(run, []);
        var change = new RunStateChange(steps.Length + 1, new RunState(type, name, Then.AddSeconds(steps.Length)), attempt);
        _runs[run] = steps.Add(change);
        return change;
    }

    /// <summary>Makes a step of a run durable and tells whoever listens.</summary>
    public void Step(Guid run, StateType type, string name, int attempt = 0)
    {
        var change = StepUnheard(run, type, name, attempt);
        foreach (var observer in _observers)
        {
            observer(new RunStateChanged(run, "flow/it", change));
        }
    }

    public Task<Reply<TReply>> AskAsync<TReply>(IRequest<TReply> request, CancellationToken cancel) => (Task<Reply<TReply>>)Answer(request);

    public Task<HealthReport> HealthAsync(CancellationToken cancel) => FailWith is { } failure ? throw failure : Task.FromResult(RefuseWith is null
        ? new HealthReport("ready", [new HealthCheck("store", true, "The store answers.")])
        : new HealthReport("not-ready", [new HealthCheck("store", false, RefuseWith.Message)]));

    public OtherNode? Elsewhere(string? node) => null;

    public IDisposable Subscribe(Action<RunStateChanged> observer, Action? missed, RunsOf of)
    {
        ImmutableInterlocked.Update(ref _observers, static (all, added) => all.Add(added), observer);
        ImmutableInterlocked.Update(ref _missed, static (all, added) => added is null ? all : all.Add(added), missed);
        return new Subscription(() =>
        {
            ImmutableInterlocked.Update(ref _observers, static (all, removed) => all.Remove(removed), observer);
            ImmutableInterlocked.Update(ref _missed, static (all, removed) => removed is null ? all : all.Remove(removed), missed);
        });
    }

    public Task StopAsync(StopMode mode)
    {
        Commands.Enqueue(mode);
        if (mode == StopMode.Immediate)
        {
            Stopped.TrySetResult();
        }

        return Stopped.Task;
    }

    private static RunView View(Guid id, ImmutableArray<RunStateChange> steps) => new(
        id, "flow/it", steps[^1].State, steps[^1].Sequence, Then, Then, null, null, steps[^1].Attempt, 3, 0, null, null, null, null, [],
        ImmutableSortedDictionary<string, System.Text.Json.JsonElement>.Empty, ["/bin/true"], "/", null, [], null, null, null, steps);

    private static RunSummary Summary(Guid id, ImmutableArray<RunStateChange> steps) =>
        new(id, "flow/it", steps[^1].State, Then, Then, null, null, steps[^1].Attempt, 0, null, null, [], null);

    private Task Answer(IRequest request) => request switch
    {
        RegisterDeployments all => Answer(
            all, all.Specs.Select(s => new DeploymentRegistered(s.Name, RegistrationOutcome.Created, [], null, false)).ToImmutableArray()),
        IDeploymentMessage change and (PauseDeployment or ResumeDeployment or SwitchSchedule or DeleteDeployment) =>
            Answer(change, new DeploymentChanged(change.Deployment, true)),
        GetDeployment query => Refused<DeploymentView>() ?? Task.FromResult<Reply<DeploymentView>>(
            Deployments.TryGetValue(query.Deployment, out var view) ? view : new DeploymentNotFound(query.Deployment)),
        ListDeployments query => Answer(query, new DeploymentPage([], null)),
        SubmitRun command => Answer(
            command, new RunSubmitted(Guid.Empty, command.IdempotencyKey != "used", new RunState(StateType.Scheduled, StateNames.Scheduled, Then))),
        RetryRun command => Answer(command, new RunSubmitted(Guid.Empty, true, new RunState(StateType.Scheduled, StateNames.Scheduled, Then))),
        CancelRun command => Answer(command, new RunCancelAccepted(command.Run, new RunState(StateType.Cancelling, StateNames.Cancelling, Then))),
        GetRun query => Refused<RunView>() ?? Task.FromResult<Reply<RunView>>(
            _runs.TryGetValue(query.Run, out var steps) ? View(query.Run, steps) : new RunNotFound(query.Run.ToString())),
        ListRuns query => Answer(
            query, new RunPage([.. _runs.Where(r => r.Value[^1].State.Type.ToString() == query.State).Select(r => Summary(r.Key, r.Value))], null)),
        GetRunHistory query => Task.FromResult<Reply<ImmutableArray<RunStateChange>>>(
            _runs.TryGetValue(query.Run, out var steps)
                ? steps.Where(s => s.Sequence > query.AfterSequence).Take(1_000).ToImmutableArray()
                : new RunNotFound(query.Run.ToString())),
        PruneRuns command => Answer(command, new PruneReport(1, 2, TimeSpan.FromHours(1), null, new StoreRoom(3, 4, true))),
        SkipEvent command => Answer(command, new EventSkipped(command.Entity, command.Sequence, "It is skipped.")),
        ListNodes query => Answer(query, new NodeList([])),
        DrainNode command => Answer(command, new NodeDraining(command.Name, 0)),
        ListLimits query => Answer(query, new LimitPage([], null)),
        SetLimit command => Answer(command, new LimitChanged(command.Name, command.Size, true)),
        DeleteLimit command => Answer(command, new LimitChanged(command.Name, null, true)),
        _ => throw new NotSupportedException($"The script says nothing about {request}."),
    };

    private Task<Reply<T>> Answer<T>(object command, T reply)
    {
        if (FailWith is null)
        {
            Commands.Enqueue(command);
        }

        return Refused<T>() ?? Task.FromResult<Reply<T>>(reply);
    }

    /// <summary>A store that is in trouble whenever the node is, and that is not there to be copied otherwise.</summary>
    internal Task<StoreCopy> CopyAsync(string folder, CancellationToken cancel) => throw (FailWith ?? RefuseWith switch
    {
        StoreIsFull full => new StoreFullException(full.Message),
        _ => new StoreUnavailableException(RefuseWith?.Message ?? "There is no store behind a script."),
    });

    /// <summary>What a command gets that is not carried out; null if it is.</summary>
    private Task<Reply<T>>? Refused<T>() => FailWith is { } failure ? throw failure
        : RefuseWith is { } refusal ? Task.FromResult<Reply<T>>(refusal)
        : null;

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Runner.Actors.FlowRunners;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Nodes;
using Runner.Actors.Processes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Runs;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Actors.FlowRuns;

/// <summary>Told of everything that becomes durable of this node's runs.</summary>
internal interface IRunObserver
{
    void Changed(FlowRunState before, FlowRunState after);
}

/// <summary>What the flow runs of a node work with.</summary>
internal sealed record FlowRunServices(
    FlowRunBehaviour Behaviour,
    Func<IActorRef> Limiter,
    IFlowRunner FlowRunner,
    ProcessSpecs Specs,
    ProcessCount Processes,
    NodeDirectory Nodes,
    Action<RunStateChanged> Publish)
{
    /// <summary>As in <see cref="NodeSettings.HoldsLeases"/>.</summary>
    public Func<bool> HoldsLeases { get; init; } = static () => true;

    /// <summary>Null measures and traces nothing.</summary>
    public IRunObserver? Observer { get; init; }
}

/// <summary>
/// A flow run: the shell around <see cref="FlowRunBehaviour"/>. The main path from due to running is: wake-up, ask for slots, granted,
/// commit the attempt's start, <see cref="ProcessActor"/>, flow runner.
/// </summary>
internal sealed class FlowRunActor(EntityServices entities, FlowRunServices services, string id)
    : EntityActor<FlowRunState, IRunEvent, IRunIntent>(entities, services.Behaviour, id), IWithTimers
{
    /// <summary>How long the limiter has to answer before a new run is written without its answer.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan FirstAskAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastAskAgain = TimeSpan.FromSeconds(10);

    private readonly Guid _run = Guid.Parse(id);
    private (int Attempt, IActorRef Actor)? _process;
    private (CreateRun Message, IActorRef Sender)? _creating;

    /// <inheritdoc/>
    protected override ILogEventEnricher? LogContext =>
        new RunLogContext(State.Id, State.Attempt, (State.Scheduled ?? _creating?.Message.Scheduled)?.Deployment);

    /// <inheritdoc/>
    protected override bool CanPassivate(FlowRunState state) => !state.HasProcess && _creating is null;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override bool DecideAgainAfter(CommitResult.SlotConflict conflict, object message)
    {
        if (message is not SlotsGranted granted)
        {
            return true;
        }

        services.Limiter().Tell(new SlotsDeclined(State.Id, granted.Slots, HeldByOthers: true), Self);
        return false;
    }

    /// <inheritdoc/>
    protected override (object Message, IActorRef Sender)? TakenAside => _creating;

    /// <inheritdoc/>
    protected override bool HandleOutside(object message)
    {
        switch (message)
        {
            case StopForShutdown or ILastReport when !KnowsItsPast:
                // Of a run that is not new, and was taken for it: it is read, and then decides.
                return false;
            case StopForShutdown:
                return _process is null;
            case AskAgain ask:
                if (State.Phase != RunPhase.AwaitingSlot && State.IsReady(Services.Time.GetUtcNow()))
                {
                    services.Limiter().Tell(new AcquireSlots(RunLimits.Waiting(State)), Self);
                    AskAgainLater(2 * ask.After < LastAskAgain ? 2 * ask.After : LastAskAgain);
                }

                return true;
            case ILastReport report when report.Attempt < State.Attempt || !State.HasProcess:
                // What became of it is durable, or there is no such run any more: the node that has it has not heard so.
                if (!Sender.IsNobody())
                {
                    Sender.Tell(new ForgetAttempt(_run, report.Attempt), Self);
                }

                return true;
            case ILastReport report and not ProcessNeverStarted:
                if (_process is { } process && process.Attempt == report.Attempt)
                {
                    Context.Stop(process.Actor);
                }

                return false;
            case CreateRun create when State.Phase == RunPhase.None && _creating is null && create.Scheduled.Due <= Services.Time.GetUtcNow():
                AskBeforeCreating(create);
                return true;
            case SlotsGranted or SlotsRefused or CreateNow when _creating is { } creating:
                _creating = null;
                Timers.Cancel(typeof(CreateNow));
                if (message is CreateNow)
                {
                    Enqueue(creating);
                }
                else
                {
                    Enqueue(creating, (message, Sender));
                }

                return true;
            default:
                return message is CreateNow;
        }
    }

    /// <inheritdoc/>
    protected override void WhileResting(object message)
    {
        // Whoever waits behind it gets the slots; it asks again once it can be read.
        switch (message)
        {
            case SlotsGranted granted:
                services.Limiter().Tell(new SlotsDeclined(_run, granted.Slots, HeldByOthers: false), Self);
                break;
            case SlotsRefused:
                services.Limiter().Tell(new StopWaiting(_run), Self);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Loaded()
    {
        if (!State.HasProcess)
        {
            // A former life may have gone before it could say so.
            Forget(State);
        }
    }

    /// <inheritdoc/>
    protected override void Committed(FlowRunState before, FlowRunState after)
    {
        if (before.HasProcess && !after.HasProcess)
        {
            Forget(before);
        }

        if (before.Handle is null && FlowRunBehaviour.Handle(after) is { } handle && _process is { } process && process.Attempt == after.Attempt)
        {
            process.Actor.Tell(new ProcessKnown(handle), Self);
        }

        services.Observer?.Changed(before, after);
        if (Services.Log.IsEnabled(LogEventLevel.Information))
        {
            RunLog.Changed(Services.Log, before, after);
        }

        for (var i = before.History.Count; i < after.History.Count; i++)
        {
            services.Publish(new RunStateChanged(after.Id, after.Scheduled!.Deployment, after.History[i], after.Node));
        }
    }

    /// <inheritdoc/>
    protected override void CaughtUp(FlowRunState before, FlowRunState after)
    {
        if (before.Phase == RunPhase.None)
        {
            // It was there before this actor tried to make it: a submission with a known key. Its past is no news to anybody.
            return;
        }

        Committed(before, after);
        var released = before.Slots.Except(after.Slots).ToImmutableArray();
        if (!released.IsEmpty)
        {
            services.Limiter().Tell(new SlotsReleased(State.Id, released), Self);
        }
    }

    /// <inheritdoc/>
    protected override void CarryOut(IRunIntent intent)
    {
        switch (intent)
        {
            case AcquireSlots when !State.WantsSlots || State.Phase == RunPhase.AwaitingSlot:
                // What the same batch decided afterwards has answered it.
                break;
            case AcquireSlots ask:
                services.Limiter().Tell(ask, Self);
                AskAgainLater(FirstAskAgain);
                break;
            case ILimiterMessage message:
                services.Limiter().Tell(message, Self);
                break;
            case RecoverProcess recover when !State.HasProcess || State.Attempt != recover.Attempt:
                // What the same batch decided afterwards has ended the attempt.
                break;
            case StartProcess start:
                Begin(start.Attempt, start);
                break;
            case RecoverProcess recover:
                Begin(recover.Attempt, recover);
                break;
            case StopProcess stop:
                StopCurrent(stop);
                break;
            case WatchTimeout watch:
                Timers.StartSingleTimer(typeof(TimeoutReached), new TimeoutReached(watch.Attempt), watch.After);
                break;
            default:
                throw new InvalidOperationException($"A flow run does not know how to carry out {intent.GetType().Name}.");
        }
    }

    /// <summary>
    /// A run that is due when it is made asks for its slots first, so that its first event and its start, or its wait, are one commit
    /// and not two. Nothing is promised before that: the slots are the limiter's until the run has taken them.
    /// </summary>
    private void AskBeforeCreating(CreateRun create)
    {
        _creating = (create, Sender);
        services.Limiter().Tell(RunLimits.FirstAsk(create), Self);
        Timers.StartSingleTimer(typeof(CreateNow), CreateNow.Instance, AnswerWithin);
    }

    /// <summary>In a cluster the limiter moves, and loses what it had not answered. Alone, the run's wake-up is enough.</summary>
    private void AskAgainLater(TimeSpan after)
    {
        if (services.Nodes.IsShared)
        {
            Timers.StartSingleTimer(typeof(AskAgain), new AskAgain(after), after);
        }
    }

    private void Begin(int attempt, object how)
    {
        if (Host(new AttemptKey(_run, attempt)) is not { } host)
        {
            // The node is being stopped, and the attempt is committed: the node's next life starts it, or finds it.
            return;
        }

        if (_process is { } earlier)
        {
            Context.Stop(earlier.Actor);
        }

        var name = $"process-{attempt}";
        var lostAfter = LostNode.IsEndedAfter(State.Recipe);
        var actor = Context.ActorOf(
            ActorProducer.Props(() => new ProcessActor(attempt, host, lostAfter)),
            Context.Child(name).IsNobody() ? name : null);
        _process = (attempt, actor);
        actor.Tell(how, Self);
    }

    private IAttemptHost? Host(AttemptKey key)
    {
        // Filled in now: the child is made on its own turn, when this state may be another.
        var scheduled = State.Scheduled!;
        if (State.Node is { } node && !services.Nodes.IsOwn(node))
        {
            return new RemoteAttempt(
                key, scheduled, () => services.Nodes.Find(node) is { } there ? (there.Actor, there.Says.SaidAt) : null, State.Sequence);
        }

        return services.Processes.TryAdd(key, State.Recipe)
            ? new LocalAttempt(
                services.Specs.For(key, scheduled, out var problem), services.FlowRunner, problem, State.Sequence, services.Processes,
                services.HoldsLeases)
            : null;
    }

    /// <summary>What became of the attempt is durable.</summary>
    private void Forget(FlowRunState of)
    {
        if (_process is { } process)
        {
            Context.Stop(process.Actor);
            _process = null;
        }

        var key = new AttemptKey(_run, of.Attempt);
        if (of.Attempt == 0)
        {
            return;
        }

        if (!services.Nodes.IsOwn(of.Node))
        {
            services.Nodes.Find(of.Node!)?.Actor.Tell(new ForgetAttempt(_run, of.Attempt), Self);
            return;
        }

        services.Processes.Remove(key);
        services.FlowRunner.Forget(key);
    }

    private void StopCurrent(StopProcess stop)
    {
        if (_process is { } process && process.Attempt == stop.Attempt)
        {
            services.Processes.Told(_run, stop.Grace, Services.Time.GetTimestamp());
            process.Actor.Tell(stop, Self);
        }
    }

    private sealed record AskAgain(TimeSpan After) : INoSerializationVerificationNeeded;

    private sealed record CreateNow : INoSerializationVerificationNeeded
    {
        public static readonly CreateNow Instance = new();
    }
}

/// <summary>Composes the flow runs of a node.</summary>
internal static class FlowRunHosting
{
    private const string Region = "flow-runs";

    public static AkkaConfigurationBuilder AddFlowRuns(this AkkaConfigurationBuilder builder, NodeParts parts, ClusterRouter router) => builder
        .WithShardRegion<FlowRunActor>(Region, id => Props(parts, id), new EntityExtractor(parts.NewEntities), NodeHosting.Shards)
        .WithActors((_, registry) => router.Add(EntityKinds.FlowRun, Region, registry.Get<FlowRunActor>()));

    public static Props Props(NodeParts parts, string id) => ActorProducer.Props(() => new FlowRunActor(parts.Entities, parts.FlowRuns, id));
}

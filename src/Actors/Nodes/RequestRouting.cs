using System.Collections.Immutable;
using Akka.Actor;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Retention;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Entities.Unreadable;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Actors.Nodes;

/// <summary>Where a request goes, by its type: to an entity, to a singleton, or to the store for a reading; and what is checked before.</summary>
/// <param name="noNewWork">What new work is refused with; null while it is taken.</param>
internal sealed class RequestRouting(ActorSystem system, NodeParts parts, NodeSurroundings surroundings, Func<Refusal?> noNewWork)
{
    private const int HistoryAtOnce = 1000;

    /// <summary>After how long a request is sent again in a cluster: a node that is gone is taken out of it in less.</summary>
    private static readonly TimeSpan SendAgainAfter = TimeSpan.FromMilliseconds(500);

    private readonly IEntityStore _store = parts.Store;

    public static EntityKey RunKey(Guid run) => new(EntityKinds.FlowRun, run.ToString("D"));

    /// <summary>The answer to a request.</summary>
    public Task<Reply<TReply>> AskAsync<TReply>(IRequest<TReply> request, CancellationToken cancel)
    {
        // The types are named one by one: a request that nobody has thought of here is refused, and brings no entity to memory. That goes for
        // what actors ask one another, too.
        Task answer = request switch
        {
            RegisterDeployments or RegisterDeployment or SubmitRun or RetryRun when noNewWork() is { } closed => Refuse<TReply>(closed),
            RegisterDeployments several => RegisterAsync(several, cancel),
            RegisterDeployment one => RegisterAsync(one, cancel),
            SubmitRun submit => Deployment(submit.Deployment, new PlaceRun(submit, NewId()), cancel),
            RetryRun retry => Ask(RunKey(retry.Run), new RepeatRun(retry, NewId()), cancel),

            IDeploymentMessage to and (PauseDeployment or ResumeDeployment or SwitchSchedule or DeleteDeployment or GetDeployment) =>
                Deployment(to.Deployment, request, cancel),
            IRunMessage to and (CancelRun or GetRun) => Ask(RunKey(to.Run), request, cancel),
            SetLimit or DeleteLimit => Ask(new EntityKey(EntityKinds.Limiter, EntityKinds.LimiterId), request, cancel),
            ListLimits list => Listings.PageProblem(list.Limit) is { } problem ? Refuse<TReply>(problem) : Ask(parts.Router.Limiter, list, cancel),
            PruneRuns prune => PruneAsync(prune, cancel),
            SkipEvent skip => EntityKinds.Read(skip.Entity) is { } entity
                ? Ask(entity, skip, cancel)
                : Refuse<TReply>(new SkipRefused(skip.Entity, skip.Sequence, EntityKinds.Expected)),

            ListNodes => Nodes(),
            DrainNode drain => parts.Nodes.Find(drain.Name) is { Actor: var node } ? Ask(node, drain, cancel)
                : Refuse<TReply>(new NodeNotFound(drain.Name)),

            ListRuns list => Read(() => Listings.RunsAsync(_store, parts.DamagedRows, list)),
            ListDeployments list => Read(() => Listings.DeploymentsAsync(_store, parts.DamagedRows, list)),
            GetRunHistory of => Read(() => HistoryAsync(of)),

            _ => Refuse<TReply>(new RequestNotHandled(request.GetType().Name, "The node")),
        };

        // Each arm answers with what its request's type names. The compiler does not see that TReply is that type.
        return (Task<Reply<TReply>>)answer;
    }

    private Task<Reply<NodeList>> Nodes() => Task.FromResult<Reply<NodeList>>(new NodeList(
    [
        .. parts.Nodes.Members.Values.Select(node => node.Says).Select(node => new NodeView(
            node.Name, node.Name == parts.Nodes.OwnName ? parts.Processes.Current
                : node.Running, node.Size, node.Draining, node.SeesStore, node.Labels,
            node.ApiUrl)),
    ]));

    private async Task<Reply<ImmutableArray<DeploymentRegistered>>> RegisterAsync(RegisterDeployments request, CancellationToken cancel)
    {
        var specs = request.Specs;
        var problems = RegistrationRules.Problems(specs);
        if (!problems.IsEmpty)
        {
            return new DeploymentInvalid(specs.Length == 1 ? specs[0].Name : $"{specs.Length} deployments", problems);
        }

        return await new Registration(specs, spec => Deployment(spec.Name, new RegisterDeployment(spec, request.DryRun), cancel)).RunAsync()
            .ConfigureAwait(false);
    }

    private async Task<Reply<DeploymentRegistered>> RegisterAsync(RegisterDeployment request, CancellationToken cancel)
    {
        var reply = await RegisterAsync(new RegisterDeployments([request.Spec], request.DryRun), cancel).ConfigureAwait(false);
        return reply.Refusal is { } refusal ? refusal : reply.Value[0];
    }

    private async Task<Reply<PruneReport>> PruneAsync(PruneRuns request, CancellationToken cancel)
    {
        // A full disk does not hold it up: it makes room.
        if (noNewWork() is NodeStopping stopping)
        {
            return stopping;
        }

        var problems = PruneRules.Problems(request);
        if (!problems.IsEmpty)
        {
            return new PruneInvalid(problems);
        }

        if (request.Deployment is { } name && await Known(name).ConfigureAwait(false) is { } unknown)
        {
            return unknown;
        }

        var reply = await Ask(parts.Router.Retention, request, cancel).ConfigureAwait(false);
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
                    Tables.Runs.Name, [new("deployment", RowOperator.Equal, deployment)], [new("state_name"), new("created")], 1))
                    .ConfigureAwait(false)).IsEmpty).ConfigureAwait(false);
            return found.Refusal ?? (found.Value ? null : new DeploymentNotFound(deployment));
        }
    }

    private async Task<Reply<ImmutableArray<RunStateChange>>> HistoryAsync(GetRunHistory request)
    {
        var history = await Histories.LoadAsync(_store, RunKey(request.Run)).ConfigureAwait(false);
        if (history is { Events.IsEmpty: true, Damage: null })
        {
            return new RunNotFound(request.Run.ToString("D"));
        }

        var state = new FlowRunState(request.Run);
        foreach (var (sequence, payload) in Histories.Events(history, parts.Codec))
        {
            var problem = (payload as JournaledDamage)?.Problem;
            if (problem is null && Applying.TryApply(parts.RunBehaviour, state, (JournaledEvent)payload, out var after, out problem))
            {
                state = after;
            }
            else
            {
                return new EntityUnreadable(RunKey(request.Run).ToString(), history.Damage is null ? sequence : 0, problem);
            }
        }

        if (state.Phase == RunPhase.None)
        {
            return new RunNotFound(request.Run.ToString("D"));
        }

        return state.History.Where(h => h.Sequence > request.AfterSequence).Take(HistoryAtOnce).ToImmutableArray();
    }

    private Guid NewId() => surroundings.NewId(parts.Time.GetUtcNow());

    private Task<Reply<T>> Deployment<T>(string name, IRequest<T> request, CancellationToken cancel) =>
        // No such name was ever registered, and it might be too long for a key: do not bring an entity to memory for it.
        Names.ProblemOfDeployment(name) is not null ? Refuse<T>(new DeploymentNotFound(name))
            : Ask(new EntityKey(EntityKinds.Deployment, name), request, cancel);

    private Task<Reply<T>> Ask<T>(EntityKey entity, IRequest<T> request, CancellationToken cancel) =>
        Ask<T>(sender => parts.Router.Tell(entity, request, sender), cancel);

    private Task<Reply<T>> Ask<T>(IActorRef actor, IRequest<T> request, CancellationToken cancel) =>
        Ask<T>(sender => actor.Tell(request, sender), cancel);

    private async Task<Reply<T>> Ask<T>(Action<IActorRef> send, CancellationToken cancel)
    {
        var timeout = parts.Settings.AskTimeout;
        // What deletes runs or skips events takes its time, and is not to begin once more beside itself.
        var isOnce = typeof(T) == typeof(PruneReport) || typeof(T) == typeof(EventSkipped);
        TimeSpan? again = parts.Settings.StoreIsShared && !isOnce ? SendAgainAfter : null;
        return await PromiseRef.AskAsync(system, parts.Time, surroundings.Inline, timeout, send, cancel, again).ConfigureAwait(false) switch
        {
            null => new StoreNotAvailable(
                $"The node did not answer within {DurationText.Format(timeout)}. It may be overloaded or being stopped; "
                + "sending the command again is safe."),
            Refusal refusal => refusal,
            var reply => (T)reply,
        };
    }

    private static Task<Reply<T>> Refuse<T>(Refusal refusal) => Task.FromResult<Reply<T>>(refusal);

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
